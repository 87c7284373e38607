"""Numbers, ages and times as a technician reads them, each with its unit. Pure."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

_UNITS = {"Cel": "°C", "deg": "°", "lx": "lx", "Ohm": "Ω"}
MISSING = "-"


def pct(level: float | None) -> str:
    """Return a level, with one decimal only where it has one."""
    return MISSING if level is None else f"{round(level, 1):g} %"


def watts(power_w: float | None) -> str:
    """Return a power in whole watts."""
    return MISSING if power_w is None else f"{power_w:.0f} W"


def value(value: bool | float | str | None, unit: str) -> str:
    """Return a point's value with its unit."""
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        value = f"{value:.{_decimals(value)}f}".rstrip("0").rstrip(".")
    return f"{value} {_UNITS.get(unit, unit)}" if unit else str(value)


def span(time_s: float | None) -> str:
    """Return a length of time: tenths below 10 s, then seconds, then the two largest units."""
    if time_s is None:
        return "never"
    if time_s < 9.95:
        return f"{max(time_s, 0):.1f} s"
    if time_s < 59.5:
        return f"{time_s:.0f} s"
    minutes, seconds = divmod(round(time_s), 60)
    if minutes < 60:
        return f"{minutes} min {seconds} s" if seconds else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def delay(time_s: float) -> str:
    """Return how long something took: milliseconds below a second."""
    return f"{time_s * 1000:.0f} ms" if time_s < 0.9995 else span(time_s)


def local(stamp: str | datetime | None, time_zone: str, form: str = "%H:%M") -> str:
    """Return a UTC time (ISO 8601) as the wall clock of a time zone shows it; "" is the zone of this machine."""
    if stamp is None:
        return MISSING
    moment = datetime.fromisoformat(stamp) if isinstance(stamp, str) else stamp
    return moment.astimezone(_zone(time_zone)).strftime(form)


def count(number: int, what: str) -> str:
    """Return `1 lamp`, `2 lamps`."""
    return f"{number} {what}" if number == 1 else f"{number} {what}{'es' if what.endswith('s') else 's'}"


def number(amount: int, what: str = "") -> str:
    """Return `1 204`, or with a word `1 report`, `1 204 reports`."""
    digits = f"{amount:,}".replace(",", " ")
    return f"{digits} {what}{'' if amount == 1 else 's'}" if what else digits


@cache
def _zone(name: str) -> ZoneInfo | None:
    return ZoneInfo(name) if name else None


def _decimals(number: float) -> int:
    return 3 if abs(number) < 10 else 2 if abs(number) < 100 else 1
