"""From a counter's readings to what was counted, hour by hour, and how much of the time is known. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import msgspec

from agent.fleet.plan import HOUR_MS

CLOSE_MS = 2 * HOUR_MS  # readings further apart tell the sum between them, and not when it was


class Reading(msgspec.Struct, frozen=True, gc=False):
    """What a counter showed."""

    at_ms: int
    value: float


class Usage(msgspec.Struct):
    """What a counter counted within a time. `spread`: the part of it that is known as a sum over a longer time only.

    `by_hour` is by hours since 1970; `covered_ms` and `spread_ms` are lengths of time, `resets` times at which it began anew.
    """

    total: float = 0.0
    spread: float = 0.0
    covered_ms: int = 0
    spread_ms: int = 0
    resets: int = 0
    by_hour: dict[int, float] = {}


def usage(readings: Sequence[Reading], start_ms: int, end_ms: int) -> Usage:
    """Return what was counted from start to end; readings are in order, best with one before and one after.

    What lies between two readings is shared by time; a counter that has fallen began anew, and what it counted until then is
    not known.
    """
    found = Usage()
    for before, after in pairwise(readings):
        low, high = max(before.at_ms, start_ms), min(after.at_ms, end_ms)
        if high <= low:
            continue
        if after.value < before.value:
            found.resets += 1
            continue
        length_ms = after.at_ms - before.at_ms
        amount = (after.value - before.value) * (high - low) / length_ms
        found.total += amount
        found.covered_ms += high - low
        if length_ms > CLOSE_MS:
            found.spread += amount
            found.spread_ms += high - low
        for hour, ms in _hours(low, high):
            found.by_hour[hour] = found.by_hour.get(hour, 0.0) + amount * ms / (high - low)
    return found


def _hours(low: int, high: int) -> Iterable[tuple[int, int]]:
    """Yield the hours of a time, each with how much of it lies in them."""
    for hour in range(low // HOUR_MS, (high - 1) // HOUR_MS + 1):
        yield hour, min(high, (hour + 1) * HOUR_MS) - max(low, hour * HOUR_MS)
