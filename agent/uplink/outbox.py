"""What was sent and is not proven delivered, what was not sent, and what is still to be committed. Pure.

A report is proven when the broker has answered a marker that was sent after it on the same connection. When the
connection is lost, what was not proven goes back, and later is sent as history. Both times it has the same number, by
which a consumer knows it again; so it is numbered before it is sent. What is urgent is committed whether it was sent or not.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

import msgspec

from agent.journal.records import Entry, Numbered, Report
from agent.journal.thinning import thin
from agent.uplink import names

MOST_KEPT = 20_000  # reports in memory that could not be committed; then they are thinned, and the oldest dropped
MOST_URGENT = 5_000
NUMBERS_AT_ONCE = 65_536  # numbers that are asked for: half an hour of 40 a second
_FEW_NUMBERS = NUMBERS_AT_ONCE // 2


class Urgent(msgspec.Struct):
    """An urgent report on its way into the journal, and perhaps at the same time to the broker."""

    number: int
    report: Report
    proven: bool = False
    committed: bool = False


class Load(msgspec.Struct, frozen=True):
    """What one transaction is to do: keep, delete what is proven, count what was dropped."""

    kept: list[Numbered]
    urgent: list[Urgent]
    settled: list[int]
    dropped: int

    @property
    def reports(self) -> list[Report]:
        """Return all that is to be kept."""
        return [report for _, report in self.kept] + [each.report for each in self.urgent]

    @property
    def numbers(self) -> list[int]:
        """Return their numbers, 0 = none yet."""
        return [number for number, _ in self.kept] + [each.number for each in self.urgent]

    def halves(self) -> list[Load]:
        """Return it in two parts, or nothing if there is but one report in it."""
        kept, urgent = self.kept, self.urgent
        if len(kept) + len(urgent) < 2:
            return []
        if kept and urgent:
            return [Load(kept, [], self.settled, self.dropped), Load([], urgent, [], 0)]
        middle = (len(kept) + len(urgent)) // 2
        return [
            Load(kept[:middle], urgent[:middle], self.settled, self.dropped),
            Load(kept[middle:], urgent[middle:], [], 0),
        ]


class _Batch(msgspec.Struct, frozen=True):
    """Reports that were sent together; `mark` counts all up to its last one. One that is `held` was not sent."""

    mark: int
    kept: list[Numbered]
    urgent: list[Urgent]
    held: bool


class Outbox:
    """Reports on their way: `sent` until proven, `kept` until committed."""

    def __init__(self) -> None:
        self._sent: deque[_Batch] = deque()
        self._mark = self._proven = 0
        self._kept: deque[Numbered] = deque()
        self._urgent: deque[Urgent] = deque()
        self._settled: dict[int, None] = {}
        self._next = self._end = 0
        self._uncounted = 0  # of those dropped, how many the journal has not counted yet
        self.store_id = ""
        self.thinned = 0

    @property
    def unproven(self) -> int:
        """Return how many reports were sent and are not proven."""
        return self._mark - self._proven

    @property
    def kept(self) -> int:
        """Return how many reports are to be committed."""
        return len(self._kept) + len(self._urgent)

    @property
    def urgent(self) -> bool:
        """Return whether something is to be committed at once."""
        return bool(self._urgent)

    @property
    def dropped(self) -> int:
        """Return how many were dropped that the journal has not counted yet."""
        return self._uncounted

    @property
    def needs_numbers(self) -> bool:
        """Return whether there are few numbers left."""
        return self._end - self._next < _FEW_NUMBERS

    def store(self, store_id: str) -> None:
        """Take which store there is. Numbers of another one mean nothing any more."""
        if store_id != self.store_id:
            self.store_id = store_id
            self._settled.clear()
            self._next = self._end = 0

    def give(self, store_id: str, first: int) -> None:
        """Take numbers, NUMBERS_AT_ONCE from the first on; those that are left of earlier ones are never used."""
        self.store(store_id)
        self._next, self._end = first, first + NUMBERS_AT_ONCE

    def numbered(self, reports: Sequence[Report], store_id: str | None = None) -> list[Numbered]:
        """Return reports with numbers; 0 if there are none: the journal has a fault, or the births tell another store."""
        first = 0
        if self._end - self._next >= len(reports) and store_id in {None, self.store_id}:
            first = self._next
            self._next += len(reports)
        return [(first and _is_kept(report) and first + place, report) for place, report in enumerate(reports)]

    def sent(self, numbered: Sequence[Numbered]) -> None:
        """Take reports that have just been sent."""
        self._take(numbered, held=False)

    def hold(self, reports: Sequence[Report]) -> None:
        """Take reports that could not be sent now, while those before them were: they are kept in their order."""
        if self._sent:
            self._take(self.numbered(reports), held=True)
        else:
            self.keep(reports)

    def mark(self) -> int:
        """Return the mark of a proof that is sent now: it will cover all that was sent so far."""
        return self._mark

    def proven(self, mark: int) -> None:
        """Take that all up to a mark has arrived."""
        while self._sent and self._sent[0].mark <= mark:
            batch = self._sent.popleft()
            self._proven = batch.mark
            if batch.held:
                self._kept.extend(batch.kept)
                continue
            for each in batch.urgent:
                each.proven = True
                if each.committed:
                    self._settled[each.number] = None
        self._bound()

    def lost(self) -> None:
        """Take that the connection is gone: what was sent and not proven is kept."""
        for batch in self._sent:
            self._kept.extend(batch.kept)
        self._sent.clear()
        self._proven = self._mark
        self._bound()

    def keep(self, reports: Sequence[Report]) -> None:
        """Take reports that could not be sent, nor anything before them. Beyond the most that fit, they are thinned."""
        kept, urgent = _parted(self.numbered(reports))
        self._kept.extend(kept)
        self._urgent.extend(urgent)
        self._bound()

    def at_rest(self, entries: Iterable[Entry]) -> list[Entry]:
        """Return what of the journal may be sent as history: it is not under way by itself, nor proven."""
        under_way = {each.number for batch in self._sent for each in batch.urgent}
        return [entry for entry in entries if entry.number not in self._settled and entry.number not in under_way]

    def settle(self, numbers: Iterable[int]) -> None:
        """Take that these are proven, and can be deleted from the journal with the next commit."""
        self._settled.update(dict.fromkeys(numbers))

    def to_commit(self, most: int, *, only_urgent: bool = False) -> Load:
        """Take out what the next transaction is to do: `committed` or `again` gives account of it."""
        kept = [] if only_urgent else [self._kept.popleft() for _ in range(min(most, len(self._kept)))]
        load = Load(kept, [each for each in self._urgent if not each.proven], list(self._settled), self._uncounted)
        self._urgent.clear()
        return load

    def committed(self, load: Load, numbers: Sequence[int]) -> None:
        """Take that it is done, and which numbers the reports have."""
        for number in load.settled:
            self._settled.pop(number, None)
        self._uncounted -= load.dropped
        for each, number in zip(load.urgent, numbers[len(load.kept) :], strict=True):
            each.number, each.committed = number, True
            if each.proven:
                self._settled[number] = None

    def again(self, load: Load) -> None:
        """Take back what could not be committed, before all others."""
        self._kept.extendleft(reversed(load.kept))
        self._urgent.extendleft(reversed(load.urgent))
        self._bound()

    def drop(self, count: int) -> None:
        """Take that so many reports cannot be kept anywhere."""
        self._uncounted += count

    def _take(self, numbered: Sequence[Numbered], *, held: bool) -> None:
        if numbered:
            self._mark += len(numbered)
            kept, urgent = _parted(numbered)
            self._sent.append(_Batch(self._mark, kept, urgent, held))
            self._urgent.extend(urgent)

    def _bound(self) -> None:
        if len(self._kept) > MOST_KEPT:
            before = len(self._kept)
            self._kept = deque(thin(self._kept))
            self.thinned += before - len(self._kept)
        while len(self._kept) > MOST_KEPT:
            self._kept.popleft()
            self._uncounted += 1
        while len(self._urgent) > MOST_URGENT:
            self._urgent.popleft()
            self._uncounted += 1


def _is_kept(report: Report) -> bool:
    return report.metric not in names.IN_PASSING


def _parted(numbered: Sequence[Numbered]) -> tuple[list[Numbered], list[Urgent]]:
    return (
        [pair for pair in numbered if not pair[1].urgent and _is_kept(pair[1])],
        [Urgent(number, report) for number, report in numbered if report.urgent],
    )
