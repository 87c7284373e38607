"""What the same users would have cost under plainer schemes: ghosts that run beside the real lamps. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from firmware_sim.score import Need, Presence, Score

UP_PER_S, DOWN_PER_S = 1.0, 0.25  # full scale up in 1 s, down in 4 s
SENSOR_REACH_M = 10.0
MOTION_HOLD_S = 60.0
MOTION_BASE = 0.2

Targets = Callable[[Sequence[Presence], float, float], list[float]]
"""Wanted levels 0..1 at night, from who is there, the time in seconds and the local hour 0..24."""


class Ghost:
    """A scheme without lamps: its levels slew as a driver would, and are accounted for on the same users."""

    def __init__(self, name: str, targets: Targets) -> None:
        self.score = Score(name)
        self.levels: list[float] = []
        self._targets = targets

    def step(  # noqa: PLR0913 (what there is to know of a moment)
        self, users: Sequence[Presence], needs: Sequence[Need], now_s: float, hour: float, dt_s: float, *, night: bool
    ) -> None:
        """Go on by `dt_s`; `hour` is the local time of day, 0..24. By day all lamps are off."""
        targets = self._targets(users, now_s, hour)
        if not night:
            targets = [0.0] * len(targets)
        levels = self.levels or targets
        self.levels = [slewed(level, target, dt_s) for level, target in zip(levels, targets, strict=True)]
        self.score.step(needs, self.levels, dt_s)


def slewed(level: float, target: float, dt_s: float) -> float:
    """A level `dt_s` later on its way to a target."""
    if target > level:
        return min(target, level + UP_PER_S * dt_s)
    return max(target, level - DOWN_PER_S * dt_s)


def ghosts(lamps_m: Sequence[float]) -> list[Ghost]:
    """Step-dimming (60 % from 22 to 6), motion sensors over 20 %, full light."""
    count = len(lamps_m)

    def step_dimming(_users: Sequence[Presence], _now_s: float, hour: float) -> list[float]:
        return [0.6 if hour >= 22 or hour < 6 else 1.0] * count

    def full(_users: Sequence[Presence], _now_s: float, _hour: float) -> list[float]:
        return [1.0] * count

    lit_until_s = [float("-inf")] * count

    def motion(users: Sequence[Presence], now_s: float, _hour: float) -> list[float]:
        """A lamp's own sensor lights it and both neighbours fully for 60 s."""
        for lamp, lamp_m in enumerate(lamps_m):
            if any(abs(user.at_m - lamp_m) <= SENSOR_REACH_M for user in users):
                for lit in range(max(0, lamp - 1), min(count, lamp + 2)):
                    lit_until_s[lit] = now_s + MOTION_HOLD_S
        return [1.0 if until_s > now_s else MOTION_BASE for until_s in lit_until_s]

    return [Ghost("step-dimming", step_dimming), Ghost("motion 20 %", motion), Ghost("full", full)]
