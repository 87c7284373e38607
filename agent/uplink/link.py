"""The connection over time: a new one each time, to the next broker, full jitter between them, proofs, the backlog."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Coroutine, Sequence
from typing import Any, Literal, Protocol

import structlog

from agent.clock import Clock, until_next_s
from agent.journal.journal import Journal
from agent.journal.records import JournalFault
from agent.uplink.backlog import Backlog
from agent.uplink.backoff import Backoff
from agent.uplink.broker import Broken, Broker, Incoming, Refused
from agent.uplink.edge import EdgeNode, Stamp, will
from agent.uplink.mqtt import MqttSession
from agent.uplink.outbox import Outbox
from agent.uplink.primary import PrimaryHost
from agent.uplink.topics import Topics

PROVE_EVERY_S = 2.0
PROVE_WITHIN_S = 7.0  # a half-open link is found after this: what was sent and is lost is not older than 9 s
PING_EVERY_S = 10.0  # while a host is waited for
STOP_WITHIN_S = 0.5  # the intended stop's share for a last proof
HOST_WITHIN_S = 5.0  # what a broker keeps of the primary host comes at once after the subscription

log = structlog.get_logger()


class HostGone(Broken):
    """The primary host is offline there: an orderly end, and the next move is the next broker."""


class Node(Protocol):
    """What the link needs of the uplink."""

    def online(self, session: MqttSession, bd_seq: int) -> EdgeNode: ...

    def offline(self) -> None: ...

    def heard(self, message: Incoming | None) -> None: ...

    def leave(self) -> None: ...

    def mark(self) -> bool: ...

    def filters(self) -> Sequence[str]: ...

    def stamp(self) -> Stamp: ...

    async def commit(self) -> None: ...


class Link:
    """Connects, holds, connects again. One log line when the broker is gone or lets us in no more, one when it is back."""

    def __init__(  # noqa: PLR0913 - what it stands between
        self,
        brokers: Sequence[Broker],
        topics: Topics,
        clock: Clock,
        *,
        primary_host: str,
        backoff: Backoff,
        outbox: Outbox,
        journal: Journal,
        node: Node,
        broker_proves: bool,
        history_per_s: float,
    ) -> None:
        self._brokers = brokers
        self._at = 0
        self._primary_host = primary_host
        self._backoff = backoff
        self._topics = topics
        self._clock = clock
        self._outbox = outbox
        self._journal = journal
        self._node = node
        self._broker_proves = broker_proves
        self._bd_seq = random.randrange(256)  # noqa: S311 - only while the journal cannot count
        self._spare: int | None = None  # a number that no broker has heard
        self._told_lost = False
        self._told_refused = ""
        self._backlog = Backlog(journal, outbox, clock, node.stamp, history_per_s)
        self._proving = asyncio.Lock()
        self.untried = True  # since the start no connection has been had or missed
        self.state: Literal["connecting", "online", "waiting"] = "connecting"
        self.since_s = clock.mono_s()
        self.last_error = ""
        self.proof_s: float | None = None

    @property
    def broker(self) -> Broker:
        """Return the broker that is spoken to, or tried next: one at a time, one after the other."""
        return self._brokers[self._at]

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            began_s = self._clock.mono_s()
            try:
                await self._session()
            except Broken as broken:
                self._lost(str(broken), refused=isinstance(broken, Refused))
                self._at = (self._at + 1) % len(self._brokers)
            lived_s = self._clock.mono_s() - began_s if self.state == "online" else 0.0
            self._turn("waiting")
            await asyncio.sleep(self._backoff.next_s(lived_s))

    async def _session(self) -> None:
        """Hold one connection until it breaks, or until the intended stop, which says so."""
        bd_seq = await self._next_bd_seq() if self._spare is None else self._spare
        death = will(self._topics, bd_seq)
        if self.state != "connecting":
            self._turn("connecting")
        session = MqttSession(self.broker, death)
        host = PrimaryHost(self._primary_host) if self._primary_host else None
        last = None
        try:
            await session.open((*self._node.filters(), *(() if host is None else (host.topic,))))
            if host is not None:
                await self._wait_for_host(session, host)
            self.untried = False
            edge = self._node.online(session, bd_seq)
            self._found()
            last = death
            await _first_end(self._receive(session, host), self._prove(session), self._deliver(session, edge))
        except (HostGone, asyncio.CancelledError):  # an orderly end: what the broker has by now need not be told again
            if last is not None:
                with contextlib.suppress(Broken):
                    self._node.leave()
                    await self._proof(session, STOP_WITHIN_S)
            raise
        except Broken as broken:
            last = None
            await self._backlog.broke(str(broken))
            raise
        finally:
            self._spare = None if session.called else bd_seq
            self._node.offline()
            self._outbox.lost()
            await session.close(last)
            await self._node.commit()

    async def _wait_for_host(self, session: MqttSession, host: PrimaryHost) -> None:
        """Return when the primary host is online here. HostGone if it is not, and there is another broker to look at."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HOST_WITHIN_S):
                while host.online is None:
                    self._hear(await session.receive(), host)
        if host.online:
            return
        why = f"the primary host {host.id} is not online"
        if len(self._brokers) > 1:
            raise HostGone(why)
        self._lost(why)
        await _first_end(self._host_online(session, host), self._ping(session))

    async def _host_online(self, session: MqttSession, host: PrimaryHost) -> None:
        while not host.online:
            self._hear(await session.receive(), host)

    async def _ping(self, session: MqttSession) -> None:
        """Let the broker say again and again that it is there, while nothing may be told."""
        while True:
            await asyncio.sleep(until_next_s(self._clock.mono_s(), PING_EVERY_S))
            await session.ping(PROVE_WITHIN_S)

    async def _receive(self, session: MqttSession, host: PrimaryHost | None) -> None:
        while host is None or host.online:
            self._hear(await session.receive(), host)
        raise HostGone(f"the primary host {host.id} is offline")

    def _hear(self, message: Incoming | None, host: PrimaryHost | None) -> None:
        if message is None or host is None or message.topic != host.topic:
            self._node.heard(message)
            return
        host.take(message.payload)
        if host.refused == 1:
            host.refused += 1  # one line a connection
            log.warning("state_refused", topic=host.topic, reason='expected JSON with "online" and "timestamp"')

    async def _prove(self, session: MqttSession) -> None:
        """Let the broker say again and again that it has what was sent."""
        while True:
            await asyncio.sleep(until_next_s(self._clock.mono_s(), PROVE_EVERY_S))
            if self._node.mark():
                await self._proof(session)

    async def _proof(self, session: MqttSession, within_s: float = PROVE_WITHIN_S) -> None:
        async with self._proving:  # a broker may allow one at a time (receive maximum), and paho does not keep to it
            mark = self._outbox.mark()
            await session.prove(self._topics.marker, within_s)
            if self._broker_proves:
                self._outbox.proven(mark)
            self.proof_s = self._clock.mono_s()

    async def _deliver(self, session: MqttSession, edge: EdgeNode) -> None:
        await self._backlog.deliver(session, edge, lambda: self._proof(session))

    async def _next_bd_seq(self) -> int:
        """Count the connections; if the journal cannot, from a random number on."""
        try:
            self._bd_seq = await self._journal.next_bd_seq()
        except JournalFault:
            self._bd_seq = (self._bd_seq + 1) % 256
        return self._bd_seq

    def _lost(self, reason: str, *, refused: bool = False) -> None:
        self.untried = False
        self.last_error = reason
        if not self._told_lost or (refused and reason != self._told_refused):
            self._told_lost = True
            self._told_refused = reason if refused else ""
            log.warning("uplink_lost", reason=reason, host=self.broker.host, port=self.broker.port)

    def _found(self) -> None:
        away_s = round(self._clock.mono_s() - self.since_s, 1)
        waiting = self._journal.facts().waiting
        self._turn("online")
        self._told_lost, self._told_refused = False, ""
        self.last_error = ""
        log.info("uplink_online", host=self.broker.host, port=self.broker.port, after_s=away_s, to_deliver=waiting)

    def _turn(self, state: Literal["connecting", "online", "waiting"]) -> None:
        if "online" in {state, self.state}:  # waiting and connecting are one time without a connection
            self.since_s = self._clock.mono_s()
        self.state = state


async def _first_end(*parts: Coroutine[Any, Any, None]) -> None:
    """Run the parts of a session until one of them ends, most often by an error; the others are cancelled."""
    tasks = [asyncio.ensure_future(part) for part in parts]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
