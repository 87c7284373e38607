"""The way to the units of a line: through the running agent where it has the line, else the port itself."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import msgspec

from agent.cli.client import Client, find_socket
from agent.cli.trouble import MISUSED, REFUSED, UNREACHABLE, Trouble
from agent.local.bus_records import Asked, Line
from drivers.bus.port import Answer, Port
from drivers.bus.records import Link, Parity, RtuBus, RtuTcpBus, TcpBus
from drivers.bus.rtu_thread import RtuThread
from drivers.bus.tcp_port import TcpPort
from drivers.errors import LinkLost
from drivers.modbus.pdu import BROADCAST, Request

TIMEOUT_S = 0.5  # of a unit that nobody knows yet
_ANSWER_WITHIN_S = 60.0  # of the agent: a question waits until its line has time for it
_LONGEST_LINE_BYTES = 1 << 20

_REMEDIES = {
    "No such file or directory": "`ls /dev/serial/by-id` shows what is plugged in",
    "Permission denied": "`sudo`, or a user of the group `dialout`, may open it",
    "Resource temporarily unavailable": "another program has it; stop that first, or go through its agent (--socket)",
    "Device or resource busy": "another program has it; stop that first, or go through its agent (--socket)",
    "Connection refused": "nothing listens there; is the address right, and the device server on?",
}


class Access(Protocol):
    """The units of one line, asked one at a time. An asynchronous context manager: Trouble if the line is not there."""

    @property
    def place(self) -> str:
        """What the line is called in messages."""

    @property
    def link(self) -> Link | None:
        """How characters stand on the line; none where it is an address."""

    @property
    def over_tcp(self) -> bool:
        """Whether its frames are those of Modbus TCP."""

    @property
    def line(self) -> Line | None:
        """What the running agent says of the line; none where no agent has it."""

    @property
    def live(self) -> bool:
        """Whether it goes through the running agent, between its polls."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def ask(
        self, request: Request, *, scan: bool = False, link: Link | None = None, timeout_s: float | None = None
    ) -> Answer:
        """Ask a unit; `scan`: no poll of the street waits for it. WireError, or Trouble if the agent is gone or refuses.

        `link` asks at another speed this once, `timeout_s` is the longest wait for the first character.
        """


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """What is typed of the way to a line; none = not said: as the agent's line has it, or 9600 8N1 and 500 ms.

    `rtu`: the address is a serial device server's, RTU frames go over TCP.
    """

    socket: Path | None = None
    where: str
    baud: int | None = None
    parity: Parity | None = None
    stop_bits: int | None = None
    timeout_ms: int | None = None
    rtu: bool = False

    def link(self, usual: Link) -> Link | None:
        """Return the speed that is asked for; none if nothing was said of it."""
        said = {"baud": self.baud, "parity": self.parity, "stop_bits": self.stop_bits}
        changed = {name: value for name, value in said.items() if value is not None}
        return msgspec.structs.replace(usual, **changed) if changed else None

    def open(self) -> Access:
        """Return the way: a line's name in the running agent, a port, or an address. Trouble if there is none."""
        lines = _lines(self.socket)
        timeout_s = None if self.timeout_ms is None else self.timeout_ms / 1000
        for one in lines or ():
            if self.where == one.id or same_place(self.where, one.place):
                link = None if one.link is None else self.link(one.link)
                self._check_speed(one.link is not None, one.place)
                return LiveAccess(find_socket(self.socket), one, link, timeout_s)
        if "/" in self.where:
            link = self.link(Link()) or Link()
            rtu = RtuBus(id="port", port=Path(self.where), link=link, timeout_s=timeout_s or TIMEOUT_S)
            return PortAccess(RtuThread(rtu), self.where, rtu.link, rtu.timeout_s)
        if (address := address_of(self.where)) is not None:
            self._check_speed(False, self.where)
            kind = RtuTcpBus if self.rtu else TcpBus
            spec = kind(id="port", host=address[0], port=address[1], timeout_s=timeout_s or TIMEOUT_S)
            port = TcpPort(spec) if isinstance(spec, TcpBus) else RtuThread(spec)
            return PortAccess(port, self.where, None, spec.timeout_s, over_tcp=not self.rtu)
        raise _no_line(self.socket, self.where, lines)

    def _check_speed(self, serial: bool, place: str) -> None:
        if not serial and self.link(Link()) is not None:
            raise Trouble(f"--baud, --parity, --stop-bits: {place} is an address, which has none", MISUSED)


def open_access(given: Path | None, where: str, link: Link | None = None, timeout_s: float | None = None) -> Access:
    """Return the way to a line: its name in the running agent, a port, or an address. Trouble if there is none.

    `link`: the speed to ask at, none = that of the agent's line, or 9600 8N1; `timeout_s` likewise.
    """
    speed = {} if link is None else msgspec.structs.asdict(link)
    return Way(
        socket=given, where=where, **speed, timeout_ms=None if timeout_s is None else round(timeout_s * 1000)
    ).open()


def address_of(where: str) -> tuple[str, int] | None:
    """Return host and port of `host:502` or `[::1]:502`; none if it is no address."""
    host, colon, port = where.rpartition(":")
    if not colon or "/" in where or not port.isascii() or not port.isdigit() or not 1 <= int(port) <= 65535:
        return None
    bare = host.removeprefix("[").removesuffix("]")
    return (bare, int(port)) if bare else None


