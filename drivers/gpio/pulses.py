"""Pulses of a meter or a rain gauge: how many, and how quickly they follow each other. Pure; times are monotonic seconds."""

from __future__ import annotations

from math import inf

import msgspec

_NONE = (0, -inf, -inf)


class Rate(msgspec.Struct, frozen=True, gc=False):
    """Pulses a second by the last two of them, or less: as few as would still explain that none has come since."""

    per_s: float
    measured: bool  # two pulses have come; else it is only the most that it can be


class Tally:
    """Counts the pulses of one pin. `pulse` is for the thread that sees the edges, the rest for any other."""

    def __init__(self, gap_s: float, begin_s: float) -> None:
        """`gap_s`: a pulse that follows sooner is a bounce. `begin_s`: since when it is counted."""
        self._gap_s = gap_s
        self._begin_s = begin_s
        self._state = _NONE  # count, time of the last, time of the one before; replaced as a whole

    def pulse(self, now_s: float) -> None:
        """Take a pulse."""
        count, last_s, _ = self._state
        if now_s - last_s >= self._gap_s:
            self._state = (count + 1, now_s, last_s)

    @property
    def count(self) -> int:
        """Return how many have come."""
        return self._state[0]

    def rate(self, now_s: float) -> Rate:
        """Return how quickly they come."""
        _, last_s, before_s = self._state
        since_s = now_s - max(last_s, self._begin_s)
        most_per_s = 1 / since_s if since_s > 0 else inf
        if before_s == -inf:
            return Rate(most_per_s, measured=False)
        between_s = last_s - before_s
        return Rate(min(1 / between_s if between_s > 0 else inf, most_per_s), measured=True)


class Sampled:
    """Pulses of a pin whose level is looked at a thousand times a second: a level counts when it has stood for so long."""

    def __init__(self, debounce_s: float, active: bool) -> None:
        """`active`: the level now; a pulse that has begun before is none."""
        self._debounce_s = debounce_s
        self._active = active
        self._raw = active
        self._raw_since_s = -inf

    def level(self, active: bool, now_s: float) -> bool:
        """Take a level; return whether a pulse has begun."""
        if active is not self._raw:
            self._raw, self._raw_since_s = active, now_s
        if self._raw is self._active or now_s - self._raw_since_s < self._debounce_s:
            return False
        self._active = self._raw
        return self._active
