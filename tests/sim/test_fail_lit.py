"""What the street does when something fails, and how soon: the table "Fail lit" of agent/README.md, by the output side.

Somebody stands under a lamp when it fails, and is never in less than the class level; what cannot be so is said. Which test
proves which row of the table is in tests/arch/test_fail_lit_table.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from agent.control.leases import Demand
from agent.control.nightfall import DARKER_AFTER_S
from agent.control.photocell import DOUBT_S, FROZEN_BY_DAY_S, OFF_S
from agent.control.pins import RESTLESS_S
from agent.control.task import FEED_S
from agent.control.traffic import INTERVAL_S
from agent.services.road_users import RoadUser
from drivers.points import Quality
from failing_street import LAMPS, MAX_AGE_S, NIGHT, PIN, PIR_HOLD_S, SPACING_M, STEP_S, FailingStreet
from season_places import period
from street_levels import LEVELS

CLASS_PCT, BASE_PCT, NEAR_PCT = LEVELS.class_pct, LEVELS.base_pct, LEVELS.near_pct
FADE_S = LEVELS.fade_up_s + 2 * STEP_S  # from whatever level to whatever other, upwards
FADE_DOWN_S = LEVELS.fade_down_s + 1.0
SEASON_S = 2.0  # how often clock, photocell, calendar and traffic are looked at
HERE, FAR = 2, 8  # where somebody stands; where nobody is
ALL = range(LAMPS)
DUSK = datetime.fromisoformat("2026-11-20T14:50:00+00:00")  # seven minutes before sunset


def lit(street: FailingStreet, at_least_pct: float = CLASS_PCT) -> bool:
    """Whether who stands there never stood in less light."""
    return street.darkest_pct >= at_least_pct


# ---- Sensors -------------------------------------------------------------------------------------------------------------


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
    assert lit(street)
    street.silent.clear()
    street.people_m.pop()
    street.run(60.0)
    assert street.lamps.level_pct[FAR] == BASE_PCT
    assert lit(street)


def test_all_presence_sensors() -> None:
    street = FailingStreet()
    street.silent = set(ALL)
    street.pin.lost("the chip is gone", street.now_s)
    assert street.after_s(ALL, CLASS_PCT) <= MAX_AGE_S + FADE_S
    street.people_m = [SPACING_M * lamp for lamp in ALL]
    street.run(600.0, 0.5)
    assert lit(street)


def test_a_pin_that_is_lost() -> None:
    street = FailingStreet()
    street.pin.lost("another program has it", street.now_s)
    assert street.after_s([PIN], CLASS_PCT) <= FADE_S
    street.people_m.append(PIN * SPACING_M)
    street.run(60.0)
    assert lit(street)


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
    assert lit(street)


def test_a_pin_that_is_stuck_high() -> None:
    street = FailingStreet()
    street.frozen[PIN] = True
    street.run(4 * 3600.0, 1.0)
    assert street.lamps.level_pct[PIN] == 100.0
    street.frozen[PIN] = False
    street.run(PIR_HOLD_S + 400.0, 0.5)  # they may walk on, out of the street
    assert street.lamps.level_pct[PIN] == BASE_PCT
    assert lit(street)


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
    assert lit(street)
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
    assert lit(street)


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
    assert lit(street)
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
    assert lit(street)


@pytest.mark.parametrize(
    ("distance_m", "speed_m_per_s"), [(40.0, 12.0), (math.nan, 12.0), (40.0, math.inf), (-1e9, 12.0)]
)
def test_a_vehicle_radar_that_always_sees_the_same(distance_m: float, speed_m_per_s: float) -> None:
    street = FailingStreet()
    street.radar_alive = False
    for _ in range(3600):
        street.vehicles(1, distance_m, speed_m_per_s)
        street.run(0.5, 0.5)
    assert lit(street)
    assert len(street.control.road_users(street.now_s)) < 5
    street.radar_alive = True
    street.run(60.0)
    assert street.lamps.level_pct[FAR] == BASE_PCT
    street.people_m.append(FAR * SPACING_M)
    street.run(0.4)
    assert street.after_s([FAR], CLASS_PCT) <= FADE_S


# ---- Clock, photocell, calendar, traffic ---------------------------------------------------------------------------------


def test_the_clock_is_not_trusted() -> None:
    street = FailingStreet()
    street.clock.trusted = False
    assert street.after_s(ALL, CLASS_PCT) <= SEASON_S + FADE_S
    street.run(FADE_S)
    assert (street.lamps.level_pct[FAR], street.control.winner(FAR)) == (100.0, "default")
    street.people_m = [SPACING_M * lamp for lamp in ALL]
    street.run(600.0, 0.5)
    assert lit(street)


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
    assert lit(street)


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
    assert lit(street)


def test_a_clock_that_loses_its_trust_again_and_again() -> None:
    street = FailingStreet()
    for _ in range(20):
        street.clock.trusted = not street.clock.trusted
        street.run(30.0)
    assert lit(street)


def test_a_monotonic_clock_that_stands_still_or_goes_back() -> None:
    """No kernel does that; if one did, time would stand still, and light with it."""
    street = FailingStreet()
    for back_s in (0.0, 0.5, 30.0, 900.0):
        street.clock.now_s -= back_s
        street.step()
        street.run(5.0)
    street.clock.now_s += 3600.0
    street.run(5.0)
    assert lit(street)


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
    assert lit(street)


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
    assert lit(street)


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
    assert lit(street)


# ---- The agent, its neighbours, those who ask of it ----------------------------------------------------------------------


def test_the_agent_starts_anew_at_night() -> None:
    street = FailingStreet()
    for _ in range(3):
        street.silent = set(ALL)
        street.start()
        street.run(STEP_S)
        assert min(street.lamps.level_pct[:PIN]) >= CLASS_PCT
        street.run(20.0)
        assert min(street.lamps.level_pct[:PIN]) >= CLASS_PCT  # nothing was read yet
        street.silent = set()
        street.run(20.0)
        assert street.lamps.level_pct[FAR] == BASE_PCT
    assert lit(street)


def test_control_hangs() -> None:
    """Buses feed no unit any more, so that those with device-side safety light themselves (tests/wire)."""
    street = FailingStreet()
    assert street.lamps.fed_until_s <= street.now_s + FEED_S


def test_a_neighbour_is_silent() -> None:
    street = FailingStreet()
    street.control.seam(1, silent=True)
    assert street.after_s([8, 9, 10, 11], CLASS_PCT) <= FADE_S
    assert street.lamps.level_pct[6] == BASE_PCT
    street.people_m.append(10 * SPACING_M)
    street.run(60.0)
    street.control.seam(1, silent=False)
    street.people_m.pop()
    street.run(60.0)
    assert street.lamps.level_pct[9] == BASE_PCT
    assert lit(street)


def test_a_neighbour_that_is_heard_and_tells_nonsense() -> None:
    """Whatever comes with a right seal: it may only raise light, and not for long."""
    street = FailingStreet()
    for user in range(500):
        for speed in (math.nan, math.inf, 30.0, -30.0, 0.0):
            told = RoadUser(user, "vehicle", 100.0 * user, speed, 1.0, street.now_s, 1.0)
            street.control.announce(told, street.now_s + 1e9)
        street.run(STEP_S)
    street.run(120.0, 0.5)
    assert street.lamps.level_pct[FAR] == BASE_PCT
    assert lit(street)


def test_an_operator_that_wants_it_dark() -> None:
    """Who asks for less than the floor gets the floor, and not for ever; the next step does not wait for them to end."""
    street = FailingStreet()
    for turn in range(2000):
        street.control.leases.take(turn % LAMPS, "operator", Demand("platform", 0.0, 60.0), street.now_s)
        street.task.step()
    street.run(FADE_DOWN_S)
    assert min(street.lamps.level_pct) == LEVELS.floor_pct
    street.run(60.0)
    assert street.lamps.level_pct[HERE] == 100.0


def test_the_night_goes_on() -> None:
    """The counter-proof: nothing fails, and the street is not simply lit."""
    street = FailingStreet(begin=NIGHT)
    street.run(60.0)
    assert [street.lamps.level_pct[lamp] for lamp in (1, HERE, FAR)] == [NEAR_PCT, 100.0, BASE_PCT]
