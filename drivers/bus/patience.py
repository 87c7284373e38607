"""How long one unit is waited for, learned from its answers. Pure."""

from __future__ import annotations

from bisect import bisect_left

from drivers.bus.records import Histogram

BOUNDS_MS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0)

_LEAST_S = 0.03  # a kernel and a USB adapter may hand on what came so much later
_ROOM = 2.0  # an answer may take so many times as long as the longest one of late
_FORGET = 0.995  # of the longest latency, an answer: after some hundred quick ones it counts half
_ENOUGH = 8  # answers before anything is concluded


class Patience:
    """The time-out of one unit: what its answers of late took, with room, and never more than `longest_s`.

    An answer that does not come in time doubles it, until one comes. Times are in seconds.
    """

    def __init__(self, longest_s: float) -> None:
        self._limit_s = longest_s
        self._longest_s = 0.0
        self._answers = 0
        self._ever_s = 0.0
        self._counts = [0] * (len(BOUNDS_MS) + 1)
        self.timeout_s = longest_s

    def took(self, latency_s: float) -> None:
        """Note how long an answer took to begin."""
        self._answers += 1
        self._counts[bisect_left(BOUNDS_MS, latency_s * 1000)] += 1
        self._longest_s = max(latency_s, self._longest_s * _FORGET)
        self._ever_s = max(self._ever_s, latency_s)
        if self._answers >= _ENOUGH:
            self.timeout_s = min(self._limit_s, max(_LEAST_S, _ROOM * self._longest_s))

    def ran_out(self) -> None:
        """Note that no answer came in time: perhaps the unit has become slower."""
        self.timeout_s = min(self._limit_s, 2 * self.timeout_s)

    def forget(self) -> None:
        """Begin anew: the unit may be another one."""
        self._answers = 0
        self._longest_s = 0.0
        self.timeout_s = self._limit_s

    def histogram(self) -> Histogram:
        """Return how long answers took, since the start."""
        return Histogram(
            bounds_ms=BOUNDS_MS,
            counts=tuple(self._counts),
            median_ms=_median_ms(self._counts),
            longest_ms=round(1000 * self._ever_s, 2),
        )


def _median_ms(counts: list[int]) -> float | None:
    """Return the bound that half of the answers keep; none without answers, or if it is beyond the last bound."""
    half, seen = (sum(counts) + 1) // 2, 0
    for bound_ms, count in zip(BOUNDS_MS, counts, strict=False):
        seen += count
        if half and seen >= half:
            return bound_ms
    return None
