"""Night by clock and photocell together, by each alone, by neither; clocks that jump."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from agent.control.nightfall import DARKER_AFTER_S, Nightfall
from agent.control.photocell import DOUBT_S, Photocell
from agent.control.settled import Settled
from agent.control.sun import AstronomicalClock
from season_places import SUN, utc

SUNSET = utc("2026-11-20 14:57")  # Albertslund, to the minute by the almanac
SUNRISE = utc("2026-11-21 06:57")
STEP = timedelta(seconds=10)


class Twilight:
    """A street in virtual time, a step every 10 s; the photocell is told what it says."""

    def __init__(self, begin: datetime, *, night: bool | None, cell: bool = True, sun: AstronomicalClock = SUN) -> None:
        self.cell = Photocell()
        self.nightfall = Nightfall(sun, night, self.cell if cell else None)
        self.utc = begin
        self.now_s = 1000.0
        self.trusted = True
        self.said: bool | None = night
        self.deaf = False

    def by(self) -> str:
        return self.nightfall.by

    def now(self) -> bool | None:
        return self.said

    def run(self, until: datetime, says: bool | None = None) -> bool | None:
        while self.utc < until:
            self.step(says)
        return self.said

    def step(self, says: bool | None = None) -> bool | None:
        self.utc += STEP
        self.now_s += STEP.total_seconds()
        self.cell.night = says
        if not self.deaf:
            self.cell.heard_s = self.now_s
        self.said = self.nightfall.step(self.now_s, self.utc, trusted=self.trusted)
        return self.said

    def switches(self, until: datetime, says: bool | None) -> Iterator[datetime]:
        before = self.said
        while self.utc < until:
            if self.step(says) is not before:
                before = self.said
                yield self.utc


def about(moment: datetime, expected: datetime) -> bool:
    return abs(moment - expected) <= timedelta(minutes=2)


@pytest.mark.parametrize(
    ("says", "on_min", "off_min"),
    [(None, 0, 0), (True, -45, 45), (False, 45, -45)],  # a dead cell; one in the shade; one under a lamp
)
def test_a_photocell_shifts_the_clock_by_at_most_45_min(says: bool | None, on_min: int, off_min: int) -> None:
    street = Twilight(SUNSET - timedelta(hours=4), night=False)
    switched = list(street.switches(SUNRISE + timedelta(hours=4), says))
    assert len(switched) == 2
    assert about(switched[0], SUNSET + timedelta(minutes=on_min))
    assert about(switched[1], SUNRISE + timedelta(minutes=off_min))


def test_within_the_shift_the_photocell_decides() -> None:
    street = Twilight(SUNSET - timedelta(hours=2), night=False)
    assert street.run(SUNSET - timedelta(minutes=30), says=False) is False
    assert street.step(says=True) is True
    assert street.by() == "both"
    assert street.run(SUNSET + timedelta(minutes=44), says=True) is True
    assert street.run(SUNSET + timedelta(minutes=50), says=False) is True
    assert street.by() == "clock"


def test_without_a_trusted_clock_the_photocell_rules_alone_and_without_it_nobody_knows() -> None:
    street = Twilight(SUNSET - timedelta(hours=4), night=False)
    street.trusted = False
    assert street.run(SUNSET - timedelta(hours=3), says=True) is True
    assert (street.by(), street.nightfall.sun_deg) == ("photocell", None)
    assert street.run(SUNSET - timedelta(hours=2), says=False) is False
    assert street.step(says=None) is None
    assert street.by() == "nothing"


def test_a_photocell_that_is_lost_in_twilight_leaves_the_rest_of_it_to_the_clock() -> None:
    street = Twilight(SUNRISE - timedelta(hours=2), night=True)
    street.run(SUNRISE + timedelta(minutes=10), says=True)
    assert street.now() is True
    street.deaf = True  # traffic all the time: our own light on it
    street.run(SUNRISE + timedelta(minutes=25), says=True)
    assert street.now() is False  # ten minutes, and one in which that is said without a break
    street.deaf = False
    assert list(street.switches(SUNRISE + timedelta(hours=3), says=True)) == []


def test_a_photocell_that_is_heard_late_is_asked_from_then_on() -> None:
    street = Twilight(SUNSET - timedelta(minutes=40), night=False)
    assert street.run(SUNSET - timedelta(minutes=20), says=None) is False
    assert street.step(says=True) is True


def test_light_comes_at_once_and_goes_after_a_minute_without_a_break() -> None:
    street = Twilight(utc("2026-11-20 12:00"), night=True, cell=False)
    began = street.utc
    while street.step() is True:
        pass
    assert DARKER_AFTER_S <= (street.utc - began).total_seconds() <= DARKER_AFTER_S + 20
    street.utc = utc("2026-11-20 20:00")
    assert street.step() is True


def test_a_clock_that_jumps_to_and_fro_keeps_the_street_lit() -> None:
    street = Twilight(utc("2026-11-20 12:00"), night=False, cell=False)
    for number in range(200):
        street.utc = utc("2026-11-20 20:00") if number % 5 == 0 else utc("2026-11-20 12:00")
        assert street.step() is True


def test_trust_that_comes_and_goes_does_not_flicker() -> None:
    street = Twilight(utc("2026-11-20 20:00"), night=True, cell=False)
    street.trusted = False
    assert street.step() is None
    for number in range(200):
        street.trusted = number % 4 != 0
        assert street.step() is None
    street.trusted = True
    assert street.run(street.utc + timedelta(seconds=80)) is True


def test_a_night_shorter_than_the_shift() -> None:
    """At 65.7 N the midsummer night is half an hour: nothing raises, and the clock alone lights it."""
    north = AstronomicalClock(65.55, 22.15, -0.833)
    street = Twilight(utc("2026-06-21 18:00"), night=False, sun=north)
    switched = list(street.switches(utc("2026-06-22 02:00"), None))
    assert len(switched) == 2
    assert timedelta(minutes=10) <= switched[1] - switched[0] <= timedelta(minutes=90)


def test_settled_levels_rise_at_once_and_fall_to_the_highest_of_the_last_while() -> None:
    level = Settled(50.0, hold_s=60.0)
    assert [level.take(asked, at_s) for at_s, asked in ((0, 20.0), (30, 40.0), (59, 30.0))] == [50.0] * 3
    assert level.take(30.0, 60.0) == 40.0
    assert level.take(80.0, 61.0) == 80.0
    assert [level.take(30.0, 62.0), level.take(80.0, 100.0), level.take(30.0, 123.0)] == [80.0] * 3
    assert DOUBT_S > 60.0