def same_place(one: str, other: str) -> bool:
    """Return whether two names are of one port or address: /dev/serial/by-id/… is a link to the port itself."""
    if "/" in one and "/" in other:
        return os.path.realpath(one) == os.path.realpath(other)
    here, there = address_of(one), address_of(other)
    return here is not None and there is not None and (here[0].lower(), here[1]) == (there[0].lower(), there[1])


class LiveAccess:
    """A line of the running agent: what is asked goes between its polls."""

    live = True

    def __init__(self, socket: Path, line: Line, link: Link | None, timeout_s: float | None) -> None:
        self.line = line
        self.place = f"{line.id} ({line.place})"
        self.link = link or line.link
        self.over_tcp = line.kind == "tcp"
        self._other_link = link
        self._timeout_s = timeout_s
        self._socket = socket
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._asked = 0

    async def __aenter__(self) -> Self:
        try:
            self._streams = await asyncio.open_unix_connection(self._socket, limit=_LONGEST_LINE_BYTES)
        except OSError as error:
            raise Trouble(f"the agent has gone ({(error.strerror or str(error)).lower()})", UNREACHABLE) from None
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._streams is not None:
            writer = self._streams[1]
            self._streams = None
            writer.transport.abort()

    async def ask(
        self, request: Request, *, scan: bool = False, link: Link | None = None, timeout_s: float | None = None
    ) -> Answer:
        """Ask a unit, in the line's schedule."""
        link, timeout_s = link or self._other_link, timeout_s or self._timeout_s
        params = {
            "bus": self.line.id,
            "unit": request.unit,
            "pdu": request.pdu.hex(),
            "traffic": "scan" if scan else "command",
            "broadcast": request.unit == BROADCAST,
        }
        if link is not None:
            params |= {"baud": link.baud, "parity": link.parity, "stop_bits": link.stop_bits}
        if timeout_s is not None:
            params["timeout_ms"] = timeout_s * 1000
        asked = msgspec.json.decode(await self._call("bus.ask", params), type=Asked)
        if (error := asked.error()) is not None:
            raise error
        return Answer(bytes.fromhex(asked.data), (asked.latency_ms or 0.0) / 1000)

    async def _call(self, method: str, params: dict[str, object]) -> bytes:
        if self._streams is None:
            raise RuntimeError("asked outside of its context")
        reader, writer = self._streams
        self._asked += 1
        writer.write(msgspec.json.encode({"jsonrpc": "2.0", "id": self._asked, "method": method, "params": params}))
        writer.write(b"\n")
        try:
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                line = await reader.readuntil(b"\n")
        except TimeoutError:
            raise Trouble(f"the agent did not answer within {_ANSWER_WITHIN_S:g} s", UNREACHABLE) from None
        except (asyncio.IncompleteReadError, ConnectionError):
            raise Trouble("the agent has gone (connection closed)", UNREACHABLE) from None
        reply = msgspec.json.decode(line, type=_Reply)
        if reply.error is not None:
            raise Trouble(reply.error.message, REFUSED)
        return bytes(reply.result)


class PortAccess:
    """A port that is opened for this, where no agent has it."""

    live = False
    line = None

    def __init__(self, port: Port, place: str, link: Link | None, timeout_s: float, *, over_tcp: bool = False) -> None:
        self.place = place
        self.over_tcp = over_tcp
        self.link = link
        self._port = port
        self._timeout_s = timeout_s

    async def __aenter__(self) -> Self:
        try:
            await self._port.open()
        except LinkLost as error:
            await self._port.close()
            raise Trouble(_with_remedy(str(error)), UNREACHABLE) from None
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._port.close()

    async def ask(
        self,
        request: Request,
        *,
        scan: bool = False,  # noqa: ARG002 - nobody else is on the line
        link: Link | None = None,
        timeout_s: float | None = None,
    ) -> Answer:
        """Ask a unit, at once."""
        return await self._port.exchange(request, timeout_s or self._timeout_s, link)


class _Error(msgspec.Struct, frozen=True):
    message: str


class _Reply(msgspec.Struct, frozen=True):
    result: msgspec.Raw = msgspec.Raw(b"")
    error: _Error | None = None


def _lines(given: Path | None) -> list[Line] | None:
    """Return the lines of the running agent; none where no agent runs. Trouble if a socket was named and nobody answers."""
    try:
        with Client(given) as client:
            return msgspec.json.decode(client.call("bus.list"), type=list[Line])
    except Trouble as trouble:
        if trouble.code == UNREACHABLE and given is None:
            return None
        raise


def _no_line(given: Path | None, where: str, lines: list[Line] | None) -> Trouble:
    if lines is None:
        begin = f"no agent answers at {find_socket(given)}, so {where!r} must be"
    else:
        names = ", ".join(line.id for line in lines) or "none"
        begin = f"the agent has no bus {where!r}; there are {names}. Name one of them,"
    return Trouble(f"{begin} a port such as /dev/ttyUSB0, or an address such as 10.0.0.7:502", MISUSED)


def _with_remedy(text: str) -> str:
    remedy = next((remedy for reason, remedy in _REMEDIES.items() if reason in text), "")
    return f"{text}; {remedy}" if remedy else text
