"""Hours on the simulated street in virtual time, judged at the output side: nobody in the dark, little under-lit."""

from __future__ import annotations

import random
from datetime import datetime

import pytest

from firmware_sim.traffic import User
from users_by_chance import by_chance
from virtual_street import VirtualStreet


def test_a_november_evening() -> None:
    street = VirtualStreet()
    street.run(3600.0)
    real = street.world.score
    ghosts = {ghost.score.name: ghost.score for ghost in street.world.ghosts}
    assert street.world.checker.count == 0, list(street.world.checker.violations)
    assert real.dark_s == 0.0
    assert real.user_s > 2000.0
    assert real.underlit_s < 0.02 * real.user_s
    assert real.underlit_s < ghosts["motion 20 %"].underlit_s / 4
    assert real.energy_wh < 0.65 * ghosts["motion 20 %"].energy_wh


def test_an_hour_of_chance() -> None:
    """More of them in `./dev soak`; in this one somebody is hidden by somebody else more than once."""
    street = VirtualStreet(users=by_chance(random.Random(15), 80.0))
    street.run(3600.0)
    assert street.world.checker.count == 0, list(street.world.checker.violations)
    assert street.world.score.user_s > 5000.0
    assert street.world.score.dark_s == 0.0


def test_the_small_hours() -> None:
    street = VirtualStreet(begin=datetime.fromisoformat("2026-11-19T02:00+01:00"))
    street.run(3600.0)
    assert street.world.checker.count == 0
    assert street.world.score.dark_s == 0.0
    assert street.world.score.energy_wh < 0.35 * street.world.ghosts[-1].score.energy_wh


def test_somebody_steps_out_of_a_doorway() -> None:
    street = VirtualStreet(users=iter(()))
    street.run(30.0)
    for _ in range(5):
        street.world.person_steps_out()
        street.run(90.0)
    assert street.world.score.dark_s == 0.0
    assert street.world.checker.count == 0


@pytest.mark.parametrize("speed_m_per_s", [0.4, 0.7, 2.5, -0.5])
def test_whoever_walks_slowly_or_runs_is_lit(speed_m_per_s: float) -> None:
    street = VirtualStreet(users=iter([User(1, "person", 10.0, -50.0 if speed_m_per_s > 0 else 380.0, speed_m_per_s)]))
    street.run(20.0 + 430.0 / abs(speed_m_per_s))
    assert street.world.score.user_s > 100.0
    assert street.world.score.dark_s == 0.0
    assert street.world.score.underlit_s < 0.03 * street.world.score.user_s


@pytest.mark.parametrize("comes_s", [29.0, 38.0, 38.5, 39.0])
def test_whoever_comes_in_behind_somebody_who_goes_out_is_lit(comes_s: float) -> None:
    """They cross in the view of the last sensor, and the one who comes leaves it while it still sees the other."""
    goes = User(1, "person", 5.0, 260.0, 1.2)
    street = VirtualStreet(users=iter([goes, User(2, "person", comes_s, 375.0, -1.55)]))
    street.run(110.0)
    assert street.world.score.user_s > 100.0
    assert street.world.score.dark_s == 0.0


def test_a_walk_past_dead_sensors_is_lit() -> None:
    street = VirtualStreet(users=iter([User(1, "person", 20.0, -10.0, 1.4)]))
    street.dead = {3, 4, 8}
    street.run(300.0)
    assert street.world.score.dark_s == 0.0
    assert street.world.checker.count == 0
    assert street.world.score.underlit_s < 0.1 * street.world.score.user_s


def test_the_checker_sees_a_street_without_control() -> None:
    """The judge is no yes-man: the same walk under lamps that stay at 5 %."""
    street = VirtualStreet(users=iter([User(1, "person", 5.0, -10.0, 1.4)]))
    for step in range(1, 2000):
        street.world.step(step * 0.05, [0.05] * 12, 21.5, night=True)
    assert street.world.checker.count > 0
    assert street.world.score.dark_s > 60.0
