"""Calendar, counted traffic, photocell and design class in a configuration: what is read, and each kind of mistake."""
# ruff: noqa: E501 - a mistake and its message on a line

from __future__ import annotations

import re

import pytest

from agent.config import Config, ConfigError
from agent.config.records import CountedTraffic
from agent.control.moments import Moment
from config_reading import POLE, read_text

LATE, PARTY = "[lighting.calendar.late]", "[lighting.calendar.summer-party]"
TIME = 'expected a time such as "23:00" or "sunset+30min", or of an event "2026-08-14 18:00"'
DAYS = '"mon" … "sun", "mon-fri", "holiday", a holiday\'s name, "12-24" or "2026-12-24"'

CASES = [
    ('from = "23:00"', 'from = "25:00"', 'from = "25', f'lighting.calendar.late.from: {TIME}, found "25:00"'),
    ('from = "23:00"', 'from = "noon"', 'from = "noon', f'lighting.calendar.late.from: {TIME}, found "noon"'),
    ('from = "23:00"', "from = 23", "from = 23", f"lighting.calendar.late.from: {TIME}, found 23"),
    ('from = "23:00"', 'from = "24:00"', 'from = "24', 'lighting.calendar.late.from: expected a time before 24:00, found "24:00"'),
    ('from = "23:00"', "", LATE, f"lighting.calendar.late.from: {TIME}, found nothing"),
    ('to = "sunrise-1h"', "", LATE, f"lighting.calendar.late.to: {TIME}, found nothing"),
    ('to = "sunrise-1h"', 'to = "2026-08-14 05:00"', 'to = "2026-08-14 0', 'lighting.calendar.late.from: expected a date before the time, as the other end has one, found "23:00"'),
    ('to = "2026-08-16 02:00"', 'to = "02:00"', 'to = "02', 'lighting.calendar.summer-party.to: expected a date before the time, as the other end has one, found "02:00"'),
    ('to = "2026-08-16 02:00"', 'to = "2026-08-14 02:00"', 'to = "2026-08-14', 'lighting.calendar.summer-party.to: expected a moment after from, found "2026-08-14 02:00"'),
    ('to = "2026-08-16 02:00"', 'to = "2026-02-30 02:00"', 'to = "2026-02', f'lighting.calendar.summer-party.to: {TIME}, found "2026-02-30 02:00"'),
    ('to = "2026-08-16 02:00"', 'to = "2026-08-16 02:00"\ndays = "fri"', 'days = "fri', 'lighting.calendar.summer-party.days: expected no such option beside a date in from, found "fri"'),
    ('class = "M5" ', 'class = "M7" ', 'class = "M7', 'lighting.calendar.late.class: expected a class of EN 13201: M1..M6, C0..C5 or P1..P6, found "M7"'),
    ('class = "M5" ', 'class = "P4" ', 'class = "P4', 'lighting.calendar.late.class: expected a class M…, as design_class is M3, found "P4"'),
    ('class = "M5" ', 'class = "M2" ', 'class = "M2', 'lighting.calendar.late.class: expected a class that these lamps can give: M3 takes 100 %, found "M2"'),
    ('class = "M5" ', 'class = "M5"\nclass_pct = 50 ', "class_pct = 50 ", "lighting.calendar.late.class_pct: expected no such option beside class, found 50"),
    ('class = "M5" ', "class_pct = 4 ", "class_pct = 4", "lighting.calendar.late.class_pct: expected at least floor_pct (5), found 4 %"),
    ('class = "M5" ', "class_pct = 101 ", "class_pct = 101", "lighting.calendar.late.class_pct: expected a number from 0 to 100, found 101"),
    ("base_pct = 5 ", "base_pct = 51 ", "base_pct = 51", "lighting.calendar.late.base_pct: expected at most the level of this period's class (50), found 51"),
    ("class_pct = 90\nbase_pct = 60", "", PARTY, "lighting.calendar.summer-party.class: expected class, class_pct or base_pct, found nothing"),
    ('days = "sun-thu"', 'days = "sunday"', 'days = "sunday', f'lighting.calendar.late.days: expected {DAYS} (did you mean sun?), found "sunday"'),
    ('days = "sun-thu"', 'days = ["mon", "13-01"]', "days = [", f'lighting.calendar.late.days: expected {DAYS}, found "13-01"'),
    ('days = "sun-thu"', "days = []", "days = [", f"lighting.calendar.late.days: expected {DAYS}, found a list"),
    ('days = "sun-thu"', "days = [1]", "days = [", f"lighting.calendar.late.days: expected {DAYS}, found a list"),
    ('days = "sun-thu"', "days = 7", "days = 7", f"lighting.calendar.late.days: expected {DAYS}, found 7"),
    ('days = "sun-thu"', 'day = "sun-thu"', "day = ", "lighting.calendar.late.day: expected one of base_pct, class, days, from, to (did you mean days?), found an unknown option"),
    (LATE, "[lighting.calendar]\nlate = 1\n[lighting.calendar.other]", "late = 1", "lighting.calendar.late: expected a table, found 1"),
    ('photocell = "lux-1"', 'photocell = "lux-2"', "photocell", 'lighting.photocell: expected a device of kind = "lux" (did you mean lux-1?), found "lux-2"'),
    ('profile = "jxct-illuminance"', 'profile = "jxct-illuminance"\npoll_s = 31', "photocell", "lighting.photocell: expected one on a unit that is read at least every 30 s, found poll_s = 31"),
    ('counter = "road-1"', 'counter = "lum-01"', "counter", 'lighting.traffic.counter: expected a device of kind = "presence" or "vehicles", found "lum-01"'),
    ('counter = "road-1"', "", "[lighting.traffic]", 'lighting.traffic.counter: expected the name of a device of kind = "presence" or "vehicles", found nothing'),
    ("capacity_per_h = 900", "capacity_per_h = 0", "capacity_per_h", "lighting.traffic.capacity_per_h: expected a number from 1 to 20000, found 0"),
    ('lowest = "M4"', 'lowest = "M6"', "lowest", 'lighting.traffic.lowest: expected a class from M3 to M5, found "M6"'),
    ('road = "two-lane"', 'road = "lane"', "road = ", 'lighting.traffic.road: expected "two-lane" or "motorway" (did you mean two-lane?), found "lane"'),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "line", "message"), CASES, ids=[f"{new} {message[:40]}" for _, new, _, message in CASES]
)
def test_a_mistake_names_line_key_and_what_was_expected(old: str, new: str, line: str, message: str) -> None:
    assert POLE.count(old) == 1
    document = POLE.replace(old, new)
    with pytest.raises(ConfigError) as caught:
        read_text(document)
    [found] = [said for said in str(caught.value).split("\n") if message in said]
    number = int(re.match(r"/etc/gadelys/pole.toml:(\d+): ", found)[1])  # type: ignore[index]
    assert found.endswith(message)
    shown = document.split("\n")[number - 1]
    assert shown.startswith(line) or message.startswith("lighting.calendar.late.from: expected a date")


