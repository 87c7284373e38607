"""The calendar of a street: which period is in force at a moment, and what comes next. From UTC and a place alone. Pure.

A period belongs to the day on which it begins. A day has the periods of the most special kind that names it: its date, then
a holiday by name or a date of each year, then holidays, then week days, then those for every day. Of periods that meet, the
one that began last is in force. Events, which name the date of both their ends, go above all.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import msgspec

from agent.control.holidays import NAMES, holidays
from agent.control.moments import Moment, Place, resolve

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FIRST_YEAR, LAST_YEAR = 2000, 2199  # a clock beyond them is not believed, and the calendar is not asked
_HORIZON_DAYS = 7
_KEPT_DAYS = 64


class Period(msgspec.Struct, frozen=True):
    """A stretch of time with a class or a level in per cent (none: the design's), and a base level (none: as ever).

    `days` are words of `rank`; without any it is for every day.
    """

    name: str
    start: Moment
    end: Moment
    days: tuple[str, ...] = ()
    class_name: str = ""
    class_pct: float | None = None
    base_pct: float | None = None

    @property
    def is_event(self) -> bool:
        """Return whether it comes once, on the dates that its ends name."""
        return self.start.on is not None


class Span(msgspec.Struct, frozen=True):
    """One coming of a period, from and to (not included) a moment, in UTC."""

    start: datetime
    end: datetime
    period: Period


def rank(days: Sequence[str], day: date) -> int:
    """Return how specially some words name a day; 0 if they do not."""
    names = holidays(day)
    ranks = {
        day.isoformat(): 5,
        day.strftime("%m-%d"): 4,
        **dict.fromkeys(names, 4),
        **({"holiday": 3} if names else {}),
        WEEK[day.weekday()]: 2,
    }
    return max((ranks.get(word, 0) for word in days), default=1)


def is_day_word(word: str) -> bool:
    """Return whether a word can name days: a week day, "holiday", a holiday's name, MM-DD, YYYY-MM-DD."""
    if word in {*WEEK, "holiday", *NAMES}:
        return True
    try:
        return date.fromisoformat(word if len(word) == 10 else f"2000-{word}").isoformat().endswith(word)
    except ValueError:
        return False


class Calendar:
    """The periods of one street at one place."""

    def __init__(self, periods: Sequence[Period], place: Place) -> None:
        self._periods = [period for period in periods if not period.is_event]
        self._place = place
        self._events = [span for period in periods if period.is_event for span in self._span(period, date.min)]
        self._days: dict[date, list[Span]] = {}

    def at(self, utc: datetime) -> Period | None:
        """Return the period that is in force at a moment; none if there is none, or the year is not believed."""
        if not FIRST_YEAR <= utc.year <= LAST_YEAR:
            return None
        return self._among(self._near(utc, 1), utc)

    def next_change(self, utc: datetime) -> tuple[datetime, Period | None] | None:
        """Return when within the next week another period is in force, and which; none if the one that is stays."""
        if not FIRST_YEAR <= utc.year <= LAST_YEAR:
            return None
        spans, until = self._near(utc, _HORIZON_DAYS + 1), utc + timedelta(days=_HORIZON_DAYS)
        now = self._among(spans, utc)
        for moment in sorted({edge for span in spans for edge in (span.start, span.end) if utc < edge <= until}):
            then = self._among(spans, moment)
            if then is not now:
                return moment, then
        return None

    def _near(self, utc: datetime, days: int) -> list[Span]:
        """Return what can be in force from a moment until so many days later."""
        today = utc.astimezone(self._place.zone).date()
        until = utc + timedelta(days=days)
        events = [span for span in self._events if span.end > utc and span.start <= until]
        return [span for ahead in range(-2, days + 1) for span in self._day(today + timedelta(days=ahead))] + events

    def _among(self, spans: list[Span], utc: datetime) -> Period | None:
        live = [span for span in spans if span.start <= utc < span.end]
        # The latest start; of two that start at once the later one in the file, which max() meets first.
        return max(reversed(live), key=lambda span: (span.period.is_event, span.start)).period if live else None

    def _day(self, day: date) -> list[Span]:
        """Return the periods that begin on a day."""
        if day not in self._days:
            if len(self._days) >= _KEPT_DAYS:
                self._days.clear()
            ranks = [rank(period.days, day) for period in self._periods]
            chosen = [p for p, r in zip(self._periods, ranks, strict=True) if r == max(ranks) and r > 0]
            self._days[day] = [span for period in chosen for span in self._span(period, day)]
        return self._days[day]

    def _span(self, period: Period, day: date) -> list[Span]:
        """Return the one coming of a period on a day; none if an end has no event of the sun, or nothing is between them."""
        start = resolve(period.start, day, self._place)
        end = self._end(period, day, start) if start is not None else None
        return [Span(start, end, period)] if start is not None and end is not None and end > start else []

    def _end(self, period: Period, day: date, start: datetime) -> datetime | None:
        """Return the first end after the start; between two times of the clock that is reckoned by the clock."""
        if period.is_event:
            return resolve(period.end, day, self._place)
        if not period.start.event and not period.end.event:
            late = timedelta(days=int(period.end.minutes <= period.start.minutes))
            return resolve(period.end, day + late, self._place)
        for late_days in range(3):
            end = resolve(period.end, day + timedelta(days=late_days), self._place)
            if end is None or end > start:
                return end
        return None
