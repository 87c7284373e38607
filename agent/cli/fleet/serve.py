"""`gadelys fleet serve`: the host that is always there. It hears all nodes, keeps what they say, and raises alarms."""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
from collections.abc import Callable

import aiomqtt
import msgspec
import structlog

from agent.cli.fleet.source import REMEMBERED, Asked, ask, load_plan, now_ms, opened, place_of, store_of
from agent.cli.trouble import MISUSED, REFUSED, Trouble
from agent.cli.uplink.host import Host, joined, proof
from agent.cli.uplink.place import Place
from agent.fleet.alarms import Book, Event, alarms, faults
from agent.fleet.hearing import Hearing, Message
from agent.fleet.plan import HOUR_MS, Plan
from agent.fleet.records import Mark
from agent.fleet.rollout import Reconciler
from agent.fleet.session import Session
from agent.fleet.store import CONNECTED, SERVED, Batch, Store, StoreFault
from agent.logs import configure
from agent.uplink.envelope import Key
from agent.uplink.topics import NAMESPACE

WRITE_S = 5.0
LOOK_S = 1.0
LONGEST_WAIT_S = 30.0
RECONCILED_WITHIN_S = 300.0  # a restart and a probation of 2 min

log = structlog.get_logger()


def serve(asked: Asked, key: Key | None, seconds: float | None) -> int:
    """Run until SIGTERM, Ctrl-C or the end of so many seconds; 0 then."""
    configure("info")
    plan = load_plan(asked.plan)
    path = store_of(asked)
    if path is None:
        raise Trouble("name the store with --store; it is made if it is not there", MISUSED)
    place = place_of(asked.wanted)
    with contextlib.closing(opened(path, make=True)) as store:
        try:
            asyncio.run(_until_told(Server(place, plan, store, key=key), seconds))
        except StoreFault as fault:
            raise Trouble(str(fault), REFUSED) from None
    return 0


async def _until_told(server: Server, seconds: float | None) -> None:
    loop = asyncio.get_running_loop()
    task = loop.create_task(server.run())
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    await asyncio.wait([task], timeout=seconds)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


