"""The uplink's task: what is due goes up, what is not proven delivered is kept, what comes down is carried out."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable, Coroutine, Mapping, Sequence

import msgspec
import structlog

from agent.clock import Clock, until_next_s
from agent.config import CommandRules, Controller
from agent.config import Uplink as Options
from agent.control.street import StreetControl
from agent.identity.identity import LOOK_EVERY_S, Identity
from agent.image import Image
from agent.journal.journal import Journal
from agent.local.records import UplinkState
from agent.orders.ward import Ward
from agent.remedies import missing
from agent.uplink import table, topics
from agent.uplink.allowance import Allowance
from agent.uplink.answers import Answers
from agent.uplink.authority import Authority
from agent.uplink.backoff import Backoff
from agent.uplink.broker import Broker, Incoming
from agent.uplink.commands import Answer, Bounds, Commands, Keeper
from agent.uplink.downlink import Downlink, Moment
from agent.uplink.edge import EdgeNode, Stamp
from agent.uplink.envelope import Verify
from agent.uplink.fiware import Entities
from agent.uplink.holders import Holders
from agent.uplink.keeping import Keeping
from agent.uplink.link import Link
from agent.uplink.mqtt import MqttSession
from agent.uplink.node_orders import NodeOrders
from agent.uplink.outbox import Outbox
from agent.uplink.own import OwnMetrics
from agent.uplink.replies import Replies
from agent.uplink.reports import Pace, Reporter
from agent.uplink.speaker import Speaker
from agent.uplink.storage import Storage
from agent.uplink.wishes import Unwanted

FOLLOW_EVERY_S = 0.05  # while a command is not proven yet
FOLLOW_LATE_EVERY_S = 1.0  # when its proof is late: it may be hours until a dead lamp is back

log = structlog.get_logger()


class Street(msgspec.Struct, frozen=True):
    """What the uplink needs of the street: control, lamps by device, control's step after a demand, lamps' own meters."""

    control: StreetControl
    lamps: Mapping[str, int]
    step: Callable[[], None]
    meters: Mapping[str, str] = {}


class Uplink:
    """One edge node, from the image to the broker and back. `run` lasts until cancelled, which is the intended stop."""

    def __init__(  # noqa: PLR0913 - what it stands between
        self,
        options: Options,
        controller: Controller,
        clock: Clock,
        *,
        version: str,
        image: Image,
        street: Street,
        journal: Journal,
        keeper: Keeper,
        ward: Ward,
    ) -> None:
        self._options = options
        self._clock = clock
        self._street = street
        self._journal = journal
        self._topics = topics.Topics(controller.group, controller.id)
        by_platform = options.proof == "platform"
        self._table = table.build(image, platform_proves=by_platform)
        now_s = clock.mono_s()
        pace = Pace(options.level_every_s, options.presence_every_s, options.presence_at_least)
        self._reporter = Reporter(image, self._table, pace, now_s)
        self._wake = asyncio.Event()
        self._reporter.wake = self._wake.set
        self._outbox = Outbox()
        self._keeping = Keeping(journal, self._outbox, self.stamp, self._tell_journal, late_proofs=by_platform)
        self._answers = Answers(self._reporter, now_s)
        self._ward = ward
        self._holders = Holders(self._reporter, street.control.leases, street.lamps)
        rules = options.commands
        self._replies = Replies(self._topics)
        self._commands = Commands(
            street.control,
            image,
            street.lamps,
            Bounds(options.operator_s, rules.at_once, rules.a_second),
            keeper=keeper,
            step=street.step,
            answer=self._answered,
            now=clock.mono_s,
        )
        self._spawned: set[asyncio.Task[None]] = set()
        self._node_orders = NodeOrders(self._commands, keeper, ward, answer=self._answered, spawn=self._spawn)
        authority = Authority(rules.signed, rules.issuers, lambda: keeper.ledger.counters, _verify(rules))
        allowance = Allowance(now_s, rules.at_once, rules.a_second)
        storage = Storage(self._outbox, allowance) if by_platform else None
        self._downlink = Downlink(
            self._table, self._commands, self._node_orders, authority, self.rebirth, storage=storage
        )
        self._speaker = Speaker(
            options,
            self._topics,
            self._table,
            reporter=self._reporter,
            outbox=self._outbox,
            entities=Entities(controller, street.meters) if options.mirror_format == "fiware" else None,
            storage=storage,
            stamp=self.stamp,
        )
        self._received = 0
        self._identity: Identity | None = None
        if options.tls is not None:
            self._identity = Identity(options.tls, clock, kernel_clock=controller.clock != "gnss")
        first = Broker(
            options.host,
            options.port,
            options.mqtt,
            options.keepalive_s,
            f"{controller.group}/{controller.id}",
            tls=None if self._identity is None else self._identity.context,
        )
        others = [msgspec.structs.replace(first, host=place.host, port=place.port) for place in options.fallbacks]
        self._link = Link(
            [first, *others],
            self._topics,
            clock,
            primary_host=options.primary_host,
            backoff=Backoff(random.random, options.longest_wait_s, options.first_wait_s),
            outbox=self._outbox,
            journal=journal,
            node=self,
            broker_proves=not by_platform,
            history_per_s=options.history_per_s,
        )
        self._own = OwnMetrics(self._reporter, clock, version)
        ward.watch = self._look_at_ward
        self._look_at_ward()

    async def run(self) -> None:
        """Go on until cancelled; then the node's death is told and what is not proven is committed."""
        try:
            await self._keeping.open()
            async with asyncio.TaskGroup() as group:
                group.create_task(self._collect(), name="uplink-collect")
                group.create_task(self._keeping.run(), name="uplink-commit")
                if self._identity is not None:
                    group.create_task(self._look_after(self._identity), name="uplink-identity")
                group.create_task(self._link.run(), name="uplink-link")
        finally:
            self._reporter.close()
            try:
                await self.commit()
            finally:
                await self._journal.close()

    # ---- What the link tells -------------------------------------------------------------------------------------------

    def online(self, session: MqttSession, bd_seq: int) -> EdgeNode:
        """Begin a session: births, then all that is due."""
        if self._speaker.has_spoken:  # what is due now would else stand in births alone, which nobody proves
            self._outbox.keep(self._reporter.take(self._clock.mono_s()))
        edge = self._speaker.begin(session, bd_seq)
        self._tell_journal()
        if self._identity is not None:
            self._own.identity(self._identity)
        self._speaker.bear()
        self._push()
        return edge

    def offline(self) -> None:
        """End a session: from now on reports are kept."""
        self._speaker.end()

    def leave(self) -> None:
        """Say the last words but the node's death. Broken."""
        self._speaker.farewell()

    def heard(self, message: Incoming | None) -> None:
        """Take a message from the broker; none stands for one that was too much, or too many."""
        self._received += 1
        if message is None:
            too_much = "expected fewer commands at once, and shorter ones; one was dropped unread"
            self._commands.refuse("", Unwanted(too_much))
        else:
            wall = self._clock.wall()
            moment = Moment(self._clock.mono_s(), round(wall.utc.timestamp() * 1000), wall.trusted)
            if fault := self._replies.arrives(message, moment.wall_ms):
                self._commands.refuse("", Unwanted(fault))
            else:
                self._downlink.take(message, moment)
            self._replies.arrived()
        self._wake.set()

    def rebirth(self) -> None:
        """Tell all births again, soon."""
        self._speaker.rebirth()
        self._wake.set()

    def mark(self) -> bool:
        """Tell a mark, where the platform proves; return whether something is to be proven. Broken."""
        return self._speaker.mark()

    def filters(self) -> Sequence[str]:
        """Return what is subscribed to, before the births, or an early command would be lost."""
        return (*self._topics.commands, *((self._topics.mirror_command,) if self._options.mirror else ()))

    async def commit(self) -> None:
        """Put all that is kept into the journal."""
        await self._keeping.commit()

    def stamp(self) -> Stamp:
        """Return the moment, monotonic and by the wall clock; looked at again if the process was held up between the two."""
        for _ in range(3):
            mono_s, wall = self._clock.mono_s(), self._clock.wall()
            if self._clock.mono_s() - mono_s < 0.001:
                break
        return Stamp(mono_s, round(wall.utc.timestamp() * 1000), wall.trusted)

    def state(self) -> UplinkState:
        """Return how the uplink is."""
        options, facts, now_s = self._options, self._journal.facts(), self._clock.mono_s()
        proof_s, broker, edge = self._link.proof_s, self._link.broker, self._speaker.edge
        return UplinkState(
            state=self._link.state,
            host=broker.host,
            port=broker.port,
            mqtt=options.mqtt,
            group=self._topics.group,
            node=self._topics.node,
            since_s=round(now_s - self._link.since_s, 1),
            bd_seq=None if edge is None else edge.bd_seq,
            sent=self._speaker.sent,
            received=self._received,
            unproven=self._outbox.unproven,
            proof_age_s=None if proof_s is None else round(now_s - proof_s, 1),
            journal_waiting=facts.waiting + self._outbox.kept,
            journal_dropped=facts.dropped + self._outbox.dropped,
            journal_fault=facts.fault,
            journal_thinned=facts.thinned + self._outbox.thinned,
            journal_quarantined=facts.quarantined,
            journal_written_mb=round(facts.written_bytes / 1e6, 3),
            journal_budget_pct=facts.budget_pct,
            commands_accepted=self._commands.accepted,
            commands_refused=self._commands.refused,
            last_refusal=self._commands.last_refusal,
            last_error=self._link.last_error,
            identity=None if self._identity is None else self._identity.look(),
            mirror=options.mirror,
        )

    # ---- Up ------------------------------------------------------------------------------------------------------------

    async def _collect(self) -> None:
        loop = asyncio.get_running_loop()
        alarm, alarm_s = loop.call_later(0.0, self._wake.set), -math.inf
        try:
            while True:
                self._wake.clear()
                self._push()
                now_s = self._clock.mono_s()
                due_s = self._due_s(now_s)
                if due_s <= now_s:  # it could not be done: before the first try, or on a connection that is just gone
                    due_s = now_s + FOLLOW_EVERY_S
                if due_s != alarm_s or alarm_s <= now_s:  # else the alarm that is set will do
                    alarm.cancel()
                    alarm, alarm_s = loop.call_later(due_s - now_s, self._wake.set), due_s
                await self._wake.wait()
        finally:
            alarm.cancel()

    def _due_s(self, now_s: float) -> float:
        """Return when something may be due although nothing happens."""
        due_s = min(self._reporter.next_s(), self._speaker.next_s())
        if self._commands.pending:
            due_s = min(due_s, now_s + (FOLLOW_EVERY_S if self._commands.fresh(now_s) else FOLLOW_LATE_EVERY_S))
        return due_s

    def _push(self) -> None:
        """Send what is due, or keep it."""
        now_s = self._clock.mono_s()
        if self._commands.pending:
            self._commands.follow(now_s)
        self._holders.tell(self.stamp())
        answers = self._answers.tell(self._speaker.born, self._commands.refused, now_s)
        if self._link.untried:
            return  # whatever has changed by then stands in the births
        reports = self._reporter.take(now_s)  # before births, which would swallow a command's stages
        self._outbox.drop(self._reporter.pushed_out())
        self._speaker.say(reports, answers, now_s)
        self._keeping.hurry()

    # ---- Commands --------------------------------------------------------------------------------------------------------

    def _answered(self, answer: Answer) -> None:
        reply = self._replies.addressed(answer)
        self._answers.take(msgspec.structs.replace(answer, reply=reply), self._clock.mono_s())
        self._wake.set()

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work, name="uplink-command")
        self._spawned.add(task)
        task.add_done_callback(self._spawned.discard)

    def _look_at_ward(self) -> None:
        self._own.ward(self._ward)
        self._node_orders.look()

    # ---- The node itself -----------------------------------------------------------------------------------------------

    async def _look_after(self, identity: Identity) -> None:
        """Look at our certificate every minute."""
        while True:
            self._own.identity(identity)
            await asyncio.sleep(until_next_s(self._clock.mono_s(), LOOK_EVERY_S))

    def _tell_journal(self) -> None:
        """Tell how the journal is, while somebody listens: an entry about entries would never end."""
        if self._speaker.edge is not None:
            store_id = self._own.journal(self._journal, self._outbox, self._commands.refused)
            if self._speaker.edge.store_id != store_id:  # numbers are those of the store that the births tell
                self.rebirth()


def _verify(rules: CommandRules) -> Verify | None:
    """Return what judges signatures: the library is loaded only where there are issuers; none if it is missing."""
    if not rules.issuers:
        return None
    try:
        from agent.uplink.ed25519 import verify  # noqa: PLC0415
    except ImportError:
        log.warning("signatures_not_judged", reason=missing("signed"))
        return None
    return verify
