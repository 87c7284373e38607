"""What any instrument's language may say: facts of its own data sheet, of the right type."""

from __future__ import annotations

import math

from drivers.lines.instrument import Fact, Language, Model, Setting
from drivers.points import PointType, Quality

TYPES = {PointType.BOOL: bool, PointType.INT: int, PointType.FLOAT: float, PointType.TEXT: str}


def defaults(model: Model) -> dict[str, Setting]:
    return {option.name: option.default for option in model.options}


def language_of(model: Model) -> Language:
    language = model.build(defaults(model))
    language.opened(0.0)
    return language


def wrong(model: Model, fact: Fact) -> str:
    """Return what a fact may not be."""
    row = next((row for row in model.points if row.resource == fact.resource), None)
    if row is None:
        return "not on the data sheet"
    if fact.value is None:
        return "" if fact.quality is Quality.BAD and fact.reason else "no value without bad quality and a reason"
    if fact.quality in {Quality.BAD, Quality.STALE}:
        return "a value that is bad"
    if type(fact.value) is not TYPES[row.type]:
        return f"expected {row.type}"
    return "" if not isinstance(fact.value, float) or math.isfinite(fact.value) else "not finite"
