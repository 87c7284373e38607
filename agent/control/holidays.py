"""The public holidays of Denmark, by rule. Pure.

Source: the official list (helligdage); the Great Prayer Day was abolished from 2024 on.
"""

from __future__ import annotations

from datetime import date

_PRAYER_DAY_UNTIL = 2023

# Days after Easter Sunday.
_BY_EASTER = {
    "maundy-thursday": -3,
    "good-friday": -2,
    "easter-sunday": 0,
    "easter-monday": 1,
    "prayer-day": 26,
    "ascension-day": 39,
    "whit-sunday": 49,
    "whit-monday": 50,
}
_BY_DATE = {(1, 1): "new-years-day", (12, 25): "christmas-day", (12, 26): "second-christmas-day"}

NAMES = (*_BY_EASTER, *_BY_DATE.values())


def easter(year: int) -> date:
    """Return Easter Sunday of a Gregorian year (anonymous Gregorian computus, Meeus, Astronomical Algorithms, ch. 8)."""
    golden = year % 19
    century, in_century = divmod(year, 100)
    leap_centuries, century_rest = divmod(century, 4)
    moon_shift = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leap_centuries - moon_shift + 15) % 30
    leaps, year_rest = divmod(in_century, 4)
    to_sunday = (32 + 2 * century_rest + 2 * leaps - epact - year_rest) % 7
    late = (golden + 11 * epact + 22 * to_sunday) // 451
    month, day = divmod(epact + to_sunday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def holidays(day: date) -> tuple[str, ...]:
    """Return the names of the public holidays on a day: none, one, or two where they meet."""
    after_days = (day - easter(day.year)).days
    names = [name for name, days in _BY_EASTER.items() if days == after_days]
    if day.year > _PRAYER_DAY_UNTIL and "prayer-day" in names:
        names.remove("prayer-day")
    fixed = _BY_DATE.get((day.month, day.day))
    return (*names, *((fixed,) if fixed else ()))
