"""Units behind a TCP port of this machine: Modbus TCP, or RTU frames as a serial device server hands them on."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence

from firmware_sim import modbus
from firmware_sim.faults import Chance, Faults
from firmware_sim.units.unit import Unit
from firmware_sim.wire import Wire

HOST = "127.0.0.1"
NOBODY_THERE = 0x0B
"""What a gateway says for a unit that does not answer (Modbus application protocol 1.1b3, section 7)."""


class TcpUnits:
    """Modbus TCP: one request after the other on each connection."""

    def __init__(self, units: Sequence[Unit], port: int = 0, clock: Callable[[], float] = time.monotonic) -> None:
        self.port = port
        self._units = units
        self._clock = clock
        self._chance = Chance(Faults())
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        """Listen, on a free port if none was given."""
        self._server = await asyncio.start_server(self._serve, HOST, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close the port and every connection."""
        if self._server is not None:
            self._server.close()
            for writer in tuple(self._writers):
                writer.transport.abort()
            await self._server.wait_closed()

    def suffer(self, faults: Faults) -> None:
        """These faults from now on."""
        self._chance = Chance(faults)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while True:
                head = await reader.readexactly(7)
                size = int.from_bytes(head[4:6], "big")
                if head[2:4] != b"\0\0" or not 2 <= size <= 254:
                    return  # no Modbus: there is no next frame to be found
                pdu = await reader.readexactly(size - 1)
                await self._answer(writer, head[:2], head[6], pdu)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # gone
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _answer(self, writer: asyncio.StreamWriter, transaction: bytes, address: int, pdu: bytes) -> None:
        unit = next((unit for unit in self._units if unit.address == address), None)
        if unit is None:
            body: bytes | None = bytes([address, pdu[0] | 0x80, NOBODY_THERE])
        else:
            answer = unit.answer(pdu, self._clock())
            body = None if answer is None else bytes([address]) + answer
            await asyncio.sleep(unit.turnaround_s)
        for chance in (self._chance,) if unit is None else (unit.chance, self._chance):
            if body is None:
                return
            await asyncio.sleep(chance.faults.late_s)
            hurt = chance.hurt(body + modbus.crc16(body).to_bytes(2, "little"))
            body = hurt[:-2] if hurt is not None and len(hurt) > 3 else None
        if body is not None:
            writer.write(transaction + b"\0\0" + len(body).to_bytes(2, "big") + body)
            await writer.drain()


class DeviceServer:
    """RTU frames over TCP: what a client sends goes out on the wire behind. A new client takes the old one's place."""

    def __init__(self, wire: Wire, port: int = 0, clock: Callable[[], float] = time.monotonic) -> None:
        self.port = port
        self.wire = wire
        self._clock = clock
        self._server: asyncio.Server | None = None
        self._client: asyncio.StreamWriter | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def start(self) -> None:
        """Listen, on a free port if none was given."""
        self._server = await asyncio.start_server(self._serve, HOST, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close the port and the connection."""
        if self._timer is not None:
            self._timer.cancel()
        if self._client is not None:
            self._client.transport.abort()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def suffer(self, faults: Faults) -> None:
        """These faults from now on."""
        self.wire.faults = faults
        self._go_on()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._client is not None:
            self._client.transport.abort()
        self._client = writer
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(4096):
                self.wire.arrived(data, self._clock())
                self._go_on()
        writer.close()
        if self._client is writer:
            self._client = None

    def _go_on(self) -> None:
        """Take from the wire what is due, and come again when something will be."""
        if self._timer is not None:
            self._timer.cancel()
        received = self.wire.due(self._clock())
        if received and self._client is not None:
            self._client.write(received)
        next_s = self.wire.next_s()
        loop = asyncio.get_running_loop()
        self._timer = None if next_s is None else loop.call_later(max(0.0, next_s - self._clock()), self._go_on)
