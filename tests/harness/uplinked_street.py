"""An uplink by a clock of our own, before a session that keeps what is sent: what it sends, keeps and commits."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import msgspec

from agent.clock import Clock, Wall
from agent.config import Controller
from agent.config import Uplink as Options
from agent.journal.records import Entry, JournalFacts, JournalFault, Lane, Report
from agent.uplink.broker import Broken
from agent.uplink.edge import EdgeNode, Message
from agent.uplink.outbox import Outbox
from agent.uplink.topics import read
from agent.uplink.uplink import Street, Uplink
from commanded_street import LAMPS, CommandedStreet
from drivers.points import Quality, Reading
from kept_orders import CannedWard, OrdersInMemory
from sparkplug_peer import parse

NIGHT = datetime(2026, 11, 24, 20, 30, tzinfo=UTC)


class VirtualClock:
    """Time that a test sets; `asked` counts who looks at it."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.trusted = True
        self.stepped_s = 0.0  # what the wall clock has jumped
        self.asked = 0

    def mono_s(self) -> float:
        self.asked += 1
        return self.now_s

    def wall(self) -> Wall:
        return Wall(NIGHT + timedelta(seconds=self.now_s - 1000.0 + self.stepped_s), self.trusted)

    street = wall


class LoopClock:
    """The time of the event loop, and the wall clock's."""

    def __init__(self) -> None:
        self._began_s = asyncio.get_running_loop().time()
        self._began = datetime.now(UTC)  # noqa: TID251 - hosts have clocks of their own

    def mono_s(self) -> float:
        return 2000.0 + asyncio.get_running_loop().time() - self._began_s

    def wall(self) -> Wall:
        return Wall(self._began + timedelta(seconds=self.mono_s() - 2000.0), trusted=True)

    street = wall


class KeptInMemory:
    """A journal without a disk. `fault` makes its calls fail, `bad` names a metric that it cannot keep."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.commits: list[list[Report]] = []
        self.fault = self.settle_fault = False
        self.bad = ""
        self.dropped = 0
        self.aside: list[Entry] = []
        self.closed = False
        self.hold: asyncio.Event | None = None
        self._last = self.bd_seqs = 0

    async def open(self) -> None:
        self._check(self.fault)

    async def next_bd_seq(self) -> int:
        self.bd_seqs += 1
        return 6 + self.bd_seqs

    async def number(self, count: int) -> tuple[str, int]:
        self._check(self.fault)
        first = self._last + 1
        self._last += count
        return "store", first

    async def commit(
        self,
        reports: Sequence[Report],
        settled: Sequence[int] = (),
        numbers: Sequence[int] = (),
        *,
        dropped: int = 0,
        offset_ms: int | None = None,  # noqa: ARG002 - it has but one boot
    ) -> list[int]:
        """Carried out to the end, as in a thread, also if nobody waits for it any more."""
        given = await asyncio.shield(asyncio.ensure_future(self._commit(reports, settled, numbers)))
        self.dropped += dropped
        return given

    async def _commit(self, reports: Sequence[Report], settled: Sequence[int], numbers: Sequence[int]) -> list[int]:
        if self.hold is not None:
            await self.hold.wait()
        self._check(self.fault)
        if any(report.metric == self.bad for report in reports):
            raise ValueError(f"{self.bad}: cannot be kept")
        if settled:
            self._check(self.settle_fault)
            self._delete(settled)
        if reports:
            self.commits.append(list(reports))
        given = []
        for report, number in zip(reports, numbers or [0] * len(reports), strict=True):
            self._last += not number
            given.append(number or self._last)
            self.entries.append(Entry(given[-1], report))
        return given

    async def oldest(self, count: int, after: int = 0, lane: Lane = Lane.TELEMETRY) -> list[Entry]:
        self._check(self.fault)
        of_lane = [entry for entry in self.entries if entry.report.urgent is (lane is Lane.URGENT)]
        return [entry for entry in of_lane if entry.number > after][:count]

    async def drop(self, numbers: Sequence[int]) -> None:
        self._delete(numbers)
        self.dropped += len(numbers)

    async def quarantine(self, numbers: Sequence[int]) -> None:
        self.aside += [entry for entry in self.entries if entry.number in numbers]
        self._delete(numbers)

    def _delete(self, numbers: Sequence[int]) -> None:
        self.entries = [entry for entry in self.entries if entry.number not in numbers]

    def facts(self) -> JournalFacts:
        return JournalFacts("store", len(self.entries), self.dropped, 0, "")

    async def close(self) -> None:
        self.closed = True

    def _check(self, fault: bool) -> None:
        if fault:
            raise JournalFault("the disk is full")


class SessionInMemory:
    """A connection that keeps what is sent, and proves it at once. `broken`: it is gone."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.broken = False

    def send(self, *messages: Message, **_: object) -> None:
        if self.broken:
            raise Broken("gone")
        self.sent += messages

    async def prove(self, *_: object) -> None:
        if self.broken:
            raise Broken("gone")

    def take(self) -> list[tuple[str, str, dict[str, object]]]:
        """Return what was sent since the last call: type, device, values."""
        told: list[tuple[str, str, dict[str, object]]] = []
        for message in self.sent:
            heard = read(message.topic)
            assert heard is not None
            values: dict[str, object] = {metric.name: metric.value for metric in parse(message.payload).metrics}
            told.append((heard.type, heard.device, values))
        self.sent.clear()
        return told


