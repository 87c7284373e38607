"""The calendar of a configuration's text replaced by another one; everything else stays as it is, to the byte. Pure."""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Mapping
from typing import Any

_KEY = r"""[ \t]*(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')[ \t]*"""
_HEADER = re.compile(rf"[ \t]*\[\[?{_KEY}(?:\.{_KEY})*\]\]?[ \t]*(?:#.*)?")
_CALENDAR = ("lighting", "calendar")


def calendar_of(values: Mapping[str, Any]) -> str:
    """Return what is wrong with a document that shall hold the tables of a calendar alone; "" if nothing."""
    other = [key for key in values if key != "lighting"]
    lighting = values.get("lighting", {})
    other += (
        [f"lighting.{key}" for key in lighting if key != "calendar"] if isinstance(lighting, dict) else ["lighting"]
    )
    if other:
        return f"{other[0]}: expected tables [lighting.calendar.…] alone, found this one as well"
    return "" if lighting.get("calendar") else "expected tables [lighting.calendar.…], found none"


def with_calendar(text: str, calendar: str) -> str:
    """Return a configuration's text with the calendar of another text. ValueError where that cannot be done safely.

    Comments above the first table of a calendar and below the last value of its last one are not of the calendar.
    """
    lines, block = _lines(text), "".join(_block(calendar))
    if not block:
        raise ValueError("expected [lighting.calendar.…] in the head of a table, found it in another form")
    runs = _runs(lines)
    for start, end in reversed(runs[1:]):
        del lines[start:end]
    if runs:
        lines[runs[0][0] : runs[0][1]] = [block]
    else:
        lines += ["" if not lines or lines[-1].endswith("\n") else "\n", "\n", block]
    made = "".join(lines)
    _check(text, calendar, made)
    return made


def _block(calendar: str) -> list[str]:
    lines = _lines(calendar)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    return [line for start, end in _runs(lines) for line in lines[start:end]]


def _runs(lines: list[str]) -> list[tuple[int, int]]:
    """Return where tables of the calendar stand: from the head of the first to the last value of the last one, each run."""
    found: list[tuple[int, int]] = []
    start: int | None = None
    for at, line in enumerate([*lines, "[end]"]):
        if _HEADER.fullmatch(line.rstrip("\n")) is None:
            continue
        of_calendar = at < len(lines) and _path(line)[:2] == _CALENDAR
        if of_calendar and start is None:
            start = at
        elif not of_calendar and start is not None:
            end = at
            while lines[end - 1].strip().startswith("#") or not lines[end - 1].strip():
                end -= 1
            found.append((start, end))
            start = None
    return found


def _path(line: str) -> tuple[str, ...]:
    try:
        value: Any = tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        return ()
    path: list[str] = []
    while value:
        if isinstance(value, list):
            value = value[0]
            continue
        key, value = next(iter(value.items()))
        path.append(key)
    return tuple(path)


def _check(before: str, calendar: str, made: str) -> None:
    """Read all three: nothing but the calendar may be another. ValueError."""
    why = "its calendar stands in a form that cannot be replaced: write it as tables [lighting.calendar.…]"
    try:
        was, new, now = tomllib.loads(before), tomllib.loads(calendar), tomllib.loads(made)
    except (tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
        raise ValueError(f"{why} ({error})") from None
    wanted = copy.deepcopy(was)
    wanted.setdefault("lighting", {})["calendar"] = new["lighting"]["calendar"]
    if now != wanted:
        raise ValueError(why)


def _lines(text: str) -> list[str]:
    return [line for line in re.split(r"(?<=\n)", text) if line]
