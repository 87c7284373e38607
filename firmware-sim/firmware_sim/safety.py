"""The judge at the output side: it sees what the lamps give and who is there, not what the agent thinks. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from firmware_sim.score import Presence

OCCUPIED_M = 10.0
DARK_LEVEL = 0.1
DARK_ALLOWED_S = 2.0
OFF_ALLOWED_S = 5.0
MOST_KEPT = 100
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that was broken, when and where."""

    t_s: float
    rule: str
    what: str


class SafetyChecker:
    """At night: no lamp with somebody within 10 m is below 10 % for more than 2 s; no lamp is off for more than 5 s.

    A breach is told once, when it has lasted too long. The list keeps the latest ones, `count` counts all.
    """

    def __init__(self, lamps: Sequence[tuple[str, float]]) -> None:
        self._lamps = lamps
        self._dark_s = [0.0] * len(lamps)
        self._off_s = [0.0] * len(lamps)
        self.violations: deque[Violation] = deque(maxlen=MOST_KEPT)
        self.count = 0

    def step(
        self, users: Sequence[Presence], levels: Sequence[float], now_s: float, dt_s: float, *, night: bool
    ) -> None:
        """Look once; `levels` are what the lamps give, 0..1."""
        for lamp, (name, lamp_m) in enumerate(self._lamps):
            level = levels[lamp]
            occupied = night and any(abs(user.at_m - lamp_m) <= OCCUPIED_M for user in users)
            before_s, self._dark_s[lamp] = self._dark_s[lamp], 0.0
            if occupied and level < DARK_LEVEL - _ROUNDING:
                self._dark_s[lamp] = before_s + dt_s
                if before_s <= DARK_ALLOWED_S + _ROUNDING < before_s + dt_s:
                    self._tell(now_s, "dark while occupied", f"{name} at {level:.0%}")
            before_s, self._off_s[lamp] = self._off_s[lamp], 0.0
            if night and level <= _ROUNDING:
                self._off_s[lamp] = before_s + dt_s
                if before_s <= OFF_ALLOWED_S + _ROUNDING < before_s + dt_s:
                    self._tell(now_s, "dark street", f"{name} is off")

    def _tell(self, now_s: float, rule: str, what: str) -> None:
        self.count += 1
        self.violations.append(Violation(round(now_s, 2), rule, what))
