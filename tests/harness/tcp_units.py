"""A Modbus TCP address on loopback whose answers are a script: late, wrong, in pieces, cut off, as the test says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

Script = Callable[[bytes], bytes | None]


def framed(transaction: int, unit: int, pdu: bytes, *, protocol: int = 0, follow: int | None = None) -> bytes:
    """Build a frame; `follow` is what its header says of its length, if not the truth."""
    size = 1 + len(pdu) if follow is None else follow
    return b"".join(part.to_bytes(2, "big") for part in (transaction, protocol, size)) + bytes([unit]) + pdu


def told(request: bytes) -> tuple[int, int, bytes]:
    """Return transaction, unit and PDU of a request."""
    return int.from_bytes(request[:2], "big"), request[6], request[7:]


def right(request: bytes) -> bytes:
    """Answer as a unit does whose register n holds n: reads of registers, and writes."""
    transaction, unit, pdu = told(request)
    if pdu[0] in {5, 6, 15, 16}:
        return framed(transaction, unit, pdu[:5])
    first, count = int.from_bytes(pdu[1:3], "big"), int.from_bytes(pdu[3:5], "big")
    words = b"".join(register.to_bytes(2, "big") for register in range(first, first + count))
    return framed(transaction, unit, bytes([pdu[0], len(words)]) + words)


class TcpUnits:
    """Hands each request to `script` and sends what it returns. `requests` keeps what came."""

    def __init__(self) -> None:
        self.script: Script = right
        self.requests: list[bytes] = []
        self.connections: list[asyncio.StreamWriter] = []
        self.port = 0
        self._server: asyncio.Server | None = None

    async def listen(self) -> None:
        """Listen, at first on a free port, then always on that."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def deaf(self) -> None:
        """Close all connections and listen no more."""
        assert self._server is not None
        self._server.close()
        await self.hang_up()
        await self._server.wait_closed()

    async def hang_up(self) -> None:
        """Close all connections."""
        for writer in self.connections:
            writer.close()
        self.connections.clear()

    def send(self, data: bytes) -> None:
        """Send something to whoever is connected."""
        for writer in self.connections:
            writer.write(data)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections.append(writer)
        try:
            while True:
                head = await reader.readexactly(6)
                request = head + await reader.readexactly(int.from_bytes(head[4:6], "big"))
                self.requests.append(request)
                if answer := self.script(request):
                    writer.write(answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


@asynccontextmanager
async def tcp_units() -> AsyncIterator[TcpUnits]:
    """Units that answer as they should until told otherwise."""
    units = TcpUnits()
    await units.listen()
    try:
        yield units
    finally:
        await units.deaf()
