"""Clock, photocell, calendar and counted traffic that fail, and what the street does: rows of the table "Fail lit"."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from agent.control.leases import Demand
from agent.control.nightfall import DARKER_AFTER_S
from agent.control.photocell import DOUBT_S, FROZEN_BY_DAY_S, OFF_S, SELF_LIGHT_S
from agent.control.traffic import INTERVAL_S
from failing_street import (
    ALL,
    BASE_PCT,
    CLASS_PCT,
    DUSK,
    FADE_S,
    FAR,
    HERE,
    MAX_AGE_S,
    SEASON_S,
    SPACING_M,
    FailingStreet,
)
from season_places import period


def test_the_clock_is_not_trusted() -> None:
    street = FailingStreet()
    street.clock.trusted = False
    assert street.after_s(ALL, CLASS_PCT) <= SEASON_S + FADE_S
    street.run(FADE_S)
    assert (street.lamps.level_pct[FAR], street.control.winner(FAR)) == (100.0, "default")
    street.people_m = [SPACING_M * lamp for lamp in ALL]
    street.run(600.0, 0.5)
    assert street.lit()


def test_the_clock_is_not_trusted_but_the_photocell() -> None:
    street = FailingStreet(lux=1.0, periods=[period("late", "21:00", "23:00", pct=5.0)])
    street.run(300.0, 1.0)
    assert street.lamps.level_pct[FAR] == 5.0
    street.clock.trusted = False
    assert (
        street.after_s([FAR], BASE_PCT) <= SEASON_S + FADE_S + 30.0
    )  # a class is faded to so slowly that nobody sees it
    assert (street.season.night_by, street.season.rest.class_pct) == ("photocell", CLASS_PCT)
    street.run(600.0, 0.5)
    assert street.lit()


@pytest.mark.parametrize(
    "jump", [timedelta(hours=14), timedelta(days=-200), timedelta(days=80_000), timedelta(days=-9000)]
)
def test_a_clock_that_jumps_and_comes_back(jump: timedelta) -> None:
    street = FailingStreet()
    for _ in range(5):
        street.clock.begin += jump
        street.run(DARKER_AFTER_S - 2 * SEASON_S)
        street.clock.begin -= jump
        street.run(5.0)
    assert street.lit()


def test_a_clock_that_is_trusted_and_wrong() -> None:
    """What is trusted is believed: nothing on the street could tell, and a photocell may only shift a night by 45 min."""
    street = FailingStreet(lux=1.0)
    street.run(60.0)
    street.clock.begin += timedelta(hours=14)  # late in the morning, it says
    street.run(DARKER_AFTER_S - SEASON_S)
    assert street.lit()
    street.lux = 0.5
    street.run(SELF_LIGHT_S + DOUBT_S + 60.0, 0.5)
    assert (street.control.night, street.season.night_by) == (False, "clock")
    assert "while the sun is at" in street.cell.fault
    street.clock.begin -= timedelta(hours=14)
    assert street.after_s(ALL, BASE_PCT) <= SEASON_S + FADE_S


def test_a_clock_that_loses_its_trust_again_and_again() -> None:
    street = FailingStreet()
    for _ in range(20):
        street.clock.trusted = not street.clock.trusted
        street.run(30.0)
    assert street.lit()


def test_a_monotonic_clock_that_stands_still_or_goes_back() -> None:
    """No kernel does that; if one did, time would stand still, and light with it."""
    street = FailingStreet()
    for back_s in (0.0, 0.5, 30.0, 900.0):
        street.clock.now_s -= back_s
        street.step()
        street.run(5.0)
    street.clock.now_s += 3600.0
    street.run(5.0)
    assert street.lit()


def photocell_is_silent(street: FailingStreet) -> None:
    street.lux = None


def photocell_is_out_of_range(street: FailingStreet) -> None:
    street.lux = 1e9


def photocell_is_not_a_number(street: FailingStreet) -> None:
    street.lux = math.nan


def photocell_says_day(street: FailingStreet) -> None:
    street.lux = 5000.0


@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize(
    ("fails", "within_s"),
    [
        (photocell_is_silent, 30.0),
        (photocell_is_out_of_range, 0.0),
        (photocell_is_not_a_number, 0.0),
        (photocell_says_day, DOUBT_S + 60.0),
    ],
)
def test_the_photocell(fails: Callable[[FailingStreet], None], within_s: float, trusted: bool) -> None:
    """At night. With a clock it is asked in twilight only; without one it is all there is, and daylight by it is day."""
    street = FailingStreet(lux=1.0)
    street.clock.trusted = trusted
    street.run(60.0)
    fails(street)
    if fails is photocell_says_day and not trusted:
        return
    street.run(within_s + SEASON_S + FADE_S)
    assert street.season.night_by == ("clock" if trusted else "nothing")
    street.people_m = [SPACING_M * lamp for lamp in ALL]
    street.run(10.0)
    street.darkest_pct = math.inf
    street.run(1800.0, 1.0)
    assert street.lit()


def test_a_photocell_that_is_frozen_on_day_while_no_clock_is_trusted() -> None:
    """The one case in which the street is dark while somebody is there: for two hours at most, and only without any clock."""
    street = FailingStreet(lux=1.0)
    street.clock.trusted = False
    street.lux = 5000.0
    street.run(OFF_S + 240.0, 1.0)
    assert street.control.night is False
    assert street.after_s(ALL, 100.0, FROZEN_BY_DAY_S, 1.0) <= FROZEN_BY_DAY_S
    assert street.season.night_by == "nothing"


@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize("own_lx", [30.0, 100.0, 250.0])
def test_a_photocell_beside_a_lamp(own_lx: float, trusted: bool) -> None:
    """Into dusk: once the lamps are lit their own light, `own_lx` of a full one, does not put them out again."""
    street = FailingStreet([HERE * SPACING_M], begin=DUSK, lux=60.0)
    street.clock.trusted = trusted
    switches = []
    for second in range(3600):
        night = street.control.night
        street.lux = 60.0 * math.exp(-second / 900.0) + own_lx * street.lamps.level_pct[HERE] / 100.0
        street.people_m = [HERE * SPACING_M] if second % 900 < 600 else []
        street.run(1.0, 1.0)
        if street.control.night is not night:
            switches.append(street.control.night)
    assert switches == ([False, True] if trusted else [None, False, True])


def test_a_photocell_that_sees_our_own_lamps_all_the_time() -> None:
    """In dusk, while there is always one that changes: it cannot be asked, and the clock has it."""
    street = FailingStreet(begin=DUSK + timedelta(minutes=20), lux=100.0)
    for turn in range(int(DOUBT_S / 20.0) + 3):
        street.control.leases.take(FAR, "technician", Demand("t", 20.0 + turn % 2, 60.0), street.now_s)
        street.run(20.0, 0.1)
    assert (street.control.night, street.season.night_by) == (True, "clock")


@pytest.mark.parametrize(
    "begin", ["1999-12-31T20:30:00+00:00", "2200-01-01T20:30:00+00:00", "9998-01-01T20:30:00+00:00"]
)
def test_a_year_of_which_the_calendar_knows_nothing(begin: str) -> None:
    street = FailingStreet(begin=datetime.fromisoformat(begin), periods=[period("late", "00:00", "24:00", pct=5.0)])
    street.run(200.0, 0.5)
    assert street.lamps.level_pct[FAR] == BASE_PCT
    assert street.season.rest.class_pct == CLASS_PCT
    assert street.lit()


def test_counting_is_silent() -> None:
    street = FailingStreet(counted=True)
    street.run(3 * INTERVAL_S, 0.5)
    assert street.season.rest.class_pct < CLASS_PCT
    street.silent.add(4)
    street.run(MAX_AGE_S + SEASON_S)
    assert street.season.rest.class_pct == CLASS_PCT
    street.silent.clear()
    street.run(2 * INTERVAL_S - 60.0, 0.5)
    assert street.season.rest.class_pct == CLASS_PCT
    street.run(INTERVAL_S, 0.5)
    assert street.season.rest.class_pct < CLASS_PCT
    assert street.lit()
