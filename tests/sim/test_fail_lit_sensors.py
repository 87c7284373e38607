"""Sensors that fail, and what the street does: rows of the table "Fail lit" of agent/README.md, judged at the output side.

Somebody stands under a lamp when it fails, and is never in less than the class level; what cannot be so is said. Which test
proves which row is in tests/arch/test_fail_lit_table.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from agent.control.pins import RESTLESS_S
from drivers.points import Quality
from failing_street import (
    ALL,
    BASE_PCT,
    CLASS_PCT,
    FADE_S,
    FAR,
    HERE,
    MAX_AGE_S,
    NEAR_PCT,
    PIN,
    PIR_HOLD_S,
    SPACING_M,
    STEP_S,
    FailingStreet,
)


def gone(street: FailingStreet, sensor: int) -> None:
    street.silent.add(sensor)


def bad(street: FailingStreet, sensor: int) -> None:
    street.silent.add(sensor)
    street.said(sensor, None, Quality.BAD)


@pytest.mark.parametrize(("fails", "within_s"), [(gone, MAX_AGE_S), (bad, 0.0)])
def test_a_presence_sensor(fails: Callable[[FailingStreet, int], None], within_s: float) -> None:
    street = FailingStreet()
    for sensor in (HERE, FAR):
        fails(street, sensor)
    assert street.after_s([FAR], CLASS_PCT) <= within_s + FADE_S
    assert street.lamps.level_pct[FAR - 3] == BASE_PCT
    street.run(60.0)
    street.people_m.append(FAR * SPACING_M)  # who comes is lit already
    street.run(600.0, 0.5)
    assert street.lit()
    street.silent.clear()
    street.people_m.pop()
    street.run(60.0)
    assert street.lamps.level_pct[FAR] == BASE_PCT
    assert street.lit()


def test_all_presence_sensors() -> None:
    street = FailingStreet()
    street.silent = set(ALL)
    street.pin.lost("the chip is gone", street.now_s)
    assert street.after_s(ALL, CLASS_PCT) <= MAX_AGE_S + FADE_S
    street.people_m = [SPACING_M * lamp for lamp in ALL]
    street.run(600.0, 0.5)
    assert street.lit()


@pytest.mark.parametrize("says", [None, math.nan, math.inf, 1.0, -7.0])
def test_a_presence_sensor_that_says_neither_yes_nor_no(says: float | None) -> None:
    street = FailingStreet([HERE * SPACING_M, FAR * SPACING_M])
    street.silent = {HERE, FAR}
    for _ in range(600):
        for sensor in (HERE, FAR):
            street.said(sensor, says)
        street.run(0.1, 0.1)
    assert street.lit()


def test_a_pin_that_is_lost() -> None:
    street = FailingStreet()
    street.pin.lost("another program has it", street.now_s)
    assert street.after_s([PIN], CLASS_PCT) <= FADE_S
    street.people_m.append(PIN * SPACING_M)
    street.run(60.0)
    assert street.lit()


def test_a_presence_sensor_that_always_sees_somebody() -> None:
    street = FailingStreet()
    street.frozen[FAR] = True
    street.run(4 * 3600.0, 1.0)
    assert street.lamps.level_pct[FAR] == 100.0
    street.people_m.append(FAR * SPACING_M)
    street.run(60.0)
    street.frozen[FAR] = False
    street.people_m.pop()
    street.run(120.0)
    assert street.lamps.level_pct[FAR] == BASE_PCT
    assert street.lit()


def test_a_pin_that_is_stuck_high() -> None:
    street = FailingStreet()
    street.frozen[PIN] = True
    street.run(4 * 3600.0, 1.0)
    assert street.lamps.level_pct[PIN] == 100.0
    street.frozen[PIN] = False
    street.run(PIR_HOLD_S + 400.0, 0.5)  # they may walk on, out of the street
    assert street.lamps.level_pct[PIN] == BASE_PCT
    assert street.lit()


def test_a_presence_sensor_that_never_sees_anybody() -> None:
    """Nobody can know that it is blind, until two vehicles have passed it; then it is not believed any more."""
    street = FailingStreet()
    street.frozen[FAR] = False
    street.people_m = [FAR * SPACING_M]
    street.run(60.0)
    assert street.darkest_pct == BASE_PCT  # not dark, and all that can be given to who is not seen
    for _ in range(2):
        street.passes(13.9)
    assert street.lamps.level_pct[FAR] == CLASS_PCT
    street.people_m, street.darkest_pct = [FAR * SPACING_M], math.inf
    street.run(600.0, 0.5)
    assert street.lit()
    street.frozen.clear()  # it sees them: believed again
    street.run(5.0)
    street.people_m = []
    street.run(120.0, 0.5)
    assert street.lamps.level_pct[FAR] == BASE_PCT


@pytest.mark.parametrize("qualities", [(Quality.GOOD, Quality.BAD), (Quality.GOOD, Quality.STALE, Quality.UNCERTAIN)])
def test_a_sensor_that_is_believed_and_not_in_turn(qualities: tuple[Quality, ...]) -> None:
    street = FailingStreet()
    street.silent.add(HERE)
    for turn in range(2000):
        quality = qualities[turn % len(qualities)]
        street.said(HERE, True if quality in {Quality.GOOD, Quality.UNCERTAIN} else None, quality)
        street.run(STEP_S)
    assert street.lit()


@pytest.mark.parametrize("hz", [6.0, 50.0, 5000.0])
@pytest.mark.parametrize("seen", [True, False])
def test_a_pin_on_which_no_level_stands(hz: float, seen: bool) -> None:
    """Hum, a loose wire, ten thousand edges a second: whether somebody was seen before or comes now."""
    street = FailingStreet([PIN * SPACING_M] if seen else [])
    street.silent.add(PIN)
    street.rattle(hz, RESTLESS_S + FADE_S)
    assert street.lamps.level_pct[PIN] >= CLASS_PCT
    street.people_m = [PIN * SPACING_M]
    street.rattle(hz, 5.0)
    assert street.lit()
    street.people_m = []
    street.silent.clear()
    street.run(PIR_HOLD_S + 400.0, 0.5)
    assert street.lamps.level_pct[PIN] == BASE_PCT


def radar_is_silent(street: FailingStreet) -> None:
    street.radar_alive = False


def radar_is_bad(street: FailingStreet) -> None:
    street.radar_alive = False
    street.vehicles(0, 0.0, 0.0, Quality.BAD)


@pytest.mark.parametrize(("fails", "within_s"), [(radar_is_silent, MAX_AGE_S), (radar_is_bad, 0.0)])
def test_a_vehicle_radar(fails: Callable[[FailingStreet], None], within_s: float) -> None:
    street = FailingStreet([9 * SPACING_M])
    fails(street)
    assert street.after_s([0], CLASS_PCT) <= within_s + FADE_S
    assert street.after_s([1], NEAR_PCT) <= STEP_S
    assert street.lamps.level_pct[4] == BASE_PCT
    street.run(60.0)
    assert street.lit()


@pytest.mark.parametrize(
    ("distance_m", "speed_m_per_s"), [(40.0, 12.0), (math.nan, 12.0), (40.0, math.inf), (-1e9, 12.0)]
)
def test_a_vehicle_radar_that_always_sees_the_same(distance_m: float, speed_m_per_s: float) -> None:
    street = FailingStreet()
    street.radar_alive = False
    for _ in range(3600):
        street.vehicles(1, distance_m, speed_m_per_s)
        street.run(0.5, 0.5)
    assert street.lit()
    assert len(street.control.road_users(street.now_s)) < 5
    street.radar_alive = True
    street.run(60.0)
    assert street.lamps.level_pct[FAR] == BASE_PCT
    street.people_m.append(FAR * SPACING_M)
    street.run(0.4)
    assert street.after_s([FAR], CLASS_PCT) <= FADE_S
