"""Lamps that are broken behind a dimmer that answers as ever: dead, stuck at full power, or going on and off. Pure."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from firmware_sim.score import power_w

How = Literal["dead", "cycling", "stuck"]
HOWS: tuple[How, ...] = get_args(How)
ON_S, OFF_S = (8.0, 14.0), (6.0, 12.0)  # a cycling lamp: between so many and so many seconds each


@dataclass(slots=True)
class _Broken:
    how: How
    lit: bool = True
    until_s: float = 0.0


class Lamps:
    """What comes out of each lamp, and what it draws."""

    def __init__(self, count: int, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 (which lamp breaks, and how long it is on)
        self._broken: dict[int, _Broken] = {}
        self._count = count

    def breaks(self, lamp: int | None, how: How, now_s: float) -> int | None:
        """Break a lamp (a healthy one by chance if none is named); which, or none if there is no such healthy one."""
        healthy = [place for place in range(self._count) if place not in self._broken]
        if lamp is None and healthy:
            lamp = self._random.choice(healthy)
        if lamp is None or lamp not in healthy:
            return None
        self._broken[lamp] = _Broken(how, until_s=now_s)
        return lamp

    def mended(self) -> None:
        """All lamps are whole again."""
        self._broken.clear()

    def how(self, lamp: int) -> How | None:
        """How a lamp is broken; none for a healthy one."""
        return self._broken[lamp].how if lamp in self._broken else None

    def light(self, levels: Sequence[float], now_s: float) -> list[float]:
        """The light of all lamps, for what their drivers are told (0..1)."""
        return [
            self._light(self._broken[lamp], level, now_s) if lamp in self._broken else level
            for lamp, level in enumerate(levels)
        ]

    def power_w(self, lamp: int, light: float) -> float:
        """What a lamp draws at its light: a dead one nothing at all."""
        return 0.0 if lamp in self._broken and light == 0 else power_w(light)

    def _light(self, broken: _Broken, level: float, now_s: float) -> float:
        if broken.how == "stuck":
            return 1.0
        if broken.how == "cycling" and now_s >= broken.until_s:
            broken.lit = not broken.lit
            broken.until_s = now_s + self._random.uniform(*(ON_S if broken.lit else OFF_S))
        return level if broken.how == "cycling" and broken.lit else 0.0
