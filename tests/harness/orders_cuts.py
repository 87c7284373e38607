"""Power cuts at every point of what a process does that takes commands."""

from __future__ import annotations

import random
from pathlib import Path
from typing import NamedTuple

from orders_judge import OrdersJudge
from power_cuts import cut_again_and_again

WRITER = Path(__file__).with_name("orders_writer.py")
STEPS = (15, 40, 80)  # of a process, before the next one goes on from what a cut has left
_FIRST_S = 1_764_100_800.0  # 2025-11-25T20:00:00Z
_AWAY_S = (0.5, 20.0, 200.0)


class Cuts(NamedTuple):
    """How many cuts there were, and how many commands were in force by then."""

    cuts: int
    commands: int


def orders_cuts(folder: Path, cuts: int, *, bug: str = "") -> Cuts:
    """Cut so many times, or a few more. AssertionError where a command is forgotten or comes again."""

    def words(disk: Path, seed: int, judge: OrdersJudge) -> list[str]:
        wall_s = max(_FIRST_S, judge.wall_s + random.Random(seed).choice(_AWAY_S))
        steps = STEPS[seed % len(STEPS)]
        file = disk / "orders.lines"
        return [*map(str, (WRITER, file, seed, steps, judge.latest, wall_s)), *([bug] if bug else [])]

    done, judge = cut_again_and_again(folder, cuts, OrdersJudge(), words)
    return Cuts(done, len(judge.done))
