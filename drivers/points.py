"""The vocabulary of the lowest layer: what a value is called, what it may be, and what was last seen of it."""

from __future__ import annotations

from enum import StrEnum

import msgspec

Value = bool | int | float | str


class Quality(StrEnum):
    """How far a reading may be believed (OPC UA's idea, four steps)."""

    GOOD = "good"
    UNCERTAIN = "uncertain"
    BAD = "bad"
    STALE = "stale"


class PointType(StrEnum):
    """The type of a point's value, as it is seen in the API, in the CLI and upstream."""

    BOOL = "bool"
    INT = "int"
    FLOAT = "float"
    TEXT = "text"


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """Specification of one value. `key` is `device/function/resource`; `unit` is a SenML unit ("" = none)."""

    key: str
    type: PointType
    unit: str = ""
    writable: bool = False
    low: float | None = None
    high: float | None = None
    max_age_s: float = 5.0
    deadband: float = 0.0
    title: str = ""


class Reading(msgspec.Struct, frozen=True, gc=False):  # it holds nothing that could hold it
    """What was last learned of a point: the value (none if it is not known), how good, why not, and when.

    `mono_s` is the monotonic time at which the value was true, in seconds.
    """

    value: Value | None
    quality: Quality
    reason: str
    mono_s: float
