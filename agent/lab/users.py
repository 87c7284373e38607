"""Who comes and when: by hourly volumes without chance or with it, or as recorded. Pure."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence

from agent.lab.records import Passer
from agent.lab.ways import Way

PHI = (math.sqrt(5) - 1) / 2
# Shares of the peak hour from 18:00.
EVENING_SHAPE = (1.00, 0.70, 0.50, 0.38, 0.28, 0.18, 0.10, 0.06, 0.04, 0.04, 0.08, 0.25)


def even_starts(per_h: Sequence[float], shift: float) -> Iterator[tuple[float, bool]]:
    """Return when users start, and whether they go up, without chance: seconds from the begin of the first hour.

    With the cumulative count C(t), user k = 1..floor(C(end)) starts at C^-1(k - 0.5 + 0.98 (frac(k phi + shift) - 0.5));
    odd k go up, even k down. Within an hour C is a straight line.
    """
    counts = [0.0]
    for volume in per_h:
        counts.append(counts[-1] + volume)
    hour = 0
    for k in range(1, math.floor(counts[-1] + 1e-9) + 1):
        count = k - 0.5 + 0.98 * ((k * PHI + shift) % 1.0 - 0.5)
        while counts[hour + 1] < count:
            hour += 1
        yield 3600 * (hour + (count - counts[hour]) / per_h[hour]), k % 2 == 1


def chance_starts(per_h: Sequence[float], seed: str) -> Iterator[tuple[float, bool]]:
    """Return the same by chance: a Poisson process with these volumes, each direction as likely."""
    chance = random.Random(seed)  # noqa: S311 - people, not secrets
    for hour, volume in enumerate(per_h):
        at_h = chance.expovariate(volume) if volume > 0 else 1.0
        while at_h < 1.0:
            yield 3600 * (hour + at_h), chance.random() < 0.5
            at_h += chance.expovariate(volume)


def entering(  # noqa: PLR0913, PLR0917 - of whom, where, when, how
    kind: int, way: int, street: Way, start_s: float, before_m: float, m_per_s: float
) -> Passer:
    """Return somebody who starts `before_m` before the first lamp (+ speed) or beyond the last one, and goes as far out."""
    low_m, high_m = street.lamps[0][1] - before_m, street.lamps[-1][1] + before_m
    end_s = start_s + (high_m - low_m) / abs(m_per_s)
    return Passer(kind, way, start_s, end_s, low_m if m_per_s > 0 else high_m, m_per_s)


def passing(  # noqa: PLR0913, PLR0917 - of whom, where, when, how
    kind: int, way: int, street: Way, at_s: float, at_m: float, before_m: float, m_per_s: float
) -> Passer:
    """Return somebody who was seen at a place at a time: at that speed all along, from `before_m` before the lamps."""
    low_m, high_m = street.lamps[0][1] - before_m, street.lamps[-1][1] + before_m
    from_m, to_m = (low_m, high_m) if m_per_s > 0 else (high_m, low_m)
    return Passer(kind, way, at_s - (at_m - from_m) / m_per_s, at_s + (to_m - at_m) / m_per_s, from_m, m_per_s)
