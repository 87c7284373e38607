"""Luminaires behind one meter, in virtual time: what they draw, and what a shared meter says of them."""

from __future__ import annotations

import random
from collections.abc import Sequence

from agent.services.lamp_power import PowerCurve
from agent.services.shared_meter import SharedMeter

METER_EVERY_S = 2.0


class MeteredLamps:
    """Lamps whose drivers draw what theirs do, which is not quite what anybody thinks. `broken` by lamp."""

    def __init__(self, count: int, *, nominal_w: float = 60.0, real_w: float | None = None, seed: int = 1) -> None:
        self.random = random.Random(seed)
        self.now_s = 1000.0
        self.levels = [10.0] * count
        self.unread: set[int] = set()
        self.broken: dict[int, str] = {}
        self.other_w = 23.0
        self.meter_is_read = True
        self.noise_w = 0.2
        real_w = nominal_w if real_w is None else real_w
        self._real_w = [real_w * self.random.uniform(0.97, 1.03) for _ in range(count)]
        self._reading = (self.now_s, self.power_w())
        self.meter = SharedMeter([nominal_w] * count, ["ok"] * count, PowerCurve(), 600.0)

    def draws_w(self, lamp: int) -> float:
        """An LED driver of its own: 8 % at once, and a curve that is bent."""
        level = self.levels[lamp] / 100
        how = self.broken.get(lamp)
        if how == "dead":
            return 0.0
        if how == "stuck":
            level = 1.0
        return 0.5 if level == 0 else self._real_w[lamp] * (0.08 + 0.80 * level + 0.12 * level * level)

    def power_w(self) -> float:
        return self.other_w + sum(self.draws_w(lamp) for lamp in range(len(self.levels)))

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds)):
            self.now_s += 1.0
            if self.now_s % METER_EVERY_S == 0:
                self._reading = (self.now_s - 0.3, self.power_w() + self.random.gauss(0, self.noise_w))
            levels = [None if lamp in self.unread else level for lamp, level in enumerate(self.levels)]
            self.meter.step(self.now_s, self._reading if self.meter_is_read else None, levels, self.levels)

    def pass_by(self, lamps: Sequence[int] | None = None, *, at: float = 100.0, rest: float = 10.0) -> None:
        """Somebody walks by: the lamps rise one after the other, each with its neighbour at 60 %, and fall again."""
        for lamp in range(len(self.levels)) if lamps is None else lamps:
            self.levels = [rest] * len(self.levels)
            self.levels[lamp] = at
            if lamp + 1 < len(self.levels):
                self.levels[lamp + 1] = 0.6 * at
            self.run(10)
        self.levels = [rest] * len(self.levels)
        self.run(10)

    def day(self) -> None:
        """Dawn and dusk: all lamps go off, and on again."""
        for level_pct in (0.0, 10.0, 100.0, 10.0):
            self.levels = [level_pct] * len(self.levels)
            self.run(12)

    def alone(self, lamp: int, level_pct: float) -> None:
        self.levels[lamp] = level_pct
        self.run(12)