def flying(outbox: Outbox) -> set[int]:
    """Return the numbers of what is in the journal and must not be sent as history."""
    return outbox._settled.keys() | {each.number for batch in outbox._sent for each in batch.urgent if each.committed}


class UplinkedStreet:
    """The uplink of three lamps, a meter, a radar and a door."""

    def __init__(
        self,
        level_every_s: float = 0.0,
        presence_at_least: int = 1,
        *,
        clock: Clock | None = None,
        journal: Any = None,
        **changed: Any,
    ) -> None:
        self.clock = VirtualClock()
        self.street = CommandedStreet()
        self.image = self.street.image
        self.journal = KeptInMemory()
        self.session = SessionInMemory()
        self._now_s = self.clock.mono_s if clock is None else clock.mono_s
        self.orders, self.ward = OrdersInMemory(), CannedWard()
        options = Options(
            host="127.0.0.1", port=1883, mqtt="5", keepalive_s=30, longest_wait_s=120.0,
            journal=Path("journal.db"), journal_mb=1, journal_reports=1000, journal_mb_a_day=10, history_per_s=1e12,
            operator_s=3600.0, level_every_s=level_every_s, presence_every_s=900.0,
            presence_at_least=presence_at_least, mirror=False, mirror_format="plain",
        )  # fmt: skip
        controller = cast("Controller", _Names())
        self.uplink = Uplink(
            msgspec.structs.replace(options, **changed), controller, self.clock if clock is None else clock,
            version="1", image=self.image, street=Street(self.street.control, LAMPS, lambda: None),
            journal=cast("Any", self.journal if journal is None else journal), keeper=self.orders, ward=self.ward,
        )  # fmt: skip
        for key, value in (("meter-1/meter/active_power", 104.4), ("door-1/contact/state", False)):
            self.put(key, value)

    def put(self, key: str, value: float | bool | str | None, reason: str = "", *, age_s: float = 0.0) -> None:
        """Put a reading into the image."""
        quality = Quality.BAD if reason else Quality.GOOD
        self.image.put(key, Reading(value, quality, reason, self._now_s() - age_s))

    def connect(self) -> EdgeNode:
        """Begin a session, as the link does."""
        self.uplink._outbox.store("store")
        self.session = SessionInMemory()
        self.uplink._link.untried = False
        return self.uplink.online(cast("Any", self.session), 7)

    def disconnect(self) -> None:
        """End it, as the link does."""
        self.uplink.offline()
        self.uplink._outbox.lost()

    def push(self) -> None:
        """Let the uplink send or keep what is due."""
        self.uplink._push()

    @property
    def kept(self) -> list[tuple[str, str, object]]:
        """Return what waits to be committed: device, metric, value."""
        outbox = self.uplink._outbox
        reports = [report for _, report in outbox._kept] + [each.report for each in outbox._urgent]
        return [(report.device, report.metric, report.value) for report in reports]


class _Names:
    id, group = "pole-7", "albertslund"
