"""Users of the simulated street by chance: at any time, of any speed, out of any door."""

from __future__ import annotations

import random
from collections.abc import Iterator

from firmware_sim.traffic import DRIVE_M_PER_S, Kind, User, entering
from firmware_sim.world import DOORWAYS_M, LENGTH_M

HOUR_S = 3600.0
# Slower ones are lit too (tests/sim), unless somebody hides them just where no sensor sees them.
SLOWEST_WALK_M_PER_S, QUICKEST_WALK_M_PER_S = 0.8, 3.0


def by_chance(chance: random.Random, per_hour: float) -> Iterator[User]:
    """People and vehicles at any time and of any speed; some step out of a doorway."""
    at_s = 0.0
    for number in range(1, 100_000):
        at_s += chance.expovariate(per_hour / HOUR_S)
        up = chance.random() < 0.5
        kind: Kind = "vehicle" if chance.random() < 0.6 else "person"
        if kind == "vehicle":
            speed = chance.uniform(0.5, 1.2) * DRIVE_M_PER_S
        else:
            speed = chance.uniform(SLOWEST_WALK_M_PER_S, QUICKEST_WALK_M_PER_S)
        from_m = entering(number, kind, at_s, LENGTH_M, up=up).from_m
        if kind == "person" and chance.random() < 0.3:
            from_m = chance.choice(DOORWAYS_M)  # each in view of a sensor: who steps out elsewhere is not seen by any
        yield User(number, kind, at_s, from_m, speed if up else -speed)
