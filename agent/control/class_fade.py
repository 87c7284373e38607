"""Fades between classes that nobody sees: half a minute up, a minute down, in steps of half a second. Pure."""

from __future__ import annotations

import math

UP_S, DOWN_S = 30.0, 60.0  # for the whole change, however great
STEP_S = 0.5

Pair = tuple[float, float]


class ClassFade:
    """The class level and the base level, in per cent, on their way from one class to another."""

    def __init__(self, class_pct: float, base_pct: float) -> None:
        self.now: Pair = (class_pct, base_pct)
        self.next_s = math.inf  # when to call `step`
        self._from = self._to = self.now
        self._begun_s, self._long_s = 0.0, UP_S

    def aim(self, class_pct: float, base_pct: float, now_s: float) -> None:
        """Set out for other levels from where it is; the same ones change nothing."""
        to = (class_pct, base_pct)
        if to != self._to:
            self._from, self._to, self._begun_s = self.now, to, now_s
            self._long_s = UP_S if any(new > old for new, old in zip(to, self.now, strict=True)) else DOWN_S
            self.next_s = now_s

    def step(self, now_s: float) -> None:
        """Bring `now` to a time."""
        share = min(max((now_s - self._begun_s) / self._long_s, 0.0), 1.0)
        if share >= 1.0:
            self.now, self.next_s = self._to, math.inf
        else:
            self.now = (self._at(0, share), self._at(1, share))
            self.next_s = now_s + STEP_S

    def finish(self) -> None:
        """Be there at once."""
        self.now, self.next_s = self._to, math.inf

    def _at(self, which: int, share: float) -> float:
        return self._from[which] + (self._to[which] - self._from[which]) * share
