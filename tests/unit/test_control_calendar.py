"""The calendar: which period is in force, on which days, in nights when the clocks change, by the sun."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from agent.control.calendar import Calendar, Period, is_day_word, rank
from agent.control.moments import Moment, Place, read_moment, resolve
from agent.control.sun import AstronomicalClock
from season_places import ALBERTSLUND, local, period, utc

NIGHT = period("night", "23:00", "05:30")


def at(text: str, *periods: Period, fold: int = 0) -> str:
    """Name of what is in force at a local time; "" for nothing."""
    found = Calendar(periods, ALBERTSLUND).at(local(text, fold))
    return "" if found is None else found.name


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2026-11-25 22:59:59", ""), ("2026-11-25 23:00", "night"), ("2026-11-26 00:00", "night"),
     ("2026-11-26 05:29:59", "night"), ("2026-11-26 05:30", ""), ("2026-11-26 12:00", "")],
)  # fmt: skip
def test_a_period_over_midnight(text: str, expected: str) -> None:
    assert at(text, NIGHT) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2026-11-27 23:30", "weekend"), ("2026-11-28 01:59", "weekend"), ("2026-11-28 02:00", ""),
     ("2026-11-29 01:00", "weekend"), ("2026-11-29 23:30", "night"), ("2026-11-30 03:00", "night")],
)  # fmt: skip
def test_a_period_belongs_to_the_day_on_which_it_begins_and_a_week_day_is_more_special_than_every_day(
    text: str, expected: str
) -> None:
    assert at(text, NIGHT, period("weekend", "23:00", "02:00", "fri", "sat")) == expected


def test_the_most_special_kind_of_period_has_the_day() -> None:
    plan = (
        NIGHT,
        period("work", "22:00", "06:00", "mon", "tue", "wed", "thu", "fri"),
        period("feast", "01:00", "02:00", "holiday"),
        period("good-friday", "20:00", "21:00", "good-friday"),
        period("that-day", "21:00", "22:00", "2026-04-03"),
    )
    assert at("2026-04-03 21:30", *plan) == "that-day"
    assert at("2026-04-03 20:30", *plan) == ""
    assert at("2027-03-26 20:30", *plan) == "good-friday"
    assert at("2026-04-06 01:30", *plan) == "feast"  # Easter Monday
    assert at("2026-04-06 22:30", *plan) == ""  # the holiday has one hour, and the working night is not for it
    assert at("2026-04-07 22:30", *plan) == "work"
    assert at("2026-04-04 23:30", *plan) == "night"


def test_of_periods_that_meet_the_one_that_began_last_is_in_force() -> None:
    plan = (period("long", "20:00", "08:00"), period("short", "01:00", "04:00"))
    assert [at(f"2026-11-26 {hour}", *plan) for hour in ("00:59", "01:00", "03:59", "04:00")] == [
        "long", "short", "short", "long"]  # fmt: skip
    twins = (period("first", "20:00", "08:00"), period("second", "20:00", "08:00"))
    assert at("2026-11-26 00:00", *twins) == "second"


def test_an_event_goes_above_all() -> None:
    event = period("party", "2026-08-14 18:00", "2026-08-16 02:00")
    plan = (event, period("that-day", "20:00", "23:00", "2026-08-15"))
    assert [at(f"2026-08-{text}", *plan) for text in ("14 17:59", "14 18:00", "15 21:00", "16 01:59", "16 02:00")] == [
        "", "party", "party", "party", ""]  # fmt: skip
    assert at("2027-08-15 21:00", *plan) == ""


def test_a_whole_day_and_until_midnight() -> None:
    assert at("2026-12-24 00:00", period("eve", "00:00", "24:00", "12-24")) == "eve"
    assert at("2026-12-24 23:59:59", period("eve", "00:00", "24:00", "12-24")) == "eve"
    assert at("2026-12-25 00:00", period("eve", "00:00", "24:00", "12-24")) == ""
    assert at("2026-11-25 21:00", period("always", "21:00", "21:00")) == "always"
    assert at("2026-11-25 20:59", period("always", "21:00", "21:00")) == "always"


# ---- Nights when the clocks change: 29 March 2026 02:00 -> 03:00, 25 October 2026 03:00 -> 02:00. -------------------------


def test_a_time_that_does_not_exist_is_as_late_as_by_the_old_clock() -> None:
    assert resolve(read_moment("02:30"), date(2026, 3, 29), ALBERTSLUND) == utc("2026-03-29 01:30")
    dim = period("dim", "02:30", "05:00")
    assert at("2026-03-29 03:29:59", dim) == ""
    assert at("2026-03-29 03:30", dim) == "dim"
    assert at("2026-03-29 04:59:59", dim) == "dim"


def test_a_period_that_lies_in_the_hour_that_does_not_exist_lasts_no_day() -> None:
    lost = period("lost", "02:30", "03:15")
    spans = [at_time for minute in range(48 * 60) if (at_time := _at(lost, utc("2026-03-28 12:00"), minute))]
    assert len(spans) == 45  # on the 30th alone: on the 29th its end (03:15) comes before its begin (03:30)


def test_a_time_that_comes_twice_is_the_first() -> None:
    twice = period("twice", "02:15", "02:45")
    assert at("2026-10-25 02:20", twice) == "twice"
    assert at("2026-10-25 02:20", twice, fold=1) == ""
    over = period("over", "02:30", "03:30")
    assert at("2026-10-25 02:10", over, fold=1) == "over"
    length = sum(1 for minute in range(24 * 60) if _at(over, utc("2026-10-24 20:00"), minute))
    assert length == 120  # two hours by any clock that does not change


def _at(one: Period, begin: datetime, minute: int) -> bool:
    return Calendar([one], ALBERTSLUND).at(begin + timedelta(minutes=minute)) is not None


# ---- By the sun. -----------------------------------------------------------------------------------------------------


def test_events_of_the_sun_are_those_of_the_almanac() -> None:
    """Copenhagen (55.676 N, 12.568 E) at the solstices: sunrise and sunset as almanacs print them, to the minute.

    Civil twilight by hand from them, by the hour angle of the heights: 61 min in June, 47 min in December.
    """
    city = Place(ALBERTSLUND.zone, AstronomicalClock(55.676, 12.568, -0.833))
    almanac = {
        ("sunrise", "2026-06-21"): "2026-06-21 04:25", ("sunset", "2026-06-21"): "2026-06-21 21:58",
        ("sunrise", "2026-12-21"): "2026-12-21 08:37", ("sunset", "2026-12-21"): "2026-12-21 15:39",
        ("dusk", "2026-06-21"): "2026-06-21 22:59", ("dawn", "2026-12-21"): "2026-12-21 07:50",
    }  # fmt: skip
    for (event, day), expected in almanac.items():
        found = resolve(Moment(event, 0), date.fromisoformat(day), city)
        assert found is not None
        assert abs(found - local(expected)) <= timedelta(minutes=1.5), event


def test_a_period_between_the_sun_and_the_clock() -> None:
    evening = period("evening", "sunset+30min", "22:00")
    morning = period("morning", "05:00", "sunrise-15min")
    assert at("2026-12-21 16:11", evening) == "evening"
    assert at("2026-12-21 16:09", evening) == ""
    assert at("2026-12-21 08:20", morning) == "morning"
    assert at("2026-12-21 08:26", morning) == ""
    # At midsummer the sun sets at 21:58: sunset+30min comes after 22:00, so the next 22:00 ends it, a day later.
    assert at("2026-06-21 23:00", period("late", "sunset", "sunrise")) == "late"
    assert at("2026-06-21 12:00", period("late", "sunset", "sunrise")) == ""


def test_a_sun_that_does_not_set_has_no_period() -> None:
    tromso = Place(ZoneInfo("Europe/Oslo"), AstronomicalClock(69.65, 18.96, -0.833))
    calendar = Calendar([period("dark", "sunset", "sunrise")], tromso)
    assert all(calendar.at(utc("2026-06-21 00:00") + timedelta(hours=hour)) is None for hour in range(24))
    assert calendar.at(utc("2026-09-21 23:00")) is not None


# ---- What comes next, and clocks that cannot be. ---------------------------------------------------------------------


def test_what_comes_next() -> None:
    calendar = Calendar([NIGHT, period("early", "04:00", "05:30", pct=70.0)], ALBERTSLUND)
    moment, then = calendar.next_change(local("2026-11-25 12:00")) or (None, None)
    assert (moment, then and then.name) == (local("2026-11-25 23:00"), "night")
    moment, then = calendar.next_change(local("2026-11-26 00:00")) or (None, None)
    assert (moment, then and then.name) == (local("2026-11-26 04:00"), "early")
    moment, then = calendar.next_change(local("2026-11-26 04:00")) or (None, None)
    assert (moment, then) == (local("2026-11-26 05:30"), None)
    assert Calendar([], ALBERTSLUND).next_change(local("2026-11-26 00:00")) is None
    assert Calendar([period("all", "00:00", "24:00")], ALBERTSLUND).next_change(local("2026-11-26 00:00")) is None


@pytest.mark.parametrize("year", [1, 1970, 1999, 2200, 9999])
def test_outside_its_years_a_calendar_says_nothing(year: int) -> None:
    calendar = Calendar([period("all", "00:00", "24:00")], ALBERTSLUND)
    assert calendar.at(datetime(year, 1, 1, tzinfo=UTC)) is None
    assert calendar.next_change(datetime(year, 1, 1, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [("23:00", Moment("", 1380)), ("7:05", Moment("", 425)), ("24:00", Moment("", 1440)), ("sunset", Moment("sunset", 0)),
     ("sunset+30min", Moment("sunset", 30)), ("sunrise-1h", Moment("sunrise", -60)), ("dusk+1h30min", Moment("dusk", 90)),
     ("2026-08-14 18:00", Moment("", 1080, date(2026, 8, 14))), ("2026-08-14 dawn", Moment("dawn", 0, date(2026, 8, 14)))],
)  # fmt: skip
def test_moments_as_people_write_them(text: str, expected: Moment) -> None:
    assert read_moment(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "24:01", "23:60", "noon", "sunset+", "sunset+30", "sunset30min", "sunset+13h", "23.00", "2026-02-30 18:00",
     "2026-08-14", "23:00 2026-08-14", "2026-08-14 18:00 x", "\u0662\u0663:\u0660\u0660", "sunset+\u0663min"],
)  # fmt: skip
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        read_moment(text)


def test_words_for_days() -> None:
    day = date(2026, 12, 25)
    ranked = [rank((word,), day) for word in ("2026-12-25", "12-25", "christmas-day", "holiday", "fri", "thu")]
    assert ranked == [5, 4, 4, 3, 2, 0]
    assert rank((), day) == 1
    good = ("mon", "holiday", "whit-monday", "12-24", "02-29", "2026-12-24")
    bad = ("monday", "13-01", "02-30", "2026-13-01", "12-4", "holidays", "", "20261224", "2026-W52")
    assert all(map(is_day_word, good))
    assert not any(map(is_day_word, bad))
