"""A check frame of an instrument."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from drivers.points import Value


class Capture(NamedTuple):
    """`says`: the values that it tells (none where it says that there is none), however far they are to be believed.

    `says` none: it is no frame. `before`: frames that must have come, each behind a question.
    """

    name: str
    model: str
    frame: str
    says: Mapping[str, Value | None] | None
    before: tuple[str, ...] = ()
