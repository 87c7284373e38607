"""How much is let through: a stranger who sends nonsense fills neither the log nor the journal. Pure."""

from __future__ import annotations

MOST = 30.0
A_SECOND = 1.0


class Allowance:
    """So many at once, then so many a second."""

    def __init__(self, now_s: float, most: float = MOST, a_second: float = A_SECOND) -> None:
        self._most = self._left = most
        self._a_second = a_second
        self._as_of_s = now_s
        self.passed_over = 0

    def grant(self, now_s: float) -> bool:
        """Take one. False, and counted in `passed_over`, if none is left."""
        self._left = min(self._most, self._left + (now_s - self._as_of_s) * self._a_second)
        self._as_of_s = now_s
        if self._left < 1.0:
            self.passed_over += 1
            return False
        self._left -= 1.0
        return True
