"""What was sent and is not proven delivered, what was not sent, and what is still to be committed. Pure.

A report is proven when the broker has answered a marker that was sent after it on the same connection, or, where that is
asked for, when the platform has. When the connection is lost, what was not proven goes back, and later is sent as history.
Both times it has the same number, by which a consumer knows it again; so it is numbered before it is sent. What is urgent
is committed whether it was sent or not. What waits long for its proof rests in the journal, and is still under way.
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
MOST_BATCHES = 2_000  # that were sent one by one; more are one
MOST_UNDER_WAY = 20_000  # numbers that rest and are under way; of more, the oldest count as not sent
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
    """Reports that were sent together; `mark` counts all up to its last one. One that is `held` was not sent.

    `resting` are numbers of what lies in the journal by now; so many of them were sent as history.
    """

    mark: int
    kept: list[Numbered]
    urgent: list[Urgent]
    held: bool = False
    resting: list[int] = []
    history: int = 0


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
        self.turn = 0  # another one: what was under way is not any more, and is history

    @property
    def unproven(self) -> int:
        """Return how many reports were sent and are not proven."""
        return self._mark - self._proven

    @property
    def history(self) -> int:
        """Return how many reports were sent as history and are not proven."""
        return sum(batch.history for batch in self._sent)

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
        first = self.number(len(reports), store_id)
        return [(first and _is_kept(report) and first + place, report) for place, report in enumerate(reports)]

    def number(self, count: int, store_id: str | None = None) -> int:
        """Return the first of so many numbers that nothing else is given; 0 as `numbered`."""
        if self._end - self._next < count or store_id not in {None, self.store_id}:
            return 0
        self._next += count
        return self._next - count

    def number_above(self, number: int, store_id: str) -> tuple[int, bool]:
        """Return a number above another that no later report has: the last one given, else one of its own, and True."""
        if store_id == self.store_id and self._end and self._next - 1 > number:
            return self._next - 1, False
        return self.number(1, store_id), True

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
            self._settled.update(dict.fromkeys(batch.resting))
            if batch.resting and self._kept:  # the journal could not take them yet, and need not any more
                done = set(batch.resting)
                self._kept = deque(pair for pair in self._kept if pair[0] not in done)
        self._proven = max(self._proven, mark)
        self._bound()

    def rest(self, mark: int) -> bool:
        """Take that what was sent up to a mark has waited long: all that was sent is kept, and stays under way.

        False if nothing is in memory alone that long.
        """
        if not any(batch.kept for batch in self._sent if batch.mark <= mark):
            return False
        self._rest()
        return True

    def lost(self) -> None:
        """Take that the connection is gone, or that all begins anew: what was sent and not proven is kept."""
        for batch in self._sent:
            self._kept.extend(batch.kept)
        self._sent.clear()
        self.turn += 1
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
        under_way.update(number for batch in self._sent for number in batch.resting)
        return [entry for entry in entries if entry.number not in self._settled and entry.number not in under_way]

    def told(self, numbers: Sequence[int]) -> None:
        """Take that these, which lie in the journal, have just been sent as history."""
        self._mark += len(numbers)
        self._sent.append(_Batch(self._mark, [], [], resting=list(numbers), history=len(numbers)))
        self._bound()

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
            self._sent.append(_Batch(self._mark, kept, urgent, held=held))
            self._urgent.extend(urgent)
            if len(self._sent) > MOST_BATCHES or sum(len(batch.kept) for batch in self._sent) > MOST_KEPT:
                self._rest()

    def _rest(self) -> None:
        before, whole = self._sent, _Batch(self._mark, [], [])
        self._sent = deque(batch for batch in before if batch.resting)
        for batch in before:
            self._kept.extend(batch.kept)
            if not batch.resting and not batch.held:
                whole.resting.extend(number for number, _ in batch.kept if number)
                whole.urgent.extend(batch.urgent)
        self._sent.append(whole)
        self._bound()

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
        under_way = sum(len(batch.resting) + len(batch.urgent) for batch in self._sent if batch.resting)
        while under_way > MOST_UNDER_WAY:  # what has rested longest counts as not sent
            oldest = next(batch for batch in self._sent if batch.resting)
            under_way -= len(oldest.resting) + len(oldest.urgent)
            self._sent.remove(oldest)
            self.turn += 1


def _is_kept(report: Report) -> bool:
    return report.metric not in names.IN_PASSING


def _parted(numbered: Sequence[Numbered]) -> tuple[list[Numbered], list[Urgent]]:
    return (
        [pair for pair in numbered if not pair[1].urgent and _is_kept(pair[1])],
        [Urgent(number, report) for number, report in numbered if report.urgent],
    )
