"""Levels that rise at once and fall late, so that whoever asks may change their mind without anybody seeing it. Pure."""

from __future__ import annotations


class Settled:
    """A level that follows upwards at once, and downwards when something lower was asked for `hold_s` without a break."""

    def __init__(self, level: float, hold_s: float) -> None:
        self.level = level
        self._hold_s = hold_s
        self._below_s: float | None = None  # since when something lower is asked
        self._least = level  # the highest of what was asked since then

    def take(self, asked: float, now_s: float) -> float:
        """Take what is asked now; return the level."""
        if asked >= self.level:
            self.level, self._below_s = asked, None
        elif self._below_s is None:
            self._below_s, self._least = now_s, asked
        else:
            self._least = max(self._least, asked)
            if now_s - self._below_s >= self._hold_s:
                self.level, self._below_s = self._least, None
        return self.level
