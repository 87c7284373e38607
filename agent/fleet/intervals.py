"""Numbers that were had already, as ranges: journals number their reports upwards, so there are few. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

MOST_RANGES = 1000  # a journal that drops reports leaves holes; beyond this the lowest are closed


class Intervals:
    """A set of whole numbers that takes as much room as it has holes."""

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        self._first: list[int] = []
        self._last: list[int] = []
        for first, last in sorted(ranges):
            self._first.append(first)
            self._last.append(last)

    def add(self, number: int) -> bool:
        """Take a number in; return whether it is new."""
        at = bisect_right(self._first, number) - 1
        if at >= 0 and number <= self._last[at]:
            return False
        follows = at >= 0 and self._last[at] == number - 1
        precedes = at + 1 < len(self._first) and self._first[at + 1] == number + 1
        if follows and precedes:
            self._last[at] = self._last[at + 1]
            del self._first[at + 1], self._last[at + 1]
        elif follows:
            self._last[at] = number
        elif precedes:
            self._first[at + 1] = number
        else:
            self._first.insert(at + 1, number)
            self._last.insert(at + 1, number)
        if len(self._first) > MOST_RANGES:
            del self._first[1], self._last[0]
        return True

    def ranges(self) -> list[tuple[int, int]]:
        """Return them as (first, last), upwards."""
        return list(zip(self._first, self._last, strict=True))
