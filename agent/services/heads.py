"""What a distance head looks at: a parking bay or a waste container, from readings to what they mean. Pure.

A head that looks down on a bay sees the ground, or a vehicle nearer than that. In the lid of a container it sees what
lies there.
"""

from __future__ import annotations

import math

import msgspec

from drivers.points import Point, PointType, Reading

DISTANCE = "distance/sensor_value"  # m
FREE_BEYOND_M = 0.1  # so much further than what is taken a bay must be to be free again: a reading is not still


class Bay(msgspec.Struct, frozen=True):
    """A bay, in which a vehicle stands if something is nearer than `taken_below_m` (m)."""

    taken_below_m: float

    def point(self, device: str) -> Point:
        """Return what is known of it."""
        key = f"{device}/parking/occupancy"
        return Point(key=key, type=PointType.BOOL, max_age_s=math.inf, title="a vehicle stands in the bay")

    def told(self, distance_m: float, before: object) -> bool:
        """Return whether it is taken; `before`: what was told last."""
        return distance_m < self.taken_below_m + (FREE_BEYOND_M if before is True else 0.0)


class Container(msgspec.Struct, frozen=True):
    """A container: how far away its bottom is while it is empty, and its contents when it is full, in m; the first is more."""

    empty_m: float
    full_m: float

    def point(self, device: str) -> Point:
        """Return what is known of it."""
        return Point(
            key=f"{device}/waste/filling_pct", type=PointType.FLOAT, unit="%", low=0, high=100, deadband=1.0,
            max_age_s=math.inf, title="how full the container is",
        )  # fmt: skip

    def told(self, distance_m: float, _before: object) -> float:
        """Return how full it is, in per cent."""
        share = (self.empty_m - distance_m) / (self.empty_m - self.full_m)
        return round(100.0 * min(max(share, 0.0), 1.0), 2)


def meant(looks_at: Bay | Container, reading: Reading, before: object) -> Reading:
    """Return what a reading of the head means; as good as it is."""
    value = reading.value
    if value is None or isinstance(value, bool | str):
        return Reading(None, reading.quality, reading.reason, reading.mono_s)
    return Reading(looks_at.told(float(value), before), reading.quality, reading.reason, reading.mono_s)
