"""Who comes along the street and when, without chance: the same night comes again. Pure.

With hourly volumes and their running count C(t), user k (from 1) enters at
C^-1(k - 0.5 + 0.98 (frac(k phi + s) - 0.5)),
phi = (sqrt 5 - 1) / 2, so that the volumes are met and the gaps are uneven. Odd k go up the street, even k down.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["person", "vehicle"]

WALK_M_PER_S = 1.4
DRIVE_M_PER_S = 50 / 3.6
APPROACH_M = 50.0  # people and vehicles come and go beyond the ends of the street
OUTLOOK_M = 110.0  # vehicles before its beginning: a radar there that looks out sees them come and go

# Vehicles an hour from 18:00, as shares of the peak hour: an evening and a night of a side road.
VEHICLE_SHAPE = (1.00, 0.70, 0.50, 0.38, 0.28, 0.18, 0.10, 0.06, 0.04, 0.04, 0.08, 0.25)
VEHICLE_SHIFT, PERSON_SHIFT = 0.0, 0.37

_PHI = (math.sqrt(5) - 1) / 2


@dataclass(frozen=True, slots=True)
class User:
    """Somebody on the street: enters at `start_s` at `from_m` and goes on at a constant speed; + is up the street."""

    number: int
    kind: Kind
    start_s: float
    from_m: float
    speed_m_per_s: float

    def at_m(self, now_s: float) -> float:
        """Where they are."""
        return self.from_m + self.speed_m_per_s * (now_s - self.start_s)

    def gone(self, now_s: float, length_m: float) -> bool:
        """Whether they have left the street and its approaches."""
        at_m = self.at_m(now_s)
        return at_m > length_m + APPROACH_M if self.speed_m_per_s > 0 else at_m < -_before_m(self.kind)


def entries(per_hour: Iterable[float], shift: float) -> Iterator[tuple[float, bool]]:
    """When users enter, in seconds from the beginning of the first hour, and whether they go up. Hours may go on for ever.

    Within an hour its users are spread evenly, so C is a straight line there. Users are counted whole: k <= C(end).
    """
    reached_s = _reached_s(per_hour, _counts(shift))
    for k, (entered_s, _whole_s) in enumerate(zip(reached_s, reached_s, strict=False), 1):
        yield entered_s, k % 2 == 1


def entering(number: int, kind: Kind, at_s: float, length_m: float, *, up: bool) -> User:
    """Somebody who enters at an end of the street, as `coming` at the usual speed."""
    speed = DRIVE_M_PER_S if kind == "vehicle" else WALK_M_PER_S
    return coming(number, kind, at_s, length_m, speed if up else -speed)


def coming(number: int, kind: Kind, at_s: float, length_m: float, speed_m_per_s: float) -> User:
    """Somebody who is `APPROACH_M` before an end of the street at `at_s`; a vehicle that goes up begins farther out."""
    if speed_m_per_s < 0:
        return User(number, kind, at_s, length_m + APPROACH_M, speed_m_per_s)
    before_m = _before_m(kind)
    return User(number, kind, at_s - (before_m - APPROACH_M) / speed_m_per_s, -before_m, speed_m_per_s)


def _before_m(kind: Kind) -> float:
    return OUTLOOK_M if kind == "vehicle" else APPROACH_M


def _counts(shift: float) -> Iterator[float]:
    """For each user the count at which they enter, and the one at which they are whole."""
    for k in itertools.count(1):
        yield k - 0.5 + 0.98 * ((k * _PHI + shift) % 1.0 - 0.5)
        yield k


def _reached_s(per_hour: Iterable[float], counts: Iterator[float]) -> Iterator[float]:
    """When C reaches each of these rising counts."""
    before, count = 0.0, next(counts)
    for hour, volume in enumerate(per_hour):
        while count <= before + volume:
            yield 3600 * (hour + (count - before) / volume)
            count = next(counts)
        before += volume
