"""Cells: when somebody is in the cell around a lamp, and at which step that is known. Pure."""

from __future__ import annotations

import math

from agent.lab.records import Passer

_JUST = 1e-9  # of a step: rounding is no step


def visit_s(passer: Passer, place_m: float, reach_m: float) -> tuple[float, float] | None:
    """Return when somebody is within `reach_m` of a place of their way: from, and up to; none if they never are."""
    ends = passer.when_s(place_m - reach_m), passer.when_s(place_m + reach_m)
    enter_s, leave_s = max(min(ends), passer.start_s), min(max(ends), passer.end_s)
    return (enter_s, leave_s) if leave_s > enter_s else None


def first_step(at_s: float, step_s: float) -> int:
    """Return the first step that is not before a time."""
    return math.ceil(at_s / step_s - _JUST)
