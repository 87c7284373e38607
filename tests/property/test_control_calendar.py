"""Calendars of any kind: any instant has exactly one level, whatever night it is, and it is the one that the rules say."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.control.calendar import WEEK, Calendar, Period
from agent.control.holidays import holidays
from agent.control.moments import Moment
from agent.control.plan import StreetPlan, changes
from agent.control.season import Design
from season_places import ALBERTSLUND, COPENHAGEN, SUN

MINUTES = st.integers(0, 1439)
DAYS = st.lists(st.sampled_from([*WEEK, "holiday", "12-25", "03-29", "2026-10-25"]), max_size=3).map(tuple)
CIVIL = st.builds(lambda start, end, days: (start, end, days), MINUTES, st.integers(0, 1440), DAYS)
WINTER = datetime(2025, 12, 1, tzinfo=UTC)
CHANGES = (datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC))
INSTANTS = st.integers(0, 400 * 86_400).map(lambda seconds: WINTER + timedelta(seconds=seconds)) | st.builds(
    lambda change, minutes: change + timedelta(minutes=minutes), st.sampled_from(CHANGES), st.integers(-300, 300)
)


def named(rows: list[tuple[int, int, tuple[str, ...]]]) -> list[Period]:
    return [
        Period(f"p{number}", Moment("", start), Moment("", end), days, class_pct=float(number))
        for number, (start, end, days) in enumerate(rows)
    ]


def kind(days: tuple[str, ...], day: date) -> int:
    """How specially days are named: by its date 4, each year 3, holiday 2, week day 1, every day 0; -1 not at all."""
    if not days:
        return 0
    kinds = [-1]
    for word in days:
        if word == str(day):
            kinds.append(4)
        elif word == f"{day:%m-%d}":
            kinds.append(3)
        elif word == "holiday" and holidays(day):
            kinds.append(2)
        elif word == f"{day:%a}".lower():
            kinds.append(1)
    return max(kinds)


def reference(rows: list[tuple[int, int, tuple[str, ...]]], utc: datetime) -> int | None:
    """The rules once more, in a few lines: the number of the period in force."""
    best: tuple[datetime, int] | None = None
    for back in (2, 1, 0):
        day = utc.astimezone(COPENHAGEN).date() - timedelta(days=back)
        most = max((kind(days, day) for _, _, days in rows), default=-1)
        for number, (start, end, days) in enumerate(rows):
            if kind(days, day) != most or most < 0:
                continue
            begins = clock(day, start)
            ends = clock(day + timedelta(days=end <= start), end)
            if begins <= utc < ends:
                best = max(best or (begins, number), (begins, number))
    return None if best is None else best[1]


def clock(day: date, minutes: int) -> datetime:
    wall = datetime.combine(day + timedelta(days=minutes // 1440), time(minutes // 60 % 24, minutes % 60), COPENHAGEN)
    return wall.astimezone(UTC)


MOMENTS = st.builds(Moment, st.just(""), MINUTES) | st.builds(
    Moment, st.sampled_from(["sunrise", "sunset", "dawn", "dusk"]), st.integers(-720, 720)
)
PERIODS = st.lists(
    st.builds(Period, st.uuids().map(str), MOMENTS, MOMENTS, DAYS, class_pct=st.floats(0, 100)), max_size=4
)


@settings(deadline=None, max_examples=60)
@given(PERIODS, INSTANTS)
def test_nothing_changes_until_the_next_change(periods: list[Period], utc: datetime) -> None:
    calendar = Calendar(periods, ALBERTSLUND)
    now, coming = calendar.at(utc), calendar.next_change(utc)
    until = coming[0] if coming is not None else utc + timedelta(days=7)
    for part in range(40):
        assert calendar.at(utc + (until - utc) * (part / 40)) is now
    if coming is not None:
        assert calendar.at(coming[0]) is coming[1]
        assert coming[1] is not now


@settings(deadline=None, max_examples=40)
@given(PERIODS, INSTANTS)
def test_a_plan_says_for_each_instant_what_is_then(periods: list[Period], utc: datetime) -> None:
    """The list of changes against asking at each instant: the same night and the same level everywhere."""
    plan = StreetPlan(Design(100.0, 10.0), SUN, Calendar(periods, ALBERTSLUND))
    end = utc + timedelta(days=1)
    planned = list(changes(plan, utc, end))
    assert planned[0].at == utc
    assert [change.at for change in planned] == sorted({change.at for change in planned})
    for quarter in range(96):
        moment = utc + timedelta(minutes=15 * quarter)
        if any(abs(change.at - moment) < timedelta(seconds=1) for change in planned[1:]):
            continue  # the sun's height is reckoned to less than that
        said = [change for change in planned if change.at <= moment][-1]
        is_so = plan.at(moment)
        assert (said.night, said.night and said.rest) == (is_so.night, is_so.night and is_so.rest)
