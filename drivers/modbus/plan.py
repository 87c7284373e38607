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

    def refused(self, read: Read) -> bool:
        """Learn that a read was refused for what it asks (exception 2 or 3). True if `reads` are others now.

        It is taken apart at its holes, which are what a unit most likely does not have; one without holes is halved.
        Neither what was refused, nor anything that holds it, is asked again, and a hole is not read over again. A span
        that is refused alone stays in a read of its own, the others go on without it, and what had been taken apart on
        its account is put together again. False if there is nothing to learn: the read is not in the plan (any more),
        or its spans cannot be had.
        """
        if read not in self.reads or not self._fields[read.space].learn(read):
            return False
        before, self.reads = self.reads, self._plan()
        return self.reads != before

    def _plan(self) -> tuple[Read, ...]:
        return tuple(
            read for field in self._fields.values() for read in sorted(field.reads(), key=lambda read: read.range)
        )


class _Lesson(msgspec.Struct, frozen=True):
    """A range that was refused, and what follows: no read may hold one of `apart` whole. `lone`: it was a span alone."""

    refused: Range
    apart: tuple[Range, ...]
    lone: bool = False


class _Field:
    """The spans of one space, and what was learned there."""

    def __init__(self, space: Space, spans: Sequence[Span], limits: Limits, cost: Cost) -> None:
        self._space = space
        self._ranges = {index: span.range for index, span in enumerate(spans) if span.space == space}
        self._single = {span.range for span in spans if span.space == space and span.single}
        self._most, self._never, self._cost = limits.most(space), limits.never(space), cost
        self._lessons: list[_Lesson] = []

    def learn(self, read: Read) -> bool:
        """Take a lesson from a read that was refused. False if it is known."""
        lesson = self._lesson(read)
        if lesson in self._lessons:
            return False
        self._lessons.append(lesson)
        return True

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
        dead = self._dead()
        for lesson in self._lessons:
            if lesson.lone or not any(holds(lesson.refused, one) for one in dead):
                yield from ((first, end - 1) for first, end in lesson.apart)

    # ---- What is learned ----

    def _lesson(self, read: Read) -> _Lesson:
        parts = outermost([self._ranges[index] for index in read.spans])
        if len(parts) == 1:
            return _Lesson(read.range, (read.range,), lone=True)
        holes = [(one[0], next_[1]) for one, next_ in pairwise(parts) if one[1] < next_[0]]
        if holes:
            return _Lesson(read.range, tuple(holes))
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
