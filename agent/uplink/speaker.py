"""What the node says on a connection: births, then what is due, and the mirror's states. Without one, what is due is kept."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet

from agent.config import Uplink as Options
from agent.journal.records import Numbered, Report
from agent.uplink import names
from agent.uplink.broker import Broken
from agent.uplink.commands import Answer
from agent.uplink.edge import EdgeNode, Message, Stamp
from agent.uplink.fiware import Entities
from agent.uplink.mirror import EXPIRES_S, Mirror
from agent.uplink.mqtt import MqttSession
from agent.uplink.outbox import Outbox
from agent.uplink.reports import Reporter
from agent.uplink.storage import Storage
from agent.uplink.table import Table
from agent.uplink.topics import Topics

REBIRTH_EVERY_S = 5.0


class Speaker:
    """One edge node's voice, over all its connections. `storage`: the platform proves, not the broker. `stamp`: now."""

    def __init__(  # noqa: PLR0913 - what it speaks of
        self,
        options: Options,
        topics: Topics,
        table: Table,
        *,
        reporter: Reporter,
        outbox: Outbox,
        entities: Entities | None,
        storage: Storage | None,
        stamp: Callable[[], Stamp],
    ) -> None:
        self._strict = options.profile == "strict"
        self._mirrored = options.mirror
        self._entities = entities
        self._topics = topics
        self._table = table
        self._reporter = reporter
        self._outbox = outbox
        self._storage = storage
        self._stamp = stamp
        self._session: MqttSession | None = None
        self._mirror: Mirror | None = None
        self._rebirth_s = math.inf
        self._born_s = -math.inf
        self.edge: EdgeNode | None = None
        self.sent = 0  # messages

    @property
    def has_spoken(self) -> bool:
        """Return whether births were told before, on whatever connection."""
        return self._born_s > -math.inf

    @property
    def born(self) -> AbstractSet[str] | None:
        """Return the devices that are born, "" for the node; none without a connection."""
        return None if self.edge is None else self.edge.born

    def begin(self, session: MqttSession, bd_seq: int) -> EdgeNode:
        """Take a connection; `bear` is next."""
        self._session = session
        self.edge = EdgeNode(self._topics, self._table, self._reporter, bd_seq, strict=self._strict)
        if self._mirrored:
            self._mirror = Mirror(self._topics, self._table, self._reporter, self._stamp().mono_s, self._entities)
        return self.edge

    def end(self) -> None:
        """Take that the connection is gone."""
        self._session = self.edge = self._mirror = None

    def farewell(self) -> None:
        """Tell the mirror that nobody keeps it any more. Broken."""
        if self._mirror is not None and self._session is not None:
            for message in self._mirror.farewell(self._stamp()):
                self._session.send(message, retain=True, expires_s=EXPIRES_S)

    def rebirth(self) -> None:
        """Tell all births again, not too soon after the last time: one birth answers a burst."""
        self._rebirth_s = max(self._stamp().mono_s, self._born_s + REBIRTH_EVERY_S)

    def next_s(self) -> float:
        """Return when something is to be said although nothing happens."""
        return self._rebirth_s if self._mirror is None else min(self._rebirth_s, self._mirror.next_s())

    def bear(self) -> None:
        """Tell the births."""
        if self.edge is None or self._session is None:
            self._rebirth_s = math.inf
            return
        stamp = self._stamp()
        self._rebirth_s, self._born_s = math.inf, stamp.mono_s
        self._reporter.turned()
        if self._storage is not None:
            since = self._storage.begin(str(self._reporter.own("", names.STORE_ID) or ""))
            for name, value in ((names.TOLD, since), (names.TOLD_SINCE, since), (names.TOLD_MESSAGES, 1)):
                self._reporter.set("", name, value if since else None, stamp.mono_s)
        births = self.edge.births(stamp)
        with contextlib.suppress(Broken):
            self._session.send(*births)
            self.sent += len(births)

    def mark(self) -> bool:
        """Tell the platform a mark, if that is what proves; return whether something is to be proven. Broken."""
        storage, edge, session = self._storage, self.edge, self._session
        if storage is None or edge is None or session is None:
            return self._outbox.unproven > 0
        if not storage.news:
            return False
        number, own = storage.mark(edge.store_id) if storage.since else (0, False)
        if number:
            session.send(edge.mark(number, storage.since, self._stamp(), own=own))
            self.sent += 1
        elif not self._outbox.needs_numbers:  # there were none when the births were told
            self.rebirth()
        return True

    def say(self, reports: Sequence[Report], answers: Sequence[Answer], now_s: float) -> None:
        """Say what is due, or keep it."""
        reborn = now_s >= self._rebirth_s
        if reborn:
            self.bear()
        edge, session = self.edge, self._session
        if edge is None or session is None:
            self._outbox.keep(reports)
            return
        stamp, turned = self._stamp(), self._reporter.turned()
        born = set(edge.born) if turned else edge.born
        messages = edge.changes(stamp) if turned else []
        numbered = self._numbered(edge, reports)
        just_born = edge.born if reborn else edge.born - born
        # What has just been told by a birth is not told again; that it has arrived must be proven all the same.
        messages += edge.data([pair for pair in numbered if _untold(pair[1], just_born)], stamp)
        try:
            session.send(*messages)
            self.sent += len(messages)
            if self._mirror is not None:
                self._mirror.changed({report.device for report in reports} | (born ^ edge.born))
                self._reflect(self._mirror, session, answers, stamp)
        except Broken:  # the link finds out by itself why
            self._outbox.hold(reports)
            return
        self._outbox.sent(
            [pair for pair in numbered if self._storage is None or pair[1].metric not in names.OF_FILLING]
        )
        # What a device had to tell before it died a moment ago is kept; of one that is dead there is nothing to tell.
        if died := born - edge.born if turned else None:
            self._outbox.hold([report for report in reports if report.device in died])

    def _numbered(self, edge: EdgeNode, reports: Sequence[Report]) -> list[Numbered]:
        return self._outbox.numbered([report for report in reports if report.device in edge.born], edge.store_id)

    def _reflect(self, mirror: Mirror, session: MqttSession, answers: Sequence[Answer], stamp: Stamp) -> None:
        for answer in answers:
            result = mirror.result(answer, stamp)
            session.send(result)
            if answer.reply is not None:
                session.send(Message(answer.reply.topic, result.payload), correlation=answer.reply.correlation)
        states = mirror.due(stamp)
        session.send(*states, retain=True, expires_s=EXPIRES_S)
        self.sent += len(states)


def _untold(report: Report, just_born: AbstractSet[str]) -> bool:
    """Whether a report tells more than the birth that came after it: each stage of a command is told."""
    return report.device not in just_born or report.metric in names.EACH_TOLD
