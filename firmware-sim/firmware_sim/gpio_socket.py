"""The simulated pins: a unix stream server, `PIN LEVEL` a line each way. Levels out at once, outputs in.

Of a pulse width comes in `PIN LEVEL HZ DUTY`: so often a second, so many per cent of the time high.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

_LINE = re.compile(rb"(\d{1,2}) ([01])(?: (\d{1,6}(?:\.\d{1,6})?) (\d{1,3}(?:\.\d{1,6})?))?\r?\n")
LONGEST_LINE = 64
MOST_UNSENT = 16384
"""A client that reads so slowly that more bytes wait for it is let go."""


class PinBoard:
    """Levels that the street drives (`set`), levels that the agent drives (`outputs`, `on_output`). Pins 0..53."""

    def __init__(self, path: Path, on_output: Callable[[int, int], None] | None = None) -> None:
        self.path = path
        self.on_output = on_output
        self.outputs: dict[int, int] = {}
        self.waves: dict[int, tuple[float, float]] = {}  # frequency in Hz, duty in per cent
        self._levels: dict[int, int] = {}
        self._clients: dict[asyncio.StreamWriter, asyncio.Task[None]] = {}
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen; a socket left by an earlier run is replaced."""
        self._server = await asyncio.start_unix_server(self._accept, self.path, limit=LONGEST_LINE)

    async def stop(self) -> None:
        """Let every client go and remove the socket."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        served = tuple(self._clients.values())
        for client in tuple(self._clients):
            client.transport.abort()  # whoever does not read must not keep us
        await asyncio.gather(*served)
        await server.wait_closed()
        self.path.unlink(missing_ok=True)

    def set(self, pin: int, level: int) -> None:
        """Drive a pin from now on; each client hears of a change."""
        if self._levels.get(pin) == level:
            return
        self._levels[pin] = level
        for client in tuple(self._clients):
            self._tell(client, pin, level)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._server is None:  # it came while we were stopping
            writer.close()
            return
        self._clients[writer] = asyncio.create_task(self._serve(reader, writer))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            for pin, level in self._levels.items():
                self._tell(writer, pin, level)
            while (match := _LINE.fullmatch(await reader.readline())) is not None and int(match[1]) <= 53:
                wave = (float(match[3]), float(match[4])) if match[3] is not None else None
                self._take(int(match[1]), int(match[2]), wave)
        except (ConnectionError, ValueError):
            pass  # the client is gone, or sent a line without an end: both are the end of it
        finally:
            self._clients.pop(writer)
            writer.close()

    def _take(self, pin: int, level: int, wave: tuple[float, float] | None) -> None:
        self.outputs[pin] = level
        if wave is not None:
            self.waves[pin] = wave
        else:
            self.waves.pop(pin, None)
        if self.on_output is not None:
            self.on_output(pin, level)

    def _tell(self, client: asyncio.StreamWriter, pin: int, level: int) -> None:
        client.write(b"%d %d\n" % (pin, level))
        if client.transport.get_write_buffer_size() > MOST_UNSENT:
            client.transport.abort()
