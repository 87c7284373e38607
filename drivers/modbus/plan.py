"""Which reads fetch the values of a unit at the least cost on its line. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import msgspec

from drivers.modbus.partition import Range, Wall, cheapest, holds, outermost, overlap
from drivers.modbus.plan_records import TCP_COST, Cost, Limits, Read, Span, faults, frame_chars, serial_cost
from drivers.profile.records import Space

__all__ = ["TCP_COST", "Cost", "Limits", "Planner", "Read", "Span", "frame_chars", "plan", "serial_cost"]


def plan(spans: Sequence[Span], limits: Limits, cost: Cost) -> tuple[Read, ...]:
    """Return the cheapest reads that fetch all spans, sorted; of several such plans one of the fewest reads.

    A span inside another one is in the same read. Spans that share addresses only partly are too, if one read may hold
    them all. A `single` span is read with nothing around it, and no other read goes over it, unless it holds a span that
    does. ValueError if the limits do not allow a span.
    """
    return Planner(spans, limits, cost).reads


class Planner:
    """The plan of one unit, which becomes finer where the unit refuses to be read."""

    def __init__(self, spans: Sequence[Span], limits: Limits, cost: Cost) -> None:
        """Make the first plan. ValueError if the limits do not allow a span."""
        for fault in faults(spans, limits, cost):
            raise ValueError(fault)
        spaces = sorted({span.space for span in spans})
        self._fields = {space: _Field(space, spans, limits, cost) for space in spaces}
        self.reads = self._plan()
        self._known: set[Read] = set()

    def refused(self, read: Read) -> bool:
        """Learn that a read was refused for what it asks (exception 2 or 3). True if `reads` are others now.

        It is parted at a hole, which is what a unit most likely does not have; one without holes is halved. Neither what
        was refused, nor anything that holds it, is asked again. A span that is refused alone stays in a read of its own,
        the others go on without it. False if there is nothing to learn: the read is not in the plan (any more), or its
        spans cannot be had.
        """
        if read not in self.reads:
            return False
        changed = self._fields[read.space].learn(read) and self._replan()
        return self.answered(read) or changed  # a span alone is still read as it was, and no answer will come of it

    def answered(self, read: Read) -> bool:
        """Learn that a read was answered. True if `reads` are others now.

        When all are known, what was parted on the way to what is to blame is put together again.
        """
        if read not in self.reads or read in self._known:
            return False
        self._known.add(read)
        if len(self._known) < len(self.reads):
            return False
        forgotten = [field.forget() for field in self._fields.values()]
        return any(forgotten) and self._replan()

    def _replan(self) -> bool:
        before, self.reads = self.reads, self._plan()
        self._known &= set(self.reads)
        return self.reads != before

    def _plan(self) -> tuple[Read, ...]:
        return tuple(
            read for field in self._fields.values() for read in sorted(field.reads(), key=lambda read: read.range)
        )


class _Lesson(msgspec.Struct, frozen=True):
    """A range that was refused, and what follows: no read may hold one of `apart` whole.

    `hole`: it is parted at a hole. `lone`: it was a span alone.
    """

    refused: Range
    apart: tuple[Range, ...]
    hole: bool = False
    lone: bool = False


class _Field:
    """The spans of one space, and what was learned there."""

    def __init__(self, space: Space, spans: Sequence[Span], limits: Limits, cost: Cost) -> None:
        self._space = space
        self._ranges = {index: span.range for index, span in enumerate(spans) if span.space == space}
        self._single = {span.range for span in spans if span.space == space and span.single}
        self._most, self._never, self._cost = limits.most(space), limits.never(space), cost
        self._lessons: list[_Lesson] = []
        self._refused: list[Range] = []

    def learn(self, read: Read) -> bool:
        """Take a lesson from a read that was refused. False if it is known."""
        lesson = self._lesson(read)
        if lesson in self._lessons:
            return False
        self._lessons.append(lesson)
        self._refused.append(lesson.refused)
        return True

    def forget(self) -> bool:
        """Forget walls that are not needed to keep any read from what was refused, the oldest first. True if there were any."""
        dead = self._dead()
        kept = [one for one in self._lessons if one.lone or one.hole or not any(holds(one.refused, of) for of in dead)]
        for lesson in [one for one in kept if one.hole]:
            walls = [wall for one in kept if one is not lesson for wall in one.apart]
            held = [refused for refused in self._refused if holds(refused, lesson.apart[0])]
            if all(any(holds(refused, wall) for wall in walls) for refused in held):
                kept.remove(lesson)
        forgotten = len(self._lessons) - len(kept)
        self._lessons = kept
        return forgotten > 0

    def reads(self) -> list[Read]:
        """Return the cheapest reads of all spans."""
        alone, loose = self._alone(), self._loose()
        runs = cheapest(
            loose, self._most, list(self._walls(loose)), lambda count: self._cost.grains(self._space, count)
        )
        shared = [*self._working(), *((run[0][0], run[-1][1]) for run in runs)]
        taken: dict[Range, list[int]] = {}
        for index, range_ in sorted(self._ranges.items(), key=lambda item: item[1]):
            host = range_ if range_ in alone else next(read for read in shared if holds(read, range_))
            taken.setdefault(host, []).append(index)
        return [Read(self._space, first, end - first, tuple(indexes)) for (first, end), indexes in taken.items()]

    # ---- What is known ----

    def _dead(self) -> list[Range]:
        """Return what is refused even alone."""
        return [lesson.refused for lesson in self._lessons if lesson.lone]

    def _alone(self) -> set[Range]:
        """Return the ranges with a read of their own: of single spans, and of spans that hold what is refused."""
        dead = self._dead()
        return self._single | {range_ for range_ in self._ranges.values() if any(holds(range_, one) for one in dead)}

    def _working(self) -> list[Range]:
        """Return the ranges of single spans that are not refused, as far as is known."""
        dead = self._dead()
        return [range_ for range_ in self._single if not any(holds(range_, one) for one in dead)]

    def _loose(self) -> list[Range]:
        """Return the ranges that may go together, without those inside of others."""
        alone, working = self._alone(), self._working()
        return outermost(
            [
                range_
                for range_ in self._ranges.values()
                if range_ not in alone and not any(holds(read, range_) for read in working)
            ]
        )

    def _walls(self, loose: Sequence[Range]) -> Iterator[Wall]:
        for first, _ in self._never:
            yield first, first
        for one, next_ in pairwise(loose):
            if one[1] < next_[0] and any(overlap((one[1], next_[0]), single) for single in self._single):
                yield one
        for lesson in self._lessons:
            yield from ((first, end - 1) for first, end in lesson.apart)

    # ---- What is learned ----

    def _lesson(self, read: Read) -> _Lesson:
        parts = outermost([self._ranges[index] for index in read.spans])
        if len(parts) == 1:
            return _Lesson(read.range, (read.range,), lone=True)
        holes = [(one[0], next_[1]) for one, next_ in pairwise(parts) if one[1] < next_[0]]
        if holes:
            return _Lesson(read.range, (holes[len(holes) // 2],), hole=True)
        return _Lesson(read.range, (_middle(parts), *self._borders(read)))

    def _borders(self, read: Read) -> Iterator[Range]:
        """Yield what keeps the halves of a read from its neighbours, which would blur who is to blame."""
        for one, next_ in pairwise(self._loose()):
            if holds(read.range, one) != holds(read.range, next_):
                yield one[0], next_[1]


def _middle(parts: Sequence[Range]) -> Range:
    """Return the pair of neighbours to part: in the middle, and if possible two that share no address."""
    pairs = list(enumerate(pairwise(parts), start=1))
    _, (one, next_) = min(pairs, key=lambda pair: (overlap(*pair[1]), abs(2 * pair[0] - len(parts))))
    return one[0], next_[1]
