"""The agent, its neighbours and those who ask of it: what the street does when they fail, by rows of the table "Fail lit"."""

from __future__ import annotations

import math

from agent.control.leases import Demand
from agent.control.task import FEED_S
from agent.services.road_users import RoadUser
from failing_street import (
    ALL,
    BASE_PCT,
    CLASS_PCT,
    FADE_DOWN_S,
    FADE_S,
    FAR,
    HERE,
    LAMPS,
    NEAR_PCT,
    NIGHT,
    PIN,
    SPACING_M,
    STEP_S,
    FailingStreet,
)
from street_levels import LEVELS


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
    assert street.lit()


def test_control_hangs() -> None:
    """Buses feed no unit any more, so that those with device-side safety light themselves (tests/wire)."""
    street = FailingStreet()
    assert street.lamps.fed_until_s == street.now_s + FEED_S
    street.clock.now_s += 60.0  # and no step
    assert street.lamps.fed_until_s < street.now_s


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
    assert street.lit()


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
    assert street.lit()


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
