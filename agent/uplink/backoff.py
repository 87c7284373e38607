"""How long to wait before the next try: exponential with full jitter, so that a district does not return at once. Pure."""

from __future__ import annotations

from collections.abc import Callable

FIRST_S = 1.0  # unless said
CALM_S = 60.0  # a connection that lived so long was a good one: the next wait is short again


class Backoff:
    """Waits of one connection, up to `first_s` seconds at first and `longest_s` in the end. `random` returns 0 to 1."""

    def __init__(self, random: Callable[[], float], longest_s: float, first_s: float = FIRST_S) -> None:
        self._random = random
        self._longest_s = longest_s
        self._first_s = self._most_s = first_s

    def next_s(self, lived_s: float) -> float:
        """Return the next wait in seconds, after a connection that lived so long (0 if there was none)."""
        if lived_s >= CALM_S:
            self._most_s = self._first_s
        wait_s = self._random() * self._most_s
        self._most_s = min(2 * self._most_s, self._longest_s)
        return wait_s