class Server:
    """The session of all nodes, between a broker that comes and goes and a store."""

    def __init__(
        self, place: Place, plan: Plan, store: Store, clock_ms: Callable[[], int] = now_ms, key: Key | None = None
    ) -> None:
        self._place, self._plan, self._store, self._clock_ms = place, plan, store, clock_ms
        self._topic = f"{NAMESPACE}/STATE/{plan.host_id}"
        self.session = Session()
        self.connected = False
        self._key = key
        self._reconciler = Reconciler(RECONCILED_WITHIN_S)
        self._book = Book(store.alarms())
        self._events: list[Event] = []
        self._stored: dict[tuple[str, str], Mark] = {}  # to be told to nodes: it is in the store
        self._hour = 0
        self._load()

    async def run(self) -> None:
        """Connect again and again; write what is known in any case, to the end."""
        beside = asyncio.create_task(self._keep())
        try:
            await asyncio.gather(beside, self._connect())
        finally:
            beside.cancel()
            self.connected = False
            self._write()

    async def _connect(self) -> None:
        wait_s = 1.0
        while True:
            try:
                await self._joined()
            except Trouble as trouble:
                if self.connected:
                    self.connected, wait_s = False, 1.0
                    self._stored.clear()
                    self.session.lost(self._clock_ms())
                log.warning("broker_lost", reason=str(trouble), again_within_s=wait_s)
            await asyncio.sleep(random.uniform(0, wait_s))  # noqa: S311 - it spreads hosts, it keeps no secret
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)

    async def _joined(self) -> None:
        """Be the host until the broker is gone. Trouble. The death has the birth's time, as Sparkplug has it."""
        began_ms = self._clock_ms()
        born, dead = (msgspec.json.encode({"online": online, "timestamp": began_ms}) for online in (True, False))
        async with joined(self._place, aiomqtt.Will(self._topic, dead, qos=1, retain=True)) as host:
            again: asyncio.Queue[bytes] = asyncio.Queue(1)
            await host.listen(self._topic)
            await host.state(self._topic, born)
            self.connected = True
            for group, name in self._plan.nodes():
                self.session.want(group, name)
            self.session.met(self._clock_ms())
            log.info("broker_joined", place=self._place.address, host_id=self._plan.host_id)
            beside = (
                ask(host, self.session), self._state(host, again, born), self._reconcile(host), self._prove(host),
            )  # fmt: skip
            tasks = [asyncio.create_task(one) for one in beside]
            try:
                await self._hear(host, again, born)
            finally:
                for task in tasks:
                    task.cancel()
                with contextlib.suppress(aiomqtt.MqttError):
                    await asyncio.shield(host.state(self._topic, dead))

    async def _hear(self, host: Host, again: asyncio.Queue[bytes], born: bytes) -> None:
        def own_state(payload: bytes, retained: bool) -> None:
            """An older connection of ours has ended late, or somebody bears our name: say again that we are there."""
            if not retained and payload != born and not again.full():
                again.put_nowait(payload)

        async for message in host.messages(Hearing(most=REMEMBERED), {self._topic: own_state}):
            if isinstance(message, Message):
                self.session.hear(message, self._clock_ms())
                self._reconciler.see(message, asyncio.get_running_loop().time())

    async def _reconcile(self, host: Host) -> None:
        """Bring who was away to what it shall have; a new wish is seen within 5 s."""
        clock = asyncio.get_running_loop().time
        while True:
            self._reconciler.want(self._store.desired())
            until_s = clock() + WRITE_S
            while clock() < until_s:
                for target in self._reconciler.due(self.session.nodes, clock()):
                    await host.command(target.group, target.node, "", *target.order.metrics(), key=self._key)
                for wanted, outcome in self._reconciler.ended(self.session.nodes):
                    log.warning("reconciled", node=wanted.path, ended=outcome.status, reason=outcome.reason)
                    self._store.settle(wanted)
                await asyncio.sleep(0.2)

    async def _prove(self, host: Host) -> None:
        """Tell nodes what of theirs is stored."""
        while True:
            stored, self._stored = self._stored, {}
            for (group, node), mark in stored.items():
                await host.command(group, node, "", *proof(mark))
            await asyncio.sleep(0.2)

    async def _state(self, host: Host, again: asyncio.Queue[bytes], born: bytes) -> None:
        while True:
            other = await again.get()
            log.warning("state_of_another", said=other[:100].decode("utf-8", "replace"))
            await host.state(self._topic, born)
            await asyncio.sleep(1.0)

    async def _keep(self) -> None:
        """Look for alarms every second, and write every 5 s."""
        since_s = 0.0
        while True:
            await asyncio.sleep(LOOK_S)
            self._look()
            since_s += LOOK_S
            if since_s >= WRITE_S or self._events:
                since_s = 0.0
                self._write()

    def _look(self) -> None:
        at_ms = self._clock_ms()
        if self.connected:
            self.session.tick(at_ms)
            if at_ms // HOUR_MS != self._hour:
                self._hour = at_ms // HOUR_MS
                self.session.stand(at_ms)
                self._store.forget(at_ms)
        news = self._book.step(alarms(faults(self.session.nodes.values(), self._plan.area_of)), at_ms)
        news = self.session.late.take() + news
        for event in news:
            what = "alarm_of_the_past" if event.late else "alarm"
            log.warning(what, now=event.event, what=event.alarm.what, at=event.alarm.area, of=event.alarm.named)
        self._events += news

    def _write(self) -> None:
        session = self.session
        changed, session.changed = session.changed, set()
        nodes = {(group, name) for group, name, _ in changed}
        devices = [
            (f"{group}/{name}/{device}", session.nodes[group, name].devices[device])
            for group, name, device in changed
            if device in session.nodes[group, name].devices
        ]
        batch = Batch(
            nodes=[session.nodes[key] for key in nodes],
            devices=devices,
            samples=session.samples,
            had=[(key, session.had[key]) for key in session.had_more],
            events=self._events,
            facts={SERVED: self._clock_ms(), CONNECTED: int(self.connected)},
        )
        session.samples, session.had_more, self._events = [], set(), []
        stored, session.stored = session.stored, {}
        self._store.write(batch)
        self._stored |= stored

    def _load(self) -> None:
        """Take up what is stored: whoever was online may be gone by now."""
        for node in self._store.nodes():
            self.session.nodes[node.group, node.name] = node
        self.session.had = self._store.had()
        self.session.lost(self._clock_ms())
