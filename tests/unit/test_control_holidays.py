"""Danish public holidays, held against lists of years and another rule for Easter."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from agent.control.holidays import NAMES, easter, holidays

# As printed in Danish calendars.
DAYS_2026 = {
    "01-01": "new-years-day", "04-02": "maundy-thursday", "04-03": "good-friday", "04-05": "easter-sunday",
    "04-06": "easter-monday", "05-14": "ascension-day", "05-24": "whit-sunday", "05-25": "whit-monday",
    "12-25": "christmas-day", "12-26": "second-christmas-day",
}  # fmt: skip
EASTERS = {
    2000: "04-23", 2008: "03-23", 2011: "04-24", 2016: "03-27", 2019: "04-21", 2023: "04-09", 2024: "03-31", 2025: "04-20",
    2026: "04-05", 2027: "03-28", 2028: "04-16", 2029: "04-01", 2030: "04-21", 2038: "04-25", 2049: "04-18", 2076: "04-19",
}  # fmt: skip


def gauss(year: int) -> date:
    """Easter by Gauss's rule with Lichtenberg's correction: of other steps than the one under test."""
    k = year // 100
    m = 15 + (3 * k + 3) // 4 - (8 * k + 13) // 25
    d = (19 * (year % 19) + m) % 30
    r = (d + (year % 19) // 11) // 29
    full_moon = 21 + d - r
    s = 2 - (3 * k + 3) // 4
    sunday = 7 - (year + year // 4 + s) % 7
    march = full_moon + 7 - (full_moon - sunday) % 7
    return date(year, 3, 1) + timedelta(days=march - 1)


def test_easter_by_two_rules_and_by_the_calendar() -> None:
    for year in range(1900, 2200):
        assert easter(year) == gauss(year)
        assert easter(year).weekday() == 6
    for year, day in EASTERS.items():
        assert easter(year).strftime("%m-%d") == day


def test_the_holidays_of_a_year() -> None:
    found = {}
    for number in range(365):
        day = date(2026, 1, 1) + timedelta(days=number)
        for name in holidays(day):
            found[day.strftime("%m-%d")] = name
    assert found == DAYS_2026
    assert set(DAYS_2026.values()) == set(NAMES) - {"prayer-day"}


@pytest.mark.parametrize(("day", "names"), [(date(2023, 5, 5), ("prayer-day",)), (date(2024, 4, 26), ())])
def test_the_great_prayer_day_ended_with_2023(day: date, names: tuple[str, ...]) -> None:
    assert holidays(day) == names
