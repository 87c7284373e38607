"""Lighting classes of EN 13201: how much light each means, which level that is here, which one a street needs. Pure.

Light values: EN 13201-2:2015, as performanceinlighting.com prints its tables (read 2026-11-25). Weights and bands of selection:
CIE 115 and CEN/TR 13201-1:2014 as recalled, not read; only the weight of the volume changes by night.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Literal

RoadKind = Literal["two-lane", "motorway"]

# Average luminance in cd/m2 (M: motor traffic) or average horizontal illuminance in lx (C: conflict areas, P: on foot).
LIGHT: dict[str, float] = {
    "M1": 2.0, "M2": 1.5, "M3": 1.0, "M4": 0.75, "M5": 0.5, "M6": 0.3,
    "C0": 50.0, "C1": 30.0, "C2": 20.0, "C3": 15.0, "C4": 10.0, "C5": 7.5,
    "P1": 15.0, "P2": 10.0, "P3": 7.5, "P4": 5.0, "P5": 3.0, "P6": 2.0,
}  # fmt: skip
_NUMBERS = {"M": (1, 6), "C": (0, 5), "P": (1, 6)}
_BANDS = {"two-lane": (0.15, 0.45), "motorway": (0.35, 0.65)}  # of the street's capacity: moderate from, high above


class Volume(IntEnum):
    """How much traffic there is, by its weight in the choice of a class."""

    LOW = -1
    MODERATE = 0
    HIGH = 1


def series(name: str) -> str:
    """Return the letter of a class: classes of different letters measure different things."""
    return name[0]


def level_pct(wanted: str, design: str, design_pct: float) -> float:
    """Return the level in per cent that gives one class where `design_pct` gives another of the same letter; at most 100.

    Uniform dimming keeps uniformity and glare, so light alone counts. ValueError for classes of different letters.
    """
    if series(wanted) != series(design):
        raise ValueError(f"{wanted} and {design}: expected classes of one letter")
    return min(100.0, design_pct * LIGHT[wanted] / LIGHT[design])


def select(letter: str, weights: int) -> str:
    """Return the class for a sum of weights: number 6 less the sum, as far as there are classes."""
    lowest, highest = _NUMBERS[letter]
    return f"{letter}{min(max(6 - weights, lowest), highest)}"


def base_weight(design: str) -> int:
    """Return the weights of a street but for its volume, if its class was designed for high volume."""
    return 6 - int(design[1:]) - Volume.HIGH


def by_volume(design: str, volume: Volume) -> str:
    """Return the class that a street needs now, if its class was designed for high volume."""
    return select(series(design), base_weight(design) + volume)


def volume(per_h: float, capacity_per_h: float, road: RoadKind) -> Volume:
    """Return the band of a flow, by its share of what the street can take; both an hour."""
    moderate, high = _BANDS[road]
    share = per_h / capacity_per_h
    return Volume.HIGH if share > high else Volume.MODERATE if share >= moderate else Volume.LOW
