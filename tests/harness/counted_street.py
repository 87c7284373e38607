"""Passages of road users counted in virtual time, and the rule of the standard in few lines, to hold against each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agent.control.classes import Volume
from agent.control.traffic import Road, Traffic


def count(intervals: Sequence[Sequence[float]], road: Road) -> Iterator[list[Volume | None]]:
    """Count passages at their seconds, a step each second; for each interval what was in force after each step."""
    traffic = Traffic(road)
    traffic.step(0.0)
    for number, passages in enumerate(intervals):
        said = []
        waiting = sorted(passages)
        for second in range(600 * number + 1, 600 * number + 601):
            while waiting and waiting[0] < second:
                traffic.pass_by(1, waiting.pop(0))
            traffic.step(float(second))
            said.append(traffic.volume)
        yield said


def reference(per_interval: Sequence[int], moderate_per_h: float, high_per_h: float) -> list[Volume]:
    """Up at once; down after two samples in a row below the band, to the higher of both; as an explicit machine."""
    in_force, below = Volume.HIGH, []  # type: ignore[var-annotated]
    said = []
    for passing in per_interval:
        per_h = passing * 6
        band = Volume.HIGH if per_h > high_per_h else Volume.MODERATE if per_h >= moderate_per_h else Volume.LOW
        if band >= in_force:
            in_force, below = band, []
        else:
            below.append(band)
            if len(below) == 2:
                in_force, below = max(below), [band] if band < max(below) else []
        said.append(in_force)
    return said
