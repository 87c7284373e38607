"""How much may be written to the card: a bucket that fills with each commit and empties at the day's mean. Pure.

In any 24 h no more than the day's bytes are written: the bucket holds an eighth of them and seven eighths leak out of it.
"""

from __future__ import annotations

DAY_S = 86_400.0
_SHARE = 8
_TELEMETRY = 0.75  # of the bucket; the rest is for what is urgent


class Budget:
    """`spent_bytes` is in the bucket. Time is monotonic; that between two runs of the agent counts for nothing."""

    def __init__(self, day_bytes: int) -> None:
        self._full = day_bytes / _SHARE
        self._leak = day_bytes * (1 - 1 / _SHARE) / DAY_S
        self._at_s: float | None = None
        self.spent_bytes = 0.0

    def begin(self, spent_bytes: float) -> None:
        """Take what an earlier run has left in the bucket."""
        self.spent_bytes = max(self.spent_bytes, spent_bytes)

    def spend(self, count: int) -> None:
        """Take that so many bytes have been written."""
        self.spent_bytes += count

    def pass_time(self, now_s: float) -> None:
        """Let leak out what time has let."""
        if self._at_s is not None:
            self.spent_bytes = max(0.0, self.spent_bytes - self._leak * (now_s - self._at_s))
        self._at_s = now_s

    def allows(self, urgent: bool) -> bool:
        """Return whether something may be written now. What is urgent has the last quarter for itself."""
        return self.spent_bytes < self._full * (1.0 if urgent else _TELEMETRY)

    @property
    def used_pct(self) -> float:
        """Return how much of what telemetry may write just now is used up, 100 and more = it waits."""
        return 100 * self.spent_bytes / (self._full * _TELEMETRY)
