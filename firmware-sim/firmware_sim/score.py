"""What light is needed, what is given, and what it costs. Pure.

Needed light r of a lamp for a user: vehicle 1.0 from 15 m behind to 100 m ahead; person 1.0 within 15 m, 0.6 within 45 m,
0.2 within 75 m. Utility u = mean over lamps with r > 0 of min(1, L / r). Under-lit: user-seconds with u < 0.9.
In the dark: user-seconds in which the lamp nearest to a user (within 15 m) gives less than half of what is needed there,
after more than 2 s of it (the time that sensor, bus and fade are allowed).
Power of a lamp: 0.5 W at L = 0, else nominal (0.05 + 0.95 L).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from firmware_sim.traffic import Kind

NOMINAL_W = 60.0
NEAREST_M = 15.0
ALLOWED_S = 2.0


@dataclass(frozen=True, slots=True)
class Presence:
    """A user at one moment."""

    number: int
    kind: Kind
    at_m: float
    speed_m_per_s: float


def needed(user: Presence, lamp_m: float) -> float:
    """Light needed of a lamp, 0..1."""
    ahead_m = lamp_m - user.at_m
    if user.kind == "vehicle":
        return 1.0 if -15.0 <= ahead_m * (1 if user.speed_m_per_s > 0 else -1) <= 100.0 else 0.0
    away_m = abs(ahead_m)
    return 1.0 if away_m <= 15.0 else 0.6 if away_m <= 45.0 else 0.2 if away_m <= 75.0 else 0.0


def utility(user: Presence, lamps_m: Sequence[float], levels: Sequence[float]) -> float:
    """How well a user is served, 0..1; 1 where no lamp could serve."""
    shares = [
        min(1.0, level / need)
        for lamp_m, level in zip(lamps_m, levels, strict=True)
        if (need := needed(user, lamp_m)) > 0
    ]
    return sum(shares) / len(shares) if shares else 1.0


def power_w(level: float) -> float:
    """Power of one lamp at a level 0..1."""
    return 0.5 if level <= 0 else NOMINAL_W * (0.05 + 0.95 * level)


@dataclass(slots=True)
class Score:
    """One scheme's account on one street: power now, and sums since the start."""

    name: str
    lamps_m: Sequence[float]
    power_w: float = 0.0
    energy_wh: float = 0.0
    underlit_s: float = 0.0
    dark_s: float = 0.0
    user_s: float = 0.0
    _dim_s: dict[int, float] = field(default_factory=dict)

    def step(self, users: Sequence[Presence], levels: Sequence[float], dt_s: float) -> None:
        """Account for `dt_s` seconds with these users (on the street itself) under these levels (0..1)."""
        self.power_w = sum(power_w(level) for level in levels)
        self.energy_wh += self.power_w * dt_s / 3600
        dim: dict[int, float] = {}
        for user in users:
            self.user_s += dt_s
            if utility(user, self.lamps_m, levels) < 0.9:
                self.underlit_s += dt_s
            nearest = min(range(len(levels)), key=lambda lamp: abs(self.lamps_m[lamp] - user.at_m))
            if abs(self.lamps_m[nearest] - user.at_m) <= NEAREST_M and levels[nearest] < 0.5:
                dim[user.number] = self._dim_s.get(user.number, 0.0) + dt_s
                if dim[user.number] > ALLOWED_S:
                    self.dark_s += dt_s
        self._dim_s = dim

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
