"""What an instrument sees, by the names of its attributes, as JSON has it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple
from typing import Any

from firmware_sim.instruments.ld2450 import Person
from firmware_sim.instruments.ld2451 import Vehicle

LISTS: dict[str, Callable[..., object]] = {"people": Person, "vehicles": Vehicle}


def values(instrument: object) -> dict[str, object]:
    """Everything that can be set, as it is."""
    return {name: _shown(value) for name, value in sorted(vars(instrument).items()) if not name.startswith("_")}


def put(instrument: object, name: str, value: object) -> None:
    """Set one thing. ValueError says what was expected."""
    known = values(instrument)
    if name not in known:
        raise ValueError(f"{name}: expected one of {', '.join(known)}")
    setattr(instrument, name, _made(name, getattr(instrument, name), value))


def _made(name: str, before: object, value: Any) -> object:
    if name in LISTS:
        try:
            return tuple(LISTS[name](*map(float, item)) for item in value)
        except (TypeError, ValueError):
            raise ValueError(f"{name}: expected a list of lists of numbers, such as [[60, 13.9]]") from None
    if isinstance(before, bool):
        if not isinstance(value, bool):
            raise ValueError(f"{name}: expected true or false")  # noqa: TRY004 - a type of JSON
        return value
    if isinstance(before, str):
        return str(value)
    if value is None and (before is None or name.endswith("_m")):
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name}: expected a number")  # noqa: TRY004 - a type of JSON
    return int(value) if isinstance(before, int) and value == int(value) else float(value)


def _shown(value: object) -> object:
    if isinstance(value, tuple):
        return [list(astuple(item)) for item in value]
    return value
