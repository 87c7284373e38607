"""How late a task's steps are: how many in each class of lateness, in constant memory. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

import msgspec

BOUNDS_MS = (0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0, 50.0, 100.0, 200.0, 500.0, 1000.0)


class Punctuality(msgspec.Struct, frozen=True):
    """Steps since the start that were due by the clock, and how late they were, ms: of 999 in 1,000, and the longest.

    The share is rounded up to the bounds; it is the longest where it lies beyond the last one. Both are 0 without steps.
    `counts`: steps up to each of `bounds_ms`, and one more beyond the last.
    """

    steps: int
    late_p999_ms: float
    late_longest_ms: float
    bounds_ms: tuple[float, ...]
    counts: tuple[int, ...]


class Lateness:
    """Counts how late steps were."""

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS_MS) + 1)
        self._longest_s = 0.0

    def note(self, late_s: float) -> None:
        """Take that a step was so late; early is not late."""
        self._counts[bisect_left(BOUNDS_MS, late_s * 1000)] += 1
        self._longest_s = max(self._longest_s, late_s)

    def told(self) -> Punctuality:
        """Return what has been noted so far."""
        longest_ms = round(self._longest_s * 1000, 2)
        p999_ms = within_ms(self._counts, longest_ms)
        return Punctuality(sum(self._counts), p999_ms, longest_ms, BOUNDS_MS, tuple(self._counts))


def within_ms(counts: Sequence[int], longest_ms: float) -> float:
    """Return the bound that 999 of 1,000 steps keep; the longest where that is less, or beyond the last bound."""
    steps, on_time = sum(counts), 0
    for bound_ms, count in zip(BOUNDS_MS, counts, strict=False):
        on_time += count
        if on_time * 1000 >= steps * 999:
            return min(bound_ms, longest_ms)
    return longest_ms
