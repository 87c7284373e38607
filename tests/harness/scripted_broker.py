"""A broker that misbehaves as a test says, written without the agent's code or paho's.

It answers as a broker should until its script says otherwise, keeps what was published to it, and knows what it has
acknowledged: after an acknowledgement it had all that was published before on that connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import socket
from typing import Self

import mqtt_wire as wire
from mqtt_wire import Connect, Packet, Publish


@dataclasses.dataclass
class Script:
    """What it does on its next connections. The numbers count acknowledged publishes (QoS 1) of a connection."""

    drop_before_ack: int | None = None  # ends the connection instead of the nth acknowledgement
    drop_after_ack: int | None = None  # ends it after the nth
    mute_after_ack: int | None = None  # after the nth it reads on and answers nothing any more
    deaf_after_ack: int | None = None  # after the nth it does not even read any more
    lose_after_bytes: int | None = None  # ends the connection when it has read so much, with what was on its way
    read_at_once: int = 65_536  # bytes
    receive_maximum: int | None = None
    connack: bytes | None = None  # sent instead of its own; b"" answers nothing
    refuse_acks: int = 0  # reason code of acknowledgements, MQTT 5
    refuse_filters: int = 0  # code of subscriptions
    after_suback: bytes = b""  # sent after the first subscription
    hang_up: bool = False  # ends the connection before any answer


@dataclasses.dataclass
class Session:
    """One connection: what was heard on it, and how much of that was acknowledged."""

    connect: Connect | None = None
    published: list[Publish] = dataclasses.field(default_factory=list)
    proven: int = 0  # so many of `published` came before the last acknowledgement
    acks: int = 0
    most_unanswered: int = 0
    ended: bool = False
    disconnect: bytes | None = None


class ScriptedBroker:
    """Listens on loopback; `script` may be changed at any time and holds for what follows."""

    def __init__(self, script: Script | None = None) -> None:
        self.script = script or Script()
        self.sessions: list[Session] = []
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def published(self) -> list[Publish]:
        """All that was published, over all connections, in order."""
        return [each for session in self.sessions for each in session.published]

    async def __aenter__(self) -> Self:
        listener = socket.create_server(("127.0.0.1", 0))
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # what nobody reads stays with the sender
        self._server = await asyncio.start_server(self._begin, sock=listener)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """End all connections without a word."""
        for writer in self._writers:
            writer.transport.abort()

    def say(self, raw: bytes) -> None:
        """Send bytes to all who are connected."""
        for writer in self._writers:
            writer.write(raw)

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.add(asyncio.ensure_future(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = Session()
        self.sessions.append(session)
        self._writers.add(writer)
        try:
            with contextlib.suppress(OSError, _End):
                await self._converse(session, reader, writer)
        finally:
            session.ended = True
            self._writers.discard(writer)
            writer.transport.abort()

    async def drained(self) -> None:
        """Wait until what was said is on its way."""
        for writer in list(self._writers):
            await writer.drain()

    async def _converse(self, session: Session, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        buffer, read = bytearray(), 0
        if self.script.hang_up:
            return
        while chunk := await reader.read(self.script.read_at_once):
            read += len(chunk)
            limit = self.script.lose_after_bytes
            if limit is not None and read > limit:
                return
            buffer += chunk
            packets = wire.take(buffer)
            waiting = sum(packet.type == wire.PUBLISH and bool(packet.flags & 6) for packet in packets)
            session.most_unanswered = max(session.most_unanswered, waiting)
            for packet in packets:
                writer.write(self._answer(session, packet))
                if session.acks == self.script.drop_after_ack:
                    await writer.drain()
                    writer.close()  # with what was written
                    return
                if session.acks == self.script.deaf_after_ack:
                    await asyncio.Event().wait()

    def _answer(self, session: Session, packet: Packet) -> bytes:
        script = self.script
        level = 4 if session.connect is None else session.connect.level
        if packet.type == wire.CONNECT:
            session.connect = wire.read_connect(packet.body)
            own = wire.connack(session.connect.level, 0, script.receive_maximum)
            return own if script.connack is None else script.connack
        if packet.type == wire.PUBLISH:
            return self._acknowledge(session, wire.read_publish(packet, level), level)
        if packet.type == wire.SUBSCRIBE:
            number, filters = wire.read_subscribe(packet.body, level)
            codes = bytes(script.refuse_filters or qos for _, qos in filters)
            after, script.after_suback = script.after_suback, b""
            return wire.suback(level, number, codes) + after
        if packet.type == wire.DISCONNECT:
            session.disconnect = packet.body
            raise _End
        return wire.packet(wire.PINGRESP) if not self._mute(session) else b""

    def _acknowledge(self, session: Session, publish: Publish, level: int) -> bytes:
        script = self.script
        if self._mute(session):
            return b""
        session.published.append(publish)
        if not publish.qos:
            return b""
        if script.drop_before_ack is not None and session.acks + 1 >= script.drop_before_ack:
            raise _End
        session.acks += 1
        if not script.refuse_acks:
            session.proven = len(session.published)
        return wire.puback(level, publish.id, script.refuse_acks)

    def _mute(self, session: Session) -> bool:
        return self.script.mute_after_ack is not None and session.acks >= self.script.mute_after_ack


class _End(Exception):
    """The connection is ended."""
