"""Pulses of a meter or a rain gauge: how many, and how quickly they follow each other. Pure; times are monotonic seconds."""

from __future__ import annotations

from math import inf

import msgspec

_SPAN_S = 1.0  # a rate is over as many pulses as come in one to two of these, and over two at least
_SOONEST_S = 1e-4  # nobody sees pulses that follow each other sooner


class Rate(msgspec.Struct, frozen=True, gc=False):
    """Pulses a second by the last of them, or less: as few as would still explain that none has come since."""

    per_s: float
    measured: bool  # two pulses have come; else it is only the most that it can be


class _Seen(msgspec.Struct, frozen=True, gc=False):
    """What has come: how many, when the last, and two marks (how many there were, when) that a rate is counted from."""

    count: int = 0
    last_s: float = -inf
    from_count: int = 0
    from_s: float = -inf
    next_count: int = 0
    next_s: float = -inf


class Tally:
    """Counts the pulses of one pin. `pulse` is for the thread that sees the edges, the rest for any other."""

    def __init__(self, gap_s: float, begin_s: float) -> None:
        """`gap_s`: a pulse that follows sooner is a bounce. `begin_s`: since when it is counted."""
        self._gap_s = gap_s
        self._begin_s = begin_s
        self._seen = _Seen()  # replaced as a whole, so that both threads see one that belongs together

    def pulse(self, now_s: float) -> None:
        """Take a pulse."""
        seen = self._seen
        if now_s - seen.last_s < self._gap_s:
            return
        count = seen.count + 1
        if now_s - seen.next_s >= _SPAN_S or now_s - seen.from_s >= 2 * _SPAN_S:
            self._seen = _Seen(count, now_s, seen.next_count, seen.next_s, count, now_s)
        else:
            self._seen = _Seen(count, now_s, seen.from_count, seen.from_s, seen.next_count, seen.next_s)

    @property
    def count(self) -> int:
        """Return how many have come."""
        return self._seen.count

    def rate(self, now_s: float) -> Rate:
        """Return how quickly they come."""
        seen = self._seen
        most_per_s = 1 / max(now_s - max(seen.last_s, self._begin_s), _SOONEST_S)
        if seen.from_s == -inf:
            return Rate(most_per_s, measured=False)
        come_per_s = (seen.count - seen.from_count) / max(seen.last_s - seen.from_s, _SOONEST_S)
        return Rate(min(come_per_s, most_per_s), measured=True)


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