def test_without_a_design_class_no_other_can_be_named() -> None:
    document = POLE.replace('design_class = "M3"', "")
    with pytest.raises(ConfigError) as caught:
        read_text(document)
    said = str(caught.value)
    assert "late.class: expected class_pct, or design_class in [lighting], to which it is held, found" in said
    assert (
        "traffic.capacity_per_h: expected design_class in [lighting], from which traffic takes the class down" in said
    )


def changed(old: str, new: str) -> Config:
    assert POLE.count(old) == 1
    return read_text(POLE.replace(old, new))


def test_the_annotated_example_is_read() -> None:
    light = read_text(POLE).lighting
    late, party = light.calendar
    assert (light.design_class, light.photocell) == ("M3", "lux-1")
    assert (late.start, late.end) == (Moment("", 23 * 60), Moment("sunrise", -60))
    assert (late.class_name, late.class_pct, late.base_pct) == ("M5", 50.0, 5.0)
    assert late.days == ("sun", "mon", "tue", "wed", "thu")
    assert party.is_event
    assert (party.class_pct, party.base_pct) == (90.0, 60.0)
    assert light.traffic == CountedTraffic(counter="road-1", capacity_per_h=900.0, road="two-lane", lowest="M4")


def test_a_class_below_the_design_is_in_its_installations_levels() -> None:
    assert changed("[lighting]\nclass_pct = 100", "[lighting]\nclass_pct = 80").lighting.calendar[0].class_pct == 40.0


def test_days_are_words_or_ranges_of_the_week() -> None:
    assert changed('days = "sun-thu"', 'days = ["fri-mon", "holiday", "good-friday", "12-31"]').lighting.calendar[0].days == (
        "fri", "sat", "sun", "mon", "holiday", "good-friday", "12-31")  # fmt: skip


def test_lowest_is_two_below_the_design_class_if_it_is_not_said() -> None:
    traffic = changed('lowest = "M4"', "").lighting.traffic
    assert traffic is not None
    assert traffic.lowest == "M5"


def test_without_any_of_it_the_street_is_as_ever() -> None:
    plain = POLE[: POLE.index("design_class =")] + POLE[POLE.index("# ---- The way to the platform") :]
    light = read_text(plain).lighting
    assert (light.design_class, light.photocell, light.calendar, light.traffic) == ("", None, (), None)
