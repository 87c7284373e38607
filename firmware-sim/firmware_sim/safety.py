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
    """Two rules at night: no lamp with somebody within 10 m below 10 % for more than 2 s; no lamp off for more than 5 s."""

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
            there = [user for user in users if abs(user.at_m - lamp_m) <= OCCUPIED_M]
            dark = night and bool(there) and levels[lamp] < DARK_LEVEL - _ROUNDING
            off = night and levels[lamp] <= _ROUNDING
            self._dark_s[lamp] = self._watch(self._dark_s[lamp], DARK_ALLOWED_S, dt_s, now_s, broken=dark,
                                             rule="dark while occupied", what=f"{name} at {levels[lamp]:.0%}")  # fmt: skip
            self._off_s[lamp] = self._watch(self._off_s[lamp], OFF_ALLOWED_S, dt_s, now_s, broken=off,
                                            rule="dark street", what=f"{name} is off")  # fmt: skip

    def _watch(  # noqa: PLR0913 (one line of account)
        self, so_far_s: float, allowed_s: float, dt_s: float, now_s: float, *, broken: bool, rule: str, what: str
    ) -> float:
        """How long a rule has been broken by now; told once, when that has been too long."""
        if not broken:
            return 0.0
        if so_far_s <= allowed_s < so_far_s + dt_s:
            self.count += 1
            self.violations.append(Violation(round(now_s, 2), rule, what))
        return so_far_s + dt_s
