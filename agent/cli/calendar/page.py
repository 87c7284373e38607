"""The page of `gadelys calendar show`: a bar of each night, and its changes by local time. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from itertools import pairwise

import msgspec

from agent.cli import format as fmt
from agent.cli.text import Column, Line, Span, line, table, wrap
from agent.config import Config
from agent.control.holidays import holidays
from agent.control.plan import Change

_CELLS = 48  # of half an hour each, but in a night when the clocks change
_BLOCKS, _LETTERS = "▁▂▃▄▅▆▇█", ".:-=+*#@"
_DAY = " "
_INDENT = "  "
_LABEL = 16
_COLUMNS = (
    Column(""),
    Column("from"),
    Column("class"),
    Column("level", right=True),
    Column("base", right=True),
    Column("why", spare=1),
)


class Night(msgspec.Struct, frozen=True):
    """One night, from noon of its day to noon of the next (UTC), and what is planned in it: the first at its begin."""

    day: date
    begin: datetime
    end: datetime
    changes: tuple[Change, ...]


def page(config: Config, nights: Sequence[Night], width: int, *, blocks: bool) -> list[Line]:
    """Return the whole page."""
    zone, light = config.controller.time_zone, config.lighting
    named = f"{light.design_class} " if light.design_class else ""
    head = f"designed for {named}{fmt.pct(light.class_pct)}, base {fmt.pct(light.base_pct)}; times of {zone}"
    lines = [line(Span(config.controller.id, "bold"), f": {head}"), line()]
    scale = "".join(f"{hour % 24:02}".ljust(4) for hour in range(12, 36, 2))
    shown = [_shown(night) for night in nights]
    titles, *rows = table(_COLUMNS, [_row(change, zone) for changes in shown for change in changes], width)
    lines += [line(Span(" " * _LABEL + scale, "dim")), titles]
    for night, changes in zip(nights, shown, strict=True):
        lines += [_bar(night, _BLOCKS if blocks else _LETTERS), *rows[: len(changes)], line()]
        rows = rows[len(changes) :]
    return [
        *lines,
        *[one for text in _notes(config) for one in wrap(text, width, first=_INDENT, rest=_INDENT, tone="dim")],
    ]


def _bar(night: Night, levels: str) -> Line:
    """Return a night at a glance: the class level by height, day as nothing."""
    label = f"{night.day:%a %d %b %Y}".ljust(_LABEL)
    named = "  ".join(("", *holidays(night.day)))
    step = (night.end - night.begin) / _CELLS
    middles = [night.begin + step * (cell + 0.5) for cell in range(_CELLS)]
    return line(Span(label, "bold"), *(_cell(_at(night, middle), levels) for middle in middles), Span(named, "dim"))


def _cell(change: Change, levels: str) -> Span:
    share = change.rest.class_pct / 100 if change.night else 0.0
    character = levels[min(int(share * len(levels)), len(levels) - 1)] if change.night else _DAY
    return Span(character, light=share if change.night else None)


def _at(night: Night, moment: datetime) -> Change:
    for change, then in pairwise(night.changes):
        if moment < then.at:
            return change
    return night.changes[-1]


def _shown(night: Night) -> list[Change]:
    """Return the changes but for the day that a night begins with."""
    return [change for change in night.changes if change.night or change is not night.changes[0]]


def _row(change: Change, zone: str) -> list[Span | str]:
    at, rest = fmt.local(change.at, zone), change.rest
    if not change.night:
        return ["", at, "", "day", "", ""]
    return ["", at, rest.class_name, Span(fmt.pct(rest.class_pct), "bold"), fmt.pct(rest.base_pct), rest.why]


def _notes(config: Config) -> list[str]:
    light = config.lighting
    notes = [] if light.calendar else ["no [lighting.calendar.…]: as designed all night"]
    if light.photocell is not None:
        notes.append(f"photocell {light.photocell}: night may begin and end up to 45 min earlier or later")
    if light.traffic is not None:
        notes.append(
            f"traffic at {light.traffic.counter}: where no period says a class, down to {light.traffic.lowest} in quiet "
            "hours; where one does, the higher of both"
        )
    return notes
