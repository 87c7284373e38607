"""A street whose time stands still, and clients of its socket, in one process."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from firmware_sim.broker import Broker
from firmware_sim.street import Street
from firmware_sim.street_socket import StreetSocket

DEADLINE_S = 10.0
BEGIN = datetime.fromisoformat("2026-11-20T21:30+01:00")
Json = dict[str, Any]


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, line: bytes) -> None:
        self.writer.write(line)
        await self.writer.drain()

    async def receive(self) -> Json:
        message: Json = json.loads(await asyncio.wait_for(self.reader.readline(), DEADLINE_S))
        return message

    async def do(self, **request: object) -> Json:
        await self.send(json.dumps(request).encode() + b"\n")
        return await self.receive()

    async def ended(self) -> bool:
        """Whether the other side closes, in a time that is long."""
        with suppress(ConnectionError):
            return await asyncio.wait_for(self.reader.read(), DEADLINE_S) == b""
        return True


class Tried:
    """A street whose time stands still, and its socket."""

    def __init__(self, folder: Path, broker: Broker | None = None) -> None:
        self.street = Street(folder, BEGIN, broker=broker)
        self.street.step()
        self.path = folder / "street.sock"
        self.socket = StreetSocket(self.path, self.street)
        self.clients: list[Client] = []

    async def start(self) -> None:
        if self.street.broker is not None:
            await self.street.broker.start()
        await self.socket.start()

    async def stop(self) -> None:
        await self.socket.stop()
        for client in self.clients:
            client.writer.close()
        await self.street.stop()

    async def client(self) -> Client:
        self.clients.append(Client(*await asyncio.open_unix_connection(self.path, limit=1 << 20)))
        return self.clients[-1]

    def seen(self) -> tuple[object, ...]:
        """All that a hand can change."""
        return (
            [user.number for user in self.street.world.users],
            [radar.alive for radar in self.street.radars],
            [line.plugged for line in self.street.lines.values()],
            self.street.door_open,
        )
