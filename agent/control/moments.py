"""Moments of a calendar: a time of the street's clocks, or an event of the sun, on a day or on each. Pure.

A time that a night of changing clocks does not have is taken with the offset before the change (02:30 becomes 03:30 in
spring); one that comes twice is the first. Both as RFC 5545, 3.3.5.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo

import msgspec

from agent.control.sun import AstronomicalClock

DAY_MIN = 24 * 60
_LONGEST_OFFSET_MIN = 12 * 60

# Height of the sun in degrees, and whether it rises: sunrise and sunset with refraction, dawn and dusk civil.
_EVENTS = {"sunrise": (-0.833, True), "sunset": (-0.833, False), "dawn": (-6.0, True), "dusk": (-6.0, False)}
SAYS = 'a time such as "23:00" or "sunset+30min" (sunrise, sunset, dawn, dusk)'

_CIVIL = re.compile(r"([0-9]{1,2}):([0-9]{2})")
_SOLAR = re.compile(r"([a-z]+)(?:([+-])(?:([0-9]{1,2})h)?(?:([0-9]{1,3})min)?)?")


class Moment(msgspec.Struct, frozen=True):
    """A time of day: `minutes` after midnight, or after an event of the sun; `on` one day, or none for any."""

    event: str
    minutes: int
    on: date | None = None


class Place(msgspec.Struct, frozen=True):
    """Where moments come to pass."""

    zone: tzinfo
    sun: AstronomicalClock


def read_moment(text: str) -> Moment:
    """Read "23:00", "24:00", "sunset+1h30min", each also after a date "2026-08-14". ValueError if it is none of these."""
    words = text.split()
    if not 1 <= len(words) <= 2:
        raise ValueError(text)
    on = date.fromisoformat(words[0]) if len(words) == 2 else None
    if civil := _CIVIL.fullmatch(words[-1]):
        hours, minutes = int(civil[1]), int(civil[2])
        if minutes > 59 or hours * 60 + minutes > DAY_MIN:
            raise ValueError(text)
        return Moment("", hours * 60 + minutes, on)
    solar = _SOLAR.fullmatch(words[-1])
    if solar is None or solar[1] not in _EVENTS or (solar[2] and not (solar[3] or solar[4])):
        raise ValueError(text)
    minutes = int(solar[3] or 0) * 60 + int(solar[4] or 0)
    if minutes > _LONGEST_OFFSET_MIN:
        raise ValueError(text)
    return Moment(solar[1], -minutes if solar[2] == "-" else minutes, on)


def resolve(moment: Moment, day: date, place: Place) -> datetime | None:
    """Return when (UTC) a moment comes to pass on a day; none if the sun has no such event then."""
    day = moment.on or day
    if moment.event:
        height_deg, rising = _EVENTS[moment.event]
        crossing = place.sun.crossing(day, height_deg, rising=rising)
        return None if crossing is None else crossing + timedelta(minutes=moment.minutes)
    days, minutes = divmod(moment.minutes, DAY_MIN)
    local = datetime.combine(day + timedelta(days=days), time(minutes // 60, minutes % 60), place.zone)
    return local.astimezone(UTC)


def noon(day: date, zone: tzinfo) -> datetime:
    """Return noon of a day by the street's clocks, in UTC."""
    return datetime.combine(day, time(12), zone).astimezone(UTC)
