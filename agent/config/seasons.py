"""The reader of what a street rests at over the year: calendar, counted traffic, and the class it was designed for. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from agent.config.records import CountedTraffic, Device, Lighting
from agent.config.table import Table
from agent.control.calendar import WEEK, Period, is_day_word
from agent.control.classes import LIGHT, Volume, by_volume, level_pct, series
from agent.control.holidays import NAMES
from agent.control.moments import DAY_MIN, Moment, read_moment
from agent.control.photocell import LONGEST_POLL_S
from drivers.toml_words import did_you_mean

_TIME_SAYS = 'a time such as "23:00" or "sunset+30min", or of an event "2026-08-14 18:00"'
_DAYS_SAY = '"mon" … "sun", "mon-fri", "holiday", a holiday\'s name, "12-24" or "2026-12-24"'
_CLASSES_SAY = "a class of EN 13201: M1..M6, C0..C5 or P1..P6"
_MIDNIGHT = Moment("", 0)


class Polled(Protocol):
    """What must be known of the unit that carries the photocell."""

    @property
    def poll_s(self) -> float: ...


def read_design_class(table: Table) -> str:
    """Read the class that a street was designed for; "" if it is not said."""
    return _name(table, "design_class") if "design_class" in table else ""


def read_period(table: Table, light: Lighting) -> Period:
    """Read one period of the calendar; `light` has the levels that it may not pass."""
    start, end = _moment(table, "from"), _moment(table, "to")
    days = _days(table)
    if table.sound("from") and table.sound("to"):
        _order(table, start, end)
    if start.on is not None:
        table.needless("days", "beside a date in from")
    name, class_pct = _class(table, light)
    base_pct = table.number("base_pct", 0, 100) if "base_pct" in table else None
    most_pct = light.class_pct if class_pct is None else class_pct
    if base_pct is not None and table.sound("base_pct") and base_pct > most_pct:
        table.wrong("base_pct", f"at most the level of this period's class ({most_pct:g})", f"{base_pct:g}")
    return Period(
        name=table.path[-1], start=start, end=end, days=days, class_name=name, class_pct=class_pct, base_pct=base_pct
    )


def read_traffic(table: Table, design_class: str) -> CountedTraffic:
    """Read how traffic is counted, and how far down it may take the class."""
    if not design_class:
        table.wrong("capacity_per_h", "design_class in [lighting], from which traffic takes the class down", "none")
    darkest = by_volume(design_class or "P1", Volume.LOW)
    lowest = _name(table, "lowest") if "lowest" in table else darkest
    if table.sound("lowest") and design_class and not design_class <= lowest <= darkest:
        table.wrong("lowest", f"a class from {design_class} to {darkest}")
    return CountedTraffic(
        counter=table.text("counter", 'the name of a device of kind = "presence" or "vehicles"'),
        capacity_per_h=table.number("capacity_per_h", 1, 20_000),
        road=table.choice("road", ("two-lane", "motorway"), "two-lane"),
        lowest=lowest,
    )


def check_senses(
    lighting: Table, traffic: Table | None, light: Lighting, devices: Sequence[Device], units: Mapping[str, Polled]
) -> None:
    """Note what is wrong between the street's rest and the devices that it asks."""
    if light.photocell is not None and lighting.sound("photocell"):
        lux = {device.id: device for device in devices if device.kind == "lux"}
        if light.photocell not in lux:
            lighting.wrong("photocell", 'a device of kind = "lux"' + did_you_mean(light.photocell, lux))
        elif (unit := units.get(lux[light.photocell].unit or "")) is not None and unit.poll_s > LONGEST_POLL_S:
            says = f"one on a unit that is read at least every {LONGEST_POLL_S:g} s"
            lighting.wrong("photocell", says, f"poll_s = {unit.poll_s:g}")
    if light.traffic is not None and traffic is not None and traffic.sound("counter"):
        counters = [device.id for device in devices if device.kind in {"presence", "vehicles"}]
        if light.traffic.counter not in counters:
            says = 'a device of kind = "presence" or "vehicles"'
            traffic.wrong("counter", says + did_you_mean(light.traffic.counter, counters))


def _moment(table: Table, key: str) -> Moment:
    text = table.text(key, _TIME_SAYS)
    if not table.sound(key):
        return _MIDNIGHT
    try:
        return read_moment(text)
    except ValueError:
        table.wrong(key, _TIME_SAYS)
        return _MIDNIGHT


def _order(table: Table, start: Moment, end: Moment) -> None:
    """Note ends of a period that do not go together."""
    if (start.on is None) is not (end.on is None):
        key = "to" if end.on is None else "from"
        table.wrong(key, "a date before the time, as the other end has one")
    elif start.on is not None and end.on is not None and (end.on, end.minutes) <= (start.on, start.minutes):
        if end.on < start.on or (not start.event and not end.event):
            table.wrong("to", "a moment after from")
    elif not start.event and start.minutes == DAY_MIN:
        table.wrong("from", "a time before 24:00")


def _days(table: Table) -> tuple[str, ...]:
    words: list[str] = []
    for word in table.words("days", _DAYS_SAY):
        first, dash, last = word.partition("-")
        if dash and first in WEEK and last in WEEK:
            begin = WEEK.index(first)
            words += [WEEK[(begin + step) % 7] for step in range((WEEK.index(last) - begin) % 7 + 1)]
        elif is_day_word(word):
            words.append(word)
        else:
            hint = did_you_mean(word, WEEK) or did_you_mean(word, ("holiday", *NAMES))
            table.wrong("days", _DAYS_SAY + hint, f'"{word}"')
    return tuple(words)


def _class(table: Table, light: Lighting) -> tuple[str, float | None]:
    """Read the class of a period by name or by level: name ("" for a level), level in per cent (none: as designed)."""
    if "class" not in table and "class_pct" not in table:
        if "base_pct" not in table:
            table.wrong("class", "class, class_pct or base_pct", "nothing")
        return "", None
    if "class" not in table:
        pct = table.number("class_pct", 0, 100)
        _not_below_floor(table, "class_pct", pct, light)
        return "", pct
    table.needless("class_pct", "beside class")
    name = _name(table, "class")
    if not table.sound("class"):
        return "", None
    if not light.design_class:
        table.wrong("class", "class_pct, or design_class in [lighting], to which it is held")
        return "", None
    if series(name) != series(light.design_class):
        table.wrong("class", f"a class {series(light.design_class)}…, as design_class is {light.design_class}")
        return "", None
    pct = level_pct(name, light.design_class, light.class_pct)
    if light.class_pct * LIGHT[name] > 100.0 * LIGHT[light.design_class]:
        table.wrong("class", f"a class that these lamps can give: {light.design_class} takes {light.class_pct:g} %")
    _not_below_floor(table, "class", pct, light)
    return name, pct


def _name(table: Table, key: str) -> str:
    """Read the name of a class."""
    name = table.text(key, _CLASSES_SAY)
    if table.sound(key) and name not in LIGHT:
        table.wrong(key, _CLASSES_SAY)
    return name


def _not_below_floor(table: Table, key: str, pct: float, light: Lighting) -> None:
    if table.sound(key) and pct < light.floor_pct:
        table.wrong(key, f"at least floor_pct ({light.floor_pct:g})", f"{pct:g} %")
