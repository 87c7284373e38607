"""What a self-test has found out: one check a thing that was looked at, with its figures. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

Outcome = Literal["ok", "note", "wrong", "skipped"]
Figure = float | str | bool


class Check(msgspec.Struct, frozen=True):
    """One thing that was looked at: what came out in words, and in figures whose names carry their unit."""

    part: str
    name: str
    outcome: Outcome
    says: str
    figures: dict[str, Figure] = {}


class Report(msgspec.Struct, frozen=True):
    """Everything that was looked at, on one board. It holds no names of people, networks or places, and no keys."""

    gadelys: str
    made: str
    hardware: bool
    checks: Sequence[Check]

    @property
    def wrong(self) -> int:
        """Return how many checks are wrong."""
        return sum(check.outcome == "wrong" for check in self.checks)


def spread(part: str, name: str, unit: str, values: Sequence[float], most: float) -> Check:
    """Return a check of measured values: median, 99th percentile, longest; a note if the 99th is above `most`."""
    ordered = sorted(values)
    figures: dict[str, Figure] = {
        f"median_{unit}": round(ordered[len(ordered) // 2], 3),
        f"p99_{unit}": round(ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)], 3),
        f"longest_{unit}": round(ordered[-1], 3),
        "count": float(len(ordered)),
    }
    p99 = float(figures[f"p99_{unit}"])
    shown = " ".join(f"{key.removesuffix(f'_{unit}')} {value:g} {unit}" for key, value in list(figures.items())[:3])
    return Check(
        part, name, "ok" if p99 <= most else "note", shown + ("" if p99 <= most else f"; expected {most:g}"), figures
    )
