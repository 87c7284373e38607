"""Places, periods and clocks that the tests of the season share."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from agent.control.calendar import Period
from agent.control.moments import Place, read_moment
from agent.control.sun import AstronomicalClock

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
SUN = AstronomicalClock(55.6561, 12.3683, -0.833)
ALBERTSLUND = Place(COPENHAGEN, SUN)


def period(name: str, start: str, end: str, *days: str, pct: float = 50.0) -> Period:
    return Period(name, read_moment(start), read_moment(end), days, class_pct=pct)


def local(text: str, fold: int = 0) -> datetime:
    """A time of Copenhagen's clocks, in UTC; fold 1 is the second of two."""
    return datetime.fromisoformat(text).replace(tzinfo=COPENHAGEN, fold=fold).astimezone(UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
