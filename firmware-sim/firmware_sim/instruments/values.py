"""What an instrument sees, by the names of its attributes, as JSON has it. Pure."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import astuple, is_dataclass
from types import NoneType
from typing import Any, get_args, get_type_hints

from firmware_sim.instruments import Instrument
from firmware_sim.instruments.ld2450 import Person
from firmware_sim.instruments.ld2451 import Vehicle

LISTS: dict[str, Callable[..., object]] = {"people": Person, "vehicles": Vehicle}
LARGEST, LARGEST_WHOLE = 1e6, 65535
TRIED = 3  # things that it says


def values(instrument: Instrument) -> dict[str, object]:
    """Everything that can be set, as it is."""
    return {name: _shown(value) for name, value in sorted(vars(instrument).items()) if not name.startswith("_")}


def put(instrument: Instrument, name: str, value: object) -> None:
    """Set one thing. ValueError says what was expected."""
    known = values(instrument)
    if name not in known:
        raise ValueError(f"{name}: expected one of {', '.join(known)}")
    made = _made(instrument, name, value)
    _try(instrument, name, made)
    setattr(instrument, name, made)


def _made(instrument: Instrument, name: str, value: Any) -> object:
    before = getattr(instrument, name)
    if name in LISTS:
        try:
            return tuple(LISTS[name](*(_number(name, number) for number in item)) for item in value)
        except (TypeError, ValueError):
            raise ValueError(f"{name}: expected a list of lists of numbers, such as [[60, 13.9]]") from None
    if isinstance(before, bool):
        if not isinstance(value, bool):
            raise ValueError(f"{name}: expected true or false")  # noqa: TRY004 - a type of JSON
        return value
    if value is None and NoneType in get_args(get_type_hints(type(instrument).__init__).get(name)):
        return None
    if isinstance(before, int):
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_WHOLE:
            raise ValueError(f"{name}: expected a whole number from 0 to {LARGEST_WHOLE}")
        return value
    if before is None or isinstance(before, float):
        return _number(name, value)
    raise ValueError(f"{name}: cannot be set")


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST:
        raise ValueError(f"{name}: expected a number, at most {LARGEST:g} either way")
    return float(value)


def _try(instrument: Instrument, name: str, made: object) -> None:
    """Let a twin of it say what it would. ValueError if it cannot."""
    twin = copy.deepcopy(instrument)
    setattr(twin, "alive", True)  # noqa: B010 - one that is dead says nothing, whatever it sees
    setattr(twin, name, made)
    try:
        for _ in range(TRIED):
            at_s = twin.next_s()
            if math.isinf(at_s):
                return
            twin.due(at_s)
            if twin.next_s() <= at_s:
                raise ValueError  # noqa: TRY301 - it would never stop
    except (ArithmeticError, ValueError):
        raise ValueError(f"{name}: expected what this instrument can say, found {_shown(made)}") from None


def _shown(value: object) -> object:
    if isinstance(value, tuple):
        return [list(astuple(item)) if is_dataclass(item) and not isinstance(item, type) else item for item in value]
    return value
