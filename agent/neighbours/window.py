"""Which sequence numbers have come: each counts once, and one that is far behind the newest counts no more. Pure."""

from __future__ import annotations

SIZE = 64


class Window:
    """The last 64 sequence numbers, as a bit each (RFC 4303, section 3.4.3)."""

    def __init__(self) -> None:
        self.newest = -1
        self._seen = 0

    def take(self, sequence: int) -> bool:
        """Take a number. False if it has come before, or is so old that nobody knows."""
        ahead = sequence - self.newest
        if ahead > 0:
            self._seen = (self._seen << ahead if ahead < SIZE else 0) | 1
            self._seen &= (1 << SIZE) - 1
            self.newest = sequence
            return True
        bit = 1 << -ahead
        if -ahead >= SIZE or self._seen & bit:
            return False
        self._seen |= bit
        return True
