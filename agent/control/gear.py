"""From light to what a lamp's driver is told: its curve, its least light, and light that stays constant as lamps age. Pure."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Literal

import msgspec

from cext import ramps

_STEP = 0.01  # the factor goes in steps of 1 %, the dead band, and is rounded up: rather too much light


class Gear(msgspec.Struct, frozen=True):
    """A lamp's driver. `lumen_maintenance`: (burning hours from 0 rising, share of the first light from 1 falling)."""

    curve: Literal["linear", "dali"] = "linear"
    minimum_pct: float = 0.0
    lumen_maintenance: tuple[tuple[float, float], ...] = ()

    @property
    def curve_number(self) -> int:
        """Return the curve as the kernel counts them."""
        return ramps.CURVES.index(self.curve)

    @property
    def plain(self) -> bool:
        """Return whether what it is told is the light in per cent."""
        return self == Gear()

    def told_pct(self, light_pct: float) -> float:
        """Return what it is told for a light, both in per cent, when the lamp's age is not known: no less than at any age."""
        return ramps.told_pct(light_pct, self.curve_number, self.minimum_pct, 1.0)  # type: ignore[no-any-return]

    def clo(self, hours: float) -> float:
        """Return the factor that keeps the light as it will be at the end of the curve, 0..1; the hours since it was new."""
        if not self.lumen_maintenance:
            return 1.0
        end = self.lumen_maintenance[-1][1]
        return min(math.ceil(end / self._share(hours) / _STEP - 1e-9) * _STEP, 1.0)

    def _share(self, hours: float) -> float:
        """Return what is left of the first light: straight between the points, level beyond the last."""
        for (from_h, before), (to_h, after) in pairwise(self.lumen_maintenance):
            if hours < to_h:
                return before + (after - before) * max(hours - from_h, 0.0) / (to_h - from_h)
        return self.lumen_maintenance[-1][1]
