"""How often somebody was seen, told so that few do not stand out: a count of fewer than a bound is not told as such. Pure.

What was fewer is not lost: it is told together with the next span that has as many by itself, or with a whole day that has.
"""

from __future__ import annotations

DAY_S = 86_400.0


class Tally:
    """The count of one sensor. `told`: what may be known of it; it only ever grows by `at_least` or more."""

    def __init__(self, at_least: int, now_s: float) -> None:
        self._at_least = at_least
        self._seen = self._begun = 0  # so far, and when this span began
        self._told_s = now_s
        self.told = 0

    def count(self) -> None:
        """Take that somebody was seen."""
        self._seen += 1

    def close(self, now_s: float) -> int:
        """End a span of time, which begins anew; return what may be told now."""
        here, untold = self._seen - self._begun, self._seen - self.told
        self._begun = self._seen
        if here >= self._at_least or (untold >= self._at_least and now_s - self._told_s >= DAY_S):
            self.told = self._seen
            self._told_s = now_s
        return self.told
