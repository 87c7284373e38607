"""What will be when: the changes of night and calendar that can be foreseen. Pure. Traffic and photocell cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from agent.control.calendar import Calendar
from agent.control.season import Design, Rest, by_calendar
from agent.control.sun import AstronomicalClock

_AHEAD = timedelta(days=7)
_GOOD_FOR = timedelta(minutes=1)


class Change(msgspec.Struct, frozen=True):
    """From a moment (UTC) on it is night or day, and the street rests so."""

    at: datetime
    night: bool
    rest: Rest


class StreetPlan(msgspec.Struct, frozen=True):
    """What a street was designed for, the sun where it is, and its calendar if it has one."""

    design: Design
    sun: AstronomicalClock
    calendar: Calendar | None = None

    def at(self, utc: datetime) -> Change:
        """Return what is planned for a moment."""
        period = None if self.calendar is None else self.calendar.at(utc)
        return Change(utc, self.sun.is_night(utc), by_calendar(self.design, period))


def changes(plan: StreetPlan, begin: datetime, end: datetime) -> Iterator[Change]:
    """Yield what is planned at `begin`, and each change of it until `end`."""
    now = plan.at(begin)
    yield now
    while (at := _next_edge(plan, now.at)) is not None and at < end:
        then = plan.at(at)
        if then.night is not now.night or (now.night and then.rest != now.rest):  # by day no level counts
            yield then
        now = then


class Foresight:
    """The next change that can be foreseen; reckoned anew when it has come, or the clock went back, or a minute has gone."""

    def __init__(self, plan: StreetPlan) -> None:
        self._plan = plan
        self._asked: datetime | None = None
        self._next: Change | None = None

    def next(self, utc: datetime) -> Change | None:
        """Return the first change after a moment within the next week; none if nothing changes."""
        if self._asked is None or not self._asked <= utc < self._asked + _GOOD_FOR or self._come(utc):
            planned = changes(self._plan, utc, utc + _AHEAD)
            next(planned)
            self._asked, self._next = utc, next(planned, None)
        return self._next

    def _come(self, utc: datetime) -> bool:
        return self._next is not None and self._next.at <= utc


def _next_edge(plan: StreetPlan, utc: datetime) -> datetime | None:
    """Return the next moment at which something can change: the sun's, or the calendar's."""
    edges = [edge for edge in _sun_edges(plan.sun, utc) if edge > utc]
    turn = None if plan.calendar is None else plan.calendar.next_change(utc)
    return min([*edges, *([turn[0]] if turn else [])], default=None)


def _sun_edges(sun: AstronomicalClock, utc: datetime) -> Iterator[datetime]:
    for days in range(-1, 3):
        for rising in (True, False):
            edge = sun.crossing(utc.date() + timedelta(days=days), sun.dusk_deg, rising=rising)
            if edge is not None:
                yield edge
