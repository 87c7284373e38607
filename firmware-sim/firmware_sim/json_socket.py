"""A unix stream server that speaks JSON, a message a line: requests with a `do`, and a state each interval to who watches."""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

MOST_CLIENTS = 8
LONGEST_LINE = 4096
MOST_UNSENT = 1 << 20


class Wrong(Exception):
    """A request that cannot be done. The text says what was expected."""


class JsonSocket(ABC):
    """Serves what its heirs `do`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._clients: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._hand = asyncio.Lock()  # one thing is taken away or brought back at a time

    @abstractmethod
    def state(self) -> dict[str, object]:
        """What is to be seen now."""

    @abstractmethod
    async def _do(self, request: dict[str, Any]) -> dict[str, object]:
        """Do what a request says, and what there is to tell of it. Wrong if it cannot be done."""

    async def start(self) -> None:
        """Listen; a socket left by an earlier run is replaced."""
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._accept, self._path, limit=LONGEST_LINE)

    async def stop(self) -> None:
        """Let every client go and remove the socket."""
        if self._server is None:
            return
        self._server.close()
        for client in tuple(self._clients):
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)
        self._path.unlink(missing_ok=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._clients) >= MOST_CLIENTS:
            _tell(writer, {"ok": False, "error": f"expected at most {MOST_CLIENTS} clients at a time"})
            writer.close()
            return
        task = asyncio.create_task(self._serve(reader, writer))
        self._clients.add(task)
        task.add_done_callback(self._clients.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        watch: asyncio.Task[None] | None = None
        try:
            while line := await reader.readline():
                try:
                    request = _request(line)
                    if request["do"] == "watch":
                        interval_s = _interval_s(request)
                        if watch is not None:
                            watch.cancel()
                        watch = asyncio.create_task(self._watch(writer, interval_s))
                        _tell(writer, {"ok": True})
                    else:
                        _tell(writer, {"ok": True, **await self._do(request)})
                except Wrong as wrong:
                    _tell(writer, {"ok": False, "error": str(wrong)})
                await writer.drain()
        except ConnectionError:
            pass  # gone
        except ValueError:
            _tell(writer, {"ok": False, "error": f"expected a line of at most {LONGEST_LINE} bytes"})
        except asyncio.CancelledError:
            writer.transport.abort()  # whoever does not read must not keep us
            raise
        finally:
            if watch is not None:
                watch.cancel()
            writer.close()

    async def _watch(self, writer: asyncio.StreamWriter, interval_s: float) -> None:
        while True:
            await asyncio.sleep(interval_s)
            if writer.transport.get_write_buffer_size() > MOST_UNSENT:
                writer.transport.abort()
            if writer.is_closing():
                return
            _tell(writer, {"state": self.state()})


def _request(line: bytes) -> dict[str, Any]:
    try:
        request = json.loads(line)
    except (ValueError, RecursionError):
        raise Wrong('expected a line of JSON such as {"do": "person"}') from None
    if not isinstance(request, dict) or not isinstance(request.get("do"), str):
        raise Wrong('expected an object such as {"do": "person"}')
    return request


def text_of(request: dict[str, Any], key: str) -> str:
    """A name in a request."""
    value = request.get(key)
    if not isinstance(value, str):
        raise Wrong(f"{key}: expected a name")
    return value


def _interval_s(request: dict[str, Any]) -> float:
    value = request.get("interval_s", 0.2)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.05 <= value <= 60:
        raise Wrong("interval_s: expected 0.05 to 60")
    return float(value)


def _tell(writer: asyncio.StreamWriter, message: dict[str, object]) -> None:
    writer.write(json.dumps(message).encode() + b"\n")
