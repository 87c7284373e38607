"""The night of a scenario: fixed hours, or from sunset to sunrise at a place and date. Pure."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

import msgspec
from astral import Observer
from astral.sun import sunrise, sunset

from agent.config.table import Table

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_WHEN = 'a time such as "18:00", "sunset" or "sunrise"'


class NightHours(msgspec.Struct, frozen=True):
    """A night: `begin_h` by the clock of the street; `begin_utc` only where a date is given."""

    begin_h: float
    seconds: float
    step_s: float
    begin_utc: datetime | None

    def at_s(self, table: Table, key: str) -> float:
        """Read a time of this night by the street's clock, in seconds from its begin."""
        text = table.text(key, 'a time such as "22:00"')
        match = _CLOCK.fullmatch(text)
        if match is None:
            if text:
                table.wrong(key, 'a time such as "22:00"')
            return 0.0
        return (int(match[1]) + int(match[2]) / 60 - self.begin_h) % 24 * 3600


def read_night(table: Table) -> NightHours:
    """Read [night]."""
    step_s = table.number("step_s", 0.05, 1, 0.2)
    begin, end = table.text("begin", _WHEN, "18:00"), table.text("end", _WHEN, "06:00")
    day = _date(table) if table.has("date") else None
    zone = _zone(table) if day is not None else UTC
    if day is None:
        for key in ("time_zone", "latitude", "longitude"):
            table.needless(key, "without date")
        return _fixed(table, begin, end, step_s)
    where = None
    if {begin, end} & {"sunset", "sunrise"}:
        where = Observer(table.number("latitude", -65, 65), table.number("longitude", -180, 180))
    else:
        for key in ("latitude", "longitude"):
            table.needless(key, "where neither begin nor end is by the sun")
    first = _moment(table, "begin", begin, day, zone, where)
    last = _moment(table, "end", end, day, zone, where)
    if last <= first:
        last = _moment(table, "end", end, day + timedelta(days=1), zone, where)
    local = first.astimezone(zone)
    begin_h = local.hour + local.minute / 60 + local.second / 3600
    seconds = (last - first).total_seconds()
    return NightHours(begin_h, seconds, step_s, first)


def _fixed(table: Table, begin: str, end: str, step_s: float) -> NightHours:
    hours = []
    for key, text in (("begin", begin), ("end", end)):
        match = _CLOCK.fullmatch(text)
        if match is None and text:
            sun = text in {"sunset", "sunrise"}
            table.wrong(key, "a date beside it: [night] date" if sun else _WHEN)
        hours.append(int(match[1]) + int(match[2]) / 60 if match else 0.0)
    return NightHours(hours[0], ((hours[1] - hours[0]) % 24 or 24) * 3600, step_s, None)


def _date(table: Table) -> date:
    text = table.text("date", 'the date of the evening, such as "2026-11-20"')
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not 1970 <= day.year <= 2100:
        if text:
            table.wrong("date", 'the date of the evening, such as "2026-11-20"')
        return date(2026, 11, 20)
    return day


def _zone(table: Table) -> tzinfo:
    name = table.text("time_zone", 'an IANA time zone such as "Europe/Copenhagen"')
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        if name:
            table.wrong("time_zone", 'an IANA time zone such as "Europe/Copenhagen"')
        return UTC


def _moment(table: Table, key: str, text: str, day: date, zone: tzinfo, where: Observer | None) -> datetime:  # noqa: PLR0913, PLR0917
    match = _CLOCK.fullmatch(text)
    if match is not None:
        return datetime.combine(day, time(int(match[1]), int(match[2])), zone).astimezone(UTC)
    if where is not None and text in {"sunset", "sunrise"}:
        found = (sunset if text == "sunset" else sunrise)(where, day, tzinfo=zone)
        return found.astimezone(UTC).replace(microsecond=0)
    if text:
        table.wrong(key, _WHEN)
    return datetime.combine(day, time(12), zone).astimezone(UTC)
