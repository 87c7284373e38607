"""Made signals of sensors, by the physics and not by the detectors' formulas: noise is seeded, units are the sensor's own."""

from __future__ import annotations

import cmath
import math
import random
from array import array
from collections.abc import Callable, Sequence

LIGHT_M_PER_S = 299792458.0


def walk_past_a_pir(time_s: float, begin_s: float, end_s: float, swing: float) -> float:
    """A body crosses zones of a lens, one of them each 0.9 s: a swing that sets in and dies away."""
    if not begin_s <= time_s <= end_s:
        return 0.0
    part = (time_s - begin_s) / (end_s - begin_s)
    return swing * math.sin(math.pi * part) * math.sin(2 * math.pi * (time_s - begin_s) / 0.9)


def echo(distance_m: float, carrier_hz: float) -> complex:
    """Phase of what comes back from there: the way is twice the distance."""
    return cmath.exp(-2j * math.pi * 2.0 * distance_m * carrier_hz / LIGHT_M_PER_S)


def white(chance: random.Random, sigma: float) -> complex:
    """One sample of complex noise, `sigma` in each part."""
    return complex(chance.gauss(0.0, sigma), chance.gauss(0.0, sigma))


def radar_frame(
    chance: random.Random,
    distances_m: Sequence[float],
    sweep_times_s: Sequence[float],
    body_m: Callable[[float], float] | None,
    strength: float,
) -> array[float]:
    """Sweeps of a 60 GHz radar: noise of 50, a wall at the last distance, and a body with an echo 0.15 m wide."""
    samples = array("d")
    for time_s in sweep_times_s:
        at_m = body_m(time_s) if body_m is not None else 0.0
        for distance_m in distances_m:
            value = white(chance, 50.0)
            if distance_m == distances_m[-1]:
                value += 2000.0
            if body_m is not None:
                value += strength * math.exp(-(((distance_m - at_m) / 0.15) ** 2)) * echo(at_m, 60.5e9)
            samples.extend((value.real, value.imag))
    return samples
