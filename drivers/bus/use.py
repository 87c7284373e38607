"""How busy a line was lately. Pure."""

from __future__ import annotations

WINDOW_S = 10


class Use:
    """The busy time of each of the last seconds. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._busy = [(0, 0.0)] * (WINDOW_S + 1)  # (second, time in it in which the line was busy)

    def add(self, now_s: float, busy_s: float) -> None:
        """Note that the line was busy for so long, up to now."""
        second = int(now_s)
        at, before_s = self._busy[second % len(self._busy)]
        self._busy[second % len(self._busy)] = (second, busy_s + (before_s if at == second else 0.0))

    def pct(self, now_s: float) -> float:
        """Return the share of the last 10 whole seconds in which the line was busy."""
        second = int(now_s)
        busy_s = sum(busy_s for at, busy_s in self._busy if second - WINDOW_S <= at < second)
        return min(100.0, 100 * busy_s / WINDOW_S)
