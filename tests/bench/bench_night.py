"""A whole night of a city's lamps through the kernel, with road users who move."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from math import inf
from time import perf_counter
from types import ModuleType
from typing import Any

from figures import Figure, figure
from firmware_sim.traffic import DRIVE_M_PER_S, PERSON_SHIFT, VEHICLE_SHAPE, WALK_M_PER_S, entries
from tests.kernels import kernel

NAME = "night"
TITLE = "Lighting kernel: 12 h of 20,008 luminaires in steps of 0.2 s, on one core"

STREETS, LAMPS, GAP_M = 488, 41, 30.0  # streets as of the reproducible nights: 41 lamps, 30 m apart
APART_M = 5000.0  # between two streets where all of them are one way of the kernel's
BEFORE_M = 300.0  # users come and go so far beyond the ends
PEAK_PER_H = 20.0  # S2, a residential street: 72 vehicles and 72 pedestrians that night
NIGHT_S, TICK_S = 12 * 3600, 0.2
SLOTS = 64  # of a street; user k has slot k modulo that, hours after user k - 64 has gone
VEHICLE, PEDESTRIAN = 0, 1
RINGS = {
    VEHICLE: ((15.0, 100.0, 100.0),),
    PEDESTRIAN: ((15.0, 15.0, 100.0), (45.0, 45.0, 60.0), (75.0, 75.0, 20.0)),
}


@dataclass(slots=True)
class _Walk:
    """One user of one street, told of anew each time that they come into another cell."""

    put: Callable[..., None]
    slot: int
    kind: int
    begin_m: float
    velocity: float
    start_s: float
    told: int = 0

    def tell(self, now_s: float) -> float:
        """Put them where they are; return when to tell of them next, inf if they are gone by then."""
        place_m = self.begin_m + self.velocity * (now_s - self.start_s)
        cell_s = GAP_M / abs(self.velocity)
        self.put(self.slot, self.kind, place_m, self.velocity, 0.0, now_s, now_s + cell_s + 1.0)
        self.told += 1
        gone = self.told * GAP_M > (LAMPS - 1) * GAP_M + 2 * BEFORE_M
        return inf if gone else self.start_s + self.told * cell_s


def run() -> list[Figure]:
    """One run each, in this process, one thread; the Python that puts the users is in it."""
    lighting = kernel("compiled", "lighting")
    return [
        *_night(lighting, "in one call a step", 1),
        *_night(lighting, f"as {STREETS} streets, a call each", STREETS),
    ]


def _night(lighting: ModuleType, name: str, kernels: int) -> list[Figure]:
    """Play the night with all lamps in so many kernels."""
    streets = [_street(lighting, STREETS // kernels) for _ in range(kernels)]
    coming = _users(streets, STREETS // kernels)
    steps = [street.step for street in streets]
    sent = told = 0
    begin_s = perf_counter()
    for tick in range(round(NIGHT_S / TICK_S)):
        now_s = tick * TICK_S
        for walk in coming.pop(tick, ()):
            told += 1
            next_s = walk.tell(now_s)
            if next_s < NIGHT_S:
                coming[int(next_s / TICK_S) + 1].append(walk)
        for step in steps:
            sent += step(now_s)
    spent_s = perf_counter() - begin_s
    luminaire_steps = STREETS * LAMPS * NIGHT_S / TICK_S
    note = f"{told / 1e6:.2f} million users put, {sent / 1e6:.0f} million levels to send"
    return [
        figure(name, spent_s, "s", 60.0, note),
        figure("  of it a luminaire-step", spent_s / luminaire_steps * 1e9, "ns"),
    ]


def _street(lighting: ModuleType, streets: int) -> Any:
    """So many streets in one kernel: dark while nobody is there, faded up in 1 s and down in 4 s."""
    street = lighting.Street(streets * LAMPS, (), streets * SLOTS)
    for i in range(streets * LAMPS):
        street.set_lease(i, lighting.SCHEDULE, 0.0, inf)
        street.set_fade(i, 1.0, 4.0)
        street.set_level(i, 0.0)
        street.set_way_place(i, APART_M * (i // LAMPS) + GAP_M * (i % LAMPS))
    for kind, rings in RINGS.items():
        street.set_shape(kind, rings, 0.5)
    return street


def _users(streets: list[Any], streets_a_kernel: int) -> defaultdict[int, list[_Walk]]:
    """Return who comes at which step: on every street the same volumes, at other times within them."""
    coming: defaultdict[int, list[_Walk]] = defaultdict(list)
    for number in range(STREETS):
        put = streets[number // streets_a_kernel].put_user
        place = number % streets_a_kernel
        slots = (place * SLOTS + k % SLOTS for k in count())
        for kind, speed, shift in ((VEHICLE, DRIVE_M_PER_S, 0.0), (PEDESTRIAN, WALK_M_PER_S, PERSON_SHIFT)):
            for start_s, up in entries([share * PEAK_PER_H for share in VEHICLE_SHAPE], shift + number / STREETS):
                ahead_m = (LAMPS - 1) * GAP_M + BEFORE_M
                begin_m = APART_M * place + (-BEFORE_M if up else ahead_m)
                walk = _Walk(put, next(slots), kind, begin_m, speed if up else -speed, start_s)
                coming[int(start_s / TICK_S) + 1].append(walk)
    return coming
