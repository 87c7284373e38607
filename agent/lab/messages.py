"""Messages between lamps, and sensors, that fail: which are heard, which are dead. The same seed fails the same way. Pure."""

from __future__ import annotations

import random

from agent.lab.records import Faults


class Network:
    """Chance for one run of one scheme. Without faults it hears everything and asks no chance."""

    def __init__(self, faults: Faults, lamps: int, seed: int) -> None:
        self._faults = faults
        self._chance = random.Random(f"messages {seed}")  # noqa: S311 - faults, not secrets
        dead = random.Random(f"sensors {seed}").sample(range(lamps), round(faults.dead_share * lamps))  # noqa: S311
        self.dead = frozenset(dead)

    def heard(self, at_s: float) -> bool:
        """Whether a message that is sent now arrives."""
        outage_s = self._faults.outage_s
        if outage_s is not None and outage_s[0] <= at_s < outage_s[1]:
            return False
        return self._faults.lost_share == 0.0 or self._chance.random() >= self._faults.lost_share

    def heard_span(self, from_s: float, to_s: float) -> tuple[float, float] | None:
        """What another lamp hears of a visit that is told when it begins, again every `repeat_s`, and when it ends."""
        if not self._faults.any:
            return from_s, to_s
        told_s, at_s = [], from_s
        while at_s < to_s:
            told_s.append(at_s)
            at_s += self._faults.repeat_s
        heard_s = [at_s for at_s in [*told_s, to_s] if self.heard(at_s)]
        return (heard_s[0], heard_s[-1]) if len(heard_s) > 1 or (heard_s and heard_s[0] < to_s) else None
