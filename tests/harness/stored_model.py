"""A real uplink in virtual time before a broker that drops, and a host that is killed between hearing and storing."""

from __future__ import annotations

import asyncio
import random
import selectors
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from agent.fleet.hearing import Hearing, Message
from agent.fleet.intervals import Intervals
from agent.fleet.records import Mark
from agent.fleet.session import Session
from agent.journal.journal import Journal
from agent.journal.records import Limits
from agent.uplink import link, names
from agent.uplink.broker import Broken, Broker, Incoming
from agent.uplink.edge import Message as Said
from agent.uplink.payload import DataType, Metric, Payload, encode
from agent.uplink.topics import Topics
from uplinked_street import LoopClock, UplinkedStreet

METER, DEVICE, NAME = "meter-1/meter/active_power", "meter-1", "meter/active_power"
HOST_WRITES_S = 5.0
T = TypeVar("T")
NODE = ("albertslund", "pole-7")


class VirtualLoop(asyncio.SelectorEventLoop):
    """Waits for nothing: its time goes on to what is due next."""

    def __init__(self) -> None:
        self.now_s = 0.0
        super().__init__(_Hurried(self))

    def time(self) -> float:
        return self.now_s


class _Hurried(selectors.DefaultSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        self._loop.now_s += max(1e-6, timeout or 0.0)  # work takes time: a wait that is nothing but rounding ends
        return super().select(0)


class World:
    """The broker and what is wrong with it. `loss`: the share of messages that the host is not told."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.loss = 0.0
        self.down = False
        self.host: Host | None = None
        self.sessions: list[ModelSession] = []

    def arrived(self, message: Said) -> None:
        if self.host is not None and self.chance.random() >= self.loss:
            self.host.hear(message)

    def command(self, *metrics: Metric) -> None:
        """Publish to the node, which may be away."""
        raw = encode(Payload(metrics, 1_790_000_000_000))
        for session in self.sessions:
            if session.alive:
                session.incoming.put_nowait(Incoming(Topics(*NODE).of("NCMD"), raw, retained=False))

    def cut(self) -> None:
        for session in self.sessions:
            session.end()
        self.sessions.clear()


class ModelSession:
    """A connection: what is sent is with the broker a moment later, if it still stands."""

    world: World

    def __init__(self, _broker: Broker, _will: Said) -> None:
        self.alive = self.called = False
        self._on_the_way: deque[Said] = deque()
        self.incoming: asyncio.Queue[Incoming | None] = asyncio.Queue()

    async def open(self, _filters: object) -> None:
        await asyncio.sleep(0.1)
        if self.world.down:
            raise Broken("refused")
        self.alive = self.called = True
        self.world.sessions.append(self)

    def send(self, *messages: Said, **_: object) -> None:
        if not self.alive:
            raise Broken("gone")
        for message in messages:
            self._on_the_way.append(message)
            asyncio.get_running_loop().call_later(0.05, self._arrive)

    def _arrive(self) -> None:
        message = self._on_the_way.popleft()  # in order: the loop knows none among what is due at one moment
        if self.alive:
            self.world.arrived(message)

    async def prove(self, *_: object) -> None:
        await asyncio.sleep(0.1)
        if not self.alive:
            raise Broken("gone")

    async def receive(self) -> Incoming | None:
        message = await self.incoming.get()
        if message is None:
            raise Broken("gone")
        return message

    async def close(self, _last: object = None) -> None:
        self.end()

    def end(self) -> None:
        self.alive = False
        self.incoming.put_nowait(None)


class Stored:
    """What is on the host's disk: values by key, those that births told, numbers that were had."""

    def __init__(self) -> None:
        self.by_key: dict[tuple[str, int], object] = {}
        self.born: set[object] = set()

    def values(self) -> set[object]:
        return {*self.by_key.values(), *self.born}


class Host:
    """A host's process, from its start to its kill. `hasty`: it proves what it has only heard. That is the planted bug."""

    def __init__(self, world: World, stored: Stored, *, hasty: bool = False) -> None:
        self._world, self._stored, self._hasty = world, stored, hasty
        self._session, self._hearing = Session(), Hearing()
        for store, number in stored.by_key:
            self._session.had.setdefault(("/".join(NODE), store), Intervals()).add(number)
        self._session.want(*NODE)
        self._new: list[tuple[tuple[str, int] | None, object]] = []
        self.writes = True
        self._tasks = [asyncio.create_task(self._ask()), asyncio.create_task(self._write())]

    def hear(self, said: Said) -> None:
        heard = self._hearing.hear(said.topic, said.payload)
        assert isinstance(heard, Message)
        self._session.hear(heard, 1_790_000_000_000)
        store = self._store_id()
        for told in heard.metrics if heard.device == DEVICE else ():
            if told.name == NAME and heard.type in {"DBIRTH", "DDATA"}:
                key = None if told.number is None or store is None else (store, told.number)
                self._new.append((key, told.value))
        if self._hasty:
            self._prove()

    def kill(self) -> None:
        for task in self._tasks:
            task.cancel()

    def _store_id(self) -> str | None:
        node = self._session.nodes[NODE]
        seen = node.devices[""].values.get(names.STORE_ID) if "" in node.devices else None
        return None if seen is None else str(seen.value)

    async def _ask(self) -> None:
        while True:
            for _ in self._session.rebirths(asyncio.get_running_loop().time()):
                self._world.command(Metric(names.REBIRTH, True, DataType.BOOLEAN))
            await asyncio.sleep(0.2)

    async def _write(self) -> None:
        while True:
            await asyncio.sleep(HOST_WRITES_S)
            if self.writes:
                self._commit()
                self._prove()

    def _commit(self) -> None:
        for key, value in self._new:
            if key is None:
                self._stored.born.add(value)
            else:
                assert self._stored.by_key.setdefault(key, value) == value, "two reports have one key"
        self._new.clear()

    def _prove(self) -> None:
        stored, self._session.stored = self._session.stored, {}
        for mark in stored.values():
            asyncio.get_running_loop().call_later(0.05, self._say, mark)

    def _say(self, mark: Mark) -> None:
        self._world.command(
            Metric(names.STORE_ID, mark.store_id, DataType.STRING), Metric(names.STORED, mark.number, DataType.INT64)
        )


class Outcome:
    """Of a run: values that were told and are not on the host's disk, commits of the node, its refusals, its last state."""

    missing: set[object]
    commits: int
    refused: int
    left: int


class InlineJournal(Journal):
    """The real one without its thread, which knows nothing of virtual time."""

    async def _do(self, work: Callable[[Any], T]) -> T:
        return self._in_thread(work)


def run(
    seed: int,
    seconds: float = 240.0,
    *,
    folder: Path | None = None,
    hasty: bool = False,
    by_broker: bool = False,
    calm: bool = False,
) -> Outcome:
    """Let a node tell values for so long while things go wrong (unless it is `calm`), then let all be well."""
    with pytest.MonkeyPatch.context() as patch, asyncio.Runner(loop_factory=VirtualLoop) as runner:
        world = World(seed)
        patch.setattr(link, "MqttSession", type("Of", (ModelSession,), {"world": world}))
        journal = None if folder is None else InlineJournal(folder / f"{seed}.db", Limits(64_000_000), "boot")
        return runner.run(_run(world, journal, seconds, hasty=hasty, by_broker=by_broker, calm=calm))


async def _run(
    world: World, journal: Journal | None, seconds: float, *, hasty: bool, by_broker: bool, calm: bool
) -> Outcome:
    random.seed(world.chance.random())
    street = UplinkedStreet(
        clock=LoopClock(), journal=journal, proof="platform", longest_wait_s=5.0, history_per_s=500.0
    )
    street.uplink._link._broker_proves = by_broker
    stored, clock = Stored(), asyncio.get_running_loop().time
    world.host = Host(world, stored, hasty=hasty)
    task = asyncio.create_task(street.uplink.run())
    await asyncio.sleep(1.0)  # what has changed by the first connection stands in its births
    troubles = asyncio.create_task(_trouble(world, stored, hasty=hasty)) if not calm else None
    told: set[object] = set()
    value = 0
    while clock() < seconds:
        await asyncio.sleep(world.chance.uniform(0.05, 0.6))
        value += 10
        street.put(METER, float(value))
        told.add(float(value))
        await asyncio.sleep(0.01)
    if troubles is not None:
        troubles.cancel()
    world.loss, world.down = 0.0, False
    if world.host is None or not world.host.writes:
        world.host = Host(world, stored, hasty=hasty)
    outbox = street.uplink._outbox

    def waiting() -> int:
        return len(street.journal.entries) if journal is None else journal.facts().waiting

    until_s = clock() + 2000.0
    while clock() < until_s and (outbox.unproven or outbox.kept or waiting()):
        value += 10
        street.put(METER, float(value))  # it goes on: a mark that got lost is followed by another one
        await asyncio.sleep(20.0)
    outcome = Outcome()
    outcome.missing = told - stored.values()
    outcome.commits, outcome.refused = len(street.journal.commits), street.uplink.state().commands_refused
    outcome.left = waiting() + outbox.unproven + outbox.kept
    if world.host is not None:
        world.host.kill()
    task.cancel()
    await asyncio.wait([task])
    return outcome


async def _trouble(world: World, stored: Stored, *, hasty: bool) -> None:
    chance = world.chance
    while True:
        await asyncio.sleep(chance.uniform(0.5, 12.0))
        what = chance.choice(["cut", "down", "kill", "loss", "mute"])
        if what == "cut":
            world.cut()
        elif what == "down":
            world.down = True
            world.cut()
            await asyncio.sleep(chance.uniform(1.0, 20.0))
            world.down = False
        elif what == "kill" and world.host is not None:
            world.host.kill()
            world.host = None
            await asyncio.sleep(chance.uniform(0.0, 15.0))
            world.host = Host(world, stored, hasty=hasty)
        elif what == "loss":
            world.loss = chance.choice([0.02, 0.3, 1.0])
            await asyncio.sleep(chance.uniform(0.5, 10.0))
            world.loss = 0.0
        elif what == "mute" and world.host is not None:
            world.host.writes = False
            await asyncio.sleep(chance.uniform(5.0, 40.0))
            world.host.writes = True
