"""What a bench returns: rows of a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict


class Figure(TypedDict):
    """One row: `budget` is the most that was promised (the least, if `least`), None where nothing was."""

    name: str
    value: float
    unit: str
    budget: float | None
    note: str
    least: bool


def figure(
    name: str, value: float, unit: str, budget: float | None = None, note: str = "", *, least: bool = False
) -> Figure:
    """Build a row."""
    return {"name": name, "value": value, "unit": unit, "budget": budget, "note": note, "least": least}


def missed(row: Figure) -> bool:
    """Return whether a row is not what was promised."""
    budget = row["budget"]
    return budget is not None and (row["value"] < budget if row["least"] else row["value"] > budget)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which a share (0 to 1) of the values lies, by the nearest rank."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]
