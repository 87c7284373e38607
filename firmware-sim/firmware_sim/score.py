"""What light is needed, what is given, and what it costs. Pure.

Needed light r of a lamp for a user: a vehicle 1.0 from 15 m behind to 100 m ahead; a person 1.0 within 15 m, 0.6 within
45 m, 0.2 within 75 m. Utility u = mean over the lamps with r > 0 of min(1, L / r). Under-lit: user-seconds with u < 0.9.
Dark: user-seconds in which the lamp nearest to a user (within 15 m) gives less than half of what is needed of it, beyond
the first 2 s of that with the same lamp (the time that sensor, bus and fade are allowed).
Power of a lamp: 0.5 W at L = 0, else 60 W (0.05 + 0.95 L).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from firmware_sim.traffic import Kind

NOMINAL_W, STANDBY_W = 60.0, 0.5
NEAREST_M = 15.0
ALLOWED_S = 2.0
_ROUNDING_S = 1e-6


@dataclass(frozen=True, slots=True)
class Presence:
    """A user at one moment."""

    number: int
    kind: Kind
    at_m: float
    speed_m_per_s: float


@dataclass(frozen=True, slots=True)
class Need:
    """What a user needs at one moment: (lamp, r) for each lamp with r > 0, and the lamp nearest to them, if within 15 m."""

    number: int
    lamps: tuple[tuple[int, float], ...]
    nearest: int | None


def needed(user: Presence, lamp_m: float) -> float:
    """Light needed of a lamp, 0..1."""
    ahead_m = lamp_m - user.at_m
    if user.kind == "vehicle":
        return 1.0 if -15.0 <= (ahead_m if user.speed_m_per_s > 0 else -ahead_m) <= 100.0 else 0.0
    away_m = abs(ahead_m)
    return 1.0 if away_m <= 15.0 else 0.6 if away_m <= 45.0 else 0.2 if away_m <= 75.0 else 0.0


def need(user: Presence, lamps_m: Sequence[float]) -> Need:
    """All that a user needs of the lamps that there are."""
    lamps = tuple((lamp, light) for lamp, lamp_m in enumerate(lamps_m) if (light := needed(user, lamp_m)) > 0)
    nearest = min(range(len(lamps_m)), key=lambda lamp: abs(lamps_m[lamp] - user.at_m))
    return Need(user.number, lamps, nearest if abs(lamps_m[nearest] - user.at_m) <= NEAREST_M else None)


def utility(need: Need, levels: Sequence[float]) -> float:
    """How well a user is served by these levels, 0..1; 1 where no lamp could serve."""
    if not need.lamps:
        return 1.0
    return sum(min(1.0, levels[lamp] / light) for lamp, light in need.lamps) / len(need.lamps)


def power_w(level: float) -> float:
    """Power of one lamp at a level 0..1."""
    return STANDBY_W if level <= 0 else NOMINAL_W * (0.05 + 0.95 * level)


@dataclass(slots=True)
class Score:
    """One scheme's account on one street: power now, and sums since the start."""

    name: str
    power_w: float = 0.0
    energy_wh: float = 0.0
    underlit_s: float = 0.0
    dark_s: float = 0.0
    user_s: float = 0.0
    _dim_s: dict[tuple[int, int], float] = field(default_factory=dict)  # by user and lamp: how long too little by now

    def step(self, needs: Sequence[Need], levels: Sequence[float], dt_s: float) -> None:
        """Account for `dt_s` seconds in which this was needed (nothing by day) and these levels (0..1) were given."""
        self.power_w = sum(map(power_w, levels))
        self.energy_wh += self.power_w * dt_s / 3600
        dim_s: dict[tuple[int, int], float] = {}
        for user in needs:
            self.user_s += dt_s
            if utility(user, levels) < 0.9:
                self.underlit_s += dt_s
            # The nearest lamp is within 15 m, where everybody needs all of it.
            if user.nearest is not None and levels[user.nearest] < 0.5:
                pair = user.number, user.nearest
                so_far_s = self._dim_s.get(pair, 0.0)
                dim_s[pair] = so_far_s + dt_s
                if so_far_s >= ALLOWED_S - _ROUNDING_S:
                    self.dark_s += dt_s
        self._dim_s = dim_s

    def as_dict(self) -> dict[str, object]:
        """The account, rounded for people."""
        return {
            "name": self.name,
            "power_w": round(self.power_w, 1),
            "energy_wh": round(self.energy_wh, 3),
            "underlit_s": round(self.underlit_s, 1),
            "dark_s": round(self.dark_s, 1),
            "user_s": round(self.user_s, 1),
        }
