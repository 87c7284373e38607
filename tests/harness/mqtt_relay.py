"""A relay before a broker: writes down each packet in both directions, and can cut the connections."""

from __future__ import annotations

import asyncio
import contextlib
from typing import NamedTuple

import mqtt_wire as wire
from mqtt_wire import Packet, Publish


class Passed(NamedTuple):
    """A packet that passed: on which connection (counted over all relays), up from the node or down to it, when."""

    connection: int
    relay: str
    up: bool
    at_s: float
    level: int
    packet: Packet

    @property
    def publish(self) -> Publish | None:
        """What it publishes, if it does."""
        return wire.read_publish(self.packet, self.level) if self.packet.type == wire.PUBLISH else None


class Record:
    """What has passed, in order; also the begin and the end of each connection."""

    def __init__(self) -> None:
        self.passed: list[Passed] = []
        self.connections = 0
        self.open = self.most_open = 0


class Relay:
    """Listens on a loopback port and passes all on."""

    def __init__(self, name: str, target_port: int, record: Record) -> None:
        self.name = name
        self.refuses = False
        self._target_port = target_port
        self._record = record
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self) -> None:
        """Begin to listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)

    def cut(self) -> None:
        """End all connections without a word, in both directions."""
        for writer in self._writers:
            writer.transport.abort()

    async def close(self) -> None:
        """End."""
        assert self._server is not None
        self.cut()
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        record = self._record
        if self.refuses:
            await self._refuse(reader, writer)
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
        number, record.connections = record.connections, record.connections + 1
        record.open += 1
        record.most_open = max(record.most_open, record.open)
        self._writers |= {writer, far_writer}
        level = [4]
        try:
            ways = (
                self._pass(number, True, reader, far_writer, level),
                self._pass(number, False, far_reader, writer, level),
            )
            tasks = [asyncio.ensure_future(way) for way in ways]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.sleep(0)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            record.open -= 1
            self._writers -= {writer, far_writer}
            writer.close()
            far_writer.close()

    async def _refuse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hear the CONNECT and go."""
        buffer = bytearray()
        while not (packets := wire.take(buffer)):
            buffer += await reader.read(4096)
        number, self._record.connections = self._record.connections, self._record.connections + 1
        at_s, level = asyncio.get_running_loop().time(), wire.read_connect(packets[0].body).level
        self._record.passed.append(Passed(number, self.name, True, at_s, level, packets[0]))
        writer.transport.abort()

    async def _pass(
        self, number: int, up: bool, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, level: list[int]
    ) -> None:
        buffer = bytearray()
        clock = asyncio.get_running_loop().time
        with contextlib.suppress(OSError):
            while chunk := await reader.read(65536):
                buffer += chunk
                for packet in wire.take(buffer):
                    if packet.type == wire.CONNECT:
                        level[0] = wire.read_connect(packet.body).level
                    self._record.passed.append(Passed(number, self.name, up, clock(), level[0], packet))
                writer.write(chunk)
                await writer.drain()
