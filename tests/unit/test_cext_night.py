"""A night's kernel, both forms: seconds, joules and shares worked by hand. Steps of 0.2 s, 1 s up, 4 s down, 60 W lamps."""

from __future__ import annotations

from math import inf, nan
from types import ModuleType
from typing import Any

import pytest

from tests.kernels import FORMS, NoCompilerError, kernel

VEHICLE, PEDESTRIAN = 0, 1
RINGS = [[(15, 100, 1.0)], [(15, 15, 1.0), (45, 45, 0.6), (75, 75, 0.2)]]
User = tuple[int, int, float, float, float, float]


@pytest.fixture(params=FORMS)
def module(request: pytest.FixtureRequest) -> ModuleType:
    try:
        return kernel(request.param, "night")
    except NoCompilerError as error:
        pytest.skip(str(error))


def street(module: ModuleType, *users: User, lamps: int = 12, up_s: float = 1.0, down_s: float = 4.0) -> Any:
    """Lamps 30 m apart, all of them scored."""
    night = module.Night(lamps, 0.2, up_s=up_s, down_s=down_s)
    night.set_power(0.5, 3.0, 60.0)
    night.set_ways([[(lamp, 30.0 * lamp) for lamp in range(lamps)]], [(0.0, 30.0 * lamps)])
    night.set_rings(RINGS)
    night.set_users(users)
    return night


def standing(kind: int, at_m: float, until_s: float = 1e9) -> User:
    return (kind, 0, 0.0, until_s, at_m, 0.0)


def test_energy_of_steady_levels(module: ModuleType) -> None:
    """An hour off, and an hour at 60 %: 0.5 W and 60 x (0.05 + 0.95 x 0.6) = 37.2 W."""
    night = street(module)
    night.set_level(1, 0.6)
    night.run(18_000)
    assert [night.energy_j(0), night.energy_j(1)] == pytest.approx([1800.0, 37.2 * 3600])
    assert [night.light_s(0), night.light_s(1)] == pytest.approx([0.0, 2160.0])


def test_a_lamp_rises_in_one_second_and_falls_in_four(module: ModuleType) -> None:
    """Light given in the first second: 0.2 s of each of 0.2 0.4 0.6 0.8 1.0, 0.6 s; down from full in 20 steps: 1.9 s."""
    night = street(module)
    night.command(0, 1.0)
    night.run(5)
    assert night.light_s(0) == pytest.approx(0.6)
    night.command(0, 0.0)
    night.run(25)
    assert night.light_s(0) == pytest.approx(0.6 + 1.9)
    night.run(100)
    assert night.light_s(0) == pytest.approx(2.5)


def test_fades_that_are_shorter_than_a_step_are_at_once(module: ModuleType) -> None:
    night = street(module, up_s=0.0, down_s=0.1)
    night.command(0, 1.0)
    night.run(1)
    night.command(0, 0.0)
    night.run(2)
    assert night.light_s(0) == pytest.approx(0.2)


def test_only_other_levels_are_commands(module: ModuleType) -> None:
    night = street(module)
    for level in (1.0, 1.0, 0.5, 0.0, 0.0):
        night.command(3, level)
    night.set_level(3, 1.0)
    assert [night.commands(lamp) for lamp in (2, 3)] == [0, 3]


@pytest.mark.parametrize(
    ("user", "level", "utility"),
    [
        (standing(PEDESTRIAN, 60.0), 1.0, 1.0),
        (standing(PEDESTRIAN, 60.0), 0.6, (0.6 + 4) / 5),
        (standing(PEDESTRIAN, 60.0), 0.2, (0.2 + 2 * 0.2 / 0.6 + 2) / 5),
        (standing(PEDESTRIAN, 75.0), 0.6, (0.6 + 0.6 + 4) / 6),  # just 15 m from two, 75 m from both outer ones
        (standing(PEDESTRIAN, 75.1), 0.6, (0.6 + 4) / 5),
        (standing(VEHICLE, 100.0), 0.6, 0.6),
        (standing(VEHICLE, 100.0), 0.0, 0.0),
    ],
)
def test_utility(module: ModuleType, user: User, level: float, utility: float) -> None:
    night = street(module, user)
    for lamp in range(12):
        night.set_level(lamp, level)
    night.run(10)
    total, steps, under_lit, _dark = night.account(user[0])
    assert (total / steps, steps) == (pytest.approx(utility), 10)
    assert under_lit == (10 if utility < 0.9 else 0)
    assert night.account(1 - user[0]) == (0.0, 0.0, 0.0, 0.0)


def test_a_vehicle_needs_what_is_ahead_of_it(module: ModuleType) -> None:
    """At 100 m up: lamps 3 to 6 (85 to 200 m). Down: lamps 0 to 3."""
    for m_per_s, lamps in ((1e-9, (3, 4, 5, 6)), (-1e-9, (0, 1, 2, 3))):
        night = street(module, (VEHICLE, 0, 0.0, 1e9, 100.0, m_per_s))
        night.run_to_needs(1)
        assert [lamp for lamp in range(12) if night.light_s(lamp) > 0] == list(lamps)


def test_users_are_scored_from_up_to_but_not_at(module: ModuleType) -> None:
    """From 30 m on, below 60 m, at 1 m a step: 30 steps up, and 30 down."""
    for user in ((VEHICLE, 0, 0.0, 1e9, 0.0, 5.0), (VEHICLE, 0, 0.0, 1e9, 90.0, -5.0)):
        night = street(module, user)
        night.set_ways([[(lamp, 30.0 * lamp) for lamp in range(12)]], [(30.0, 60.0)])
        night.set_users([user])
        night.run(200)
        assert night.account(VEHICLE)[1] == 30


def test_users_are_there_from_their_start_until_their_end(module: ModuleType) -> None:
    """From 1.0 s, before 3.0 s: ten steps. One who came before the night's begin is there in its first 2.0 s."""
    night = street(module, (PEDESTRIAN, 0, -5.0, 2.0, 60.0, 0.0), (PEDESTRIAN, 0, 1.0, 3.0, 60.0, 0.0))
    night.run(100)
    assert night.account(PEDESTRIAN)[1] == 10 + 10


def test_dark_begins_after_its_time(module: ModuleType) -> None:
    """Below a tenth for 5 s, 2 s of which are allowed: 3 s are 15 steps; light in between begins anew."""
    night = street(module, standing(PEDESTRIAN, 65.0))
    night.set_dark(0.1, 2.0, 15.0)
    night.run(25)
    assert night.account(PEDESTRIAN)[3] == 15
    night.set_level(2, 0.1)
    night.run(30)
    night.set_level(2, 0.09)
    night.run(40)
    assert night.account(PEDESTRIAN)[3] == 15
    night.run(41)
    assert night.account(PEDESTRIAN)[3] == 16


def test_nobody_is_in_the_dark_where_no_lamp_stands(module: ModuleType) -> None:
    night = street(module, standing(PEDESTRIAN, 346.0))
    night.set_dark(0.1, 0.0, 15.0)
    night.run(10)
    assert night.account(PEDESTRIAN)[1:] == (10.0, 10.0, 0.0)


def test_the_oracle_gives_the_highest_need_at_once(module: ModuleType) -> None:
    """A walker at 60 m and one at 120 m: 0.6, 1, 0.6 and again; lamp 3 between them is asked for 0.6 by both."""
    night = street(module, standing(PEDESTRIAN, 60.0), standing(PEDESTRIAN, 120.0))
    night.run_to_needs(5)
    wanted = [0.2, 0.6, 1.0, 0.6, 1.0, 0.6, 0.2, *[0.0] * 5]
    assert [night.light_s(lamp) for lamp in range(12)] == pytest.approx(wanted)
    assert night.account(PEDESTRIAN)[:3] == (10.0, 10.0, 0.0)
    assert sum(night.commands(lamp) for lamp in range(12)) == 7


def test_a_lamp_of_two_ways_serves_both(module: ModuleType) -> None:
    night = street(module)
    night.set_ways([[(0, 0.0), (1, 30.0)], [(1, 10.0), (2, 40.0)]], [(0.0, 50.0)] * 2)
    night.set_users([(PEDESTRIAN, 0, 0.0, 9.0, 30.0, 0.0), (PEDESTRIAN, 1, 0.0, 9.0, 10.0, 0.0)])
    night.run_to_needs(5)
    assert [night.light_s(lamp) for lamp in range(3)] == pytest.approx([0.6, 1.0, 0.6])


@pytest.mark.parametrize(
    "wrong",
    [
        lambda night: night.set_power(-1.0, 0.0, 1.0),
        lambda night: night.set_power(nan, 0.0, 1.0),
        lambda night: night.set_ways([[(12, 0.0)]], [(0.0, 1.0)]),
        lambda night: night.set_ways([[(0, inf)]], [(0.0, 1.0)]),
        lambda night: night.set_ways([[(0, 0.0)]], []),
        lambda night: night.set_rings([[(15, 15, 0.0)]]),
        lambda night: night.set_rings([[(15, 15, 1.1)]]),
        lambda night: night.set_rings([[(inf, 15, 1.0)]]),
        lambda night: night.set_users([(2, 0, 0.0, 1.0, 0.0, 1.0)]),
        lambda night: night.set_users([(0, 1, 0.0, 1.0, 0.0, 1.0)]),
        lambda night: night.set_users([(0, 0, 0.0, 1.0, nan, 1.0)]),
        lambda night: night.set_users([(0, 0, 1.0, 2.0, 0.0, 1.0), (0, 0, 0.0, 2.0, 0.0, 1.0)]),
        lambda night: night.command(0, 1.01),
        lambda night: night.set_level(0, nan),
    ],
)
def test_wrong_arguments_change_nothing(module: ModuleType, wrong: Any) -> None:
    night = street(module, standing(PEDESTRIAN, 60.0))
    with pytest.raises(ValueError, match=r"expected|there are"):
        wrong(night)
    night.run(10)
    assert night.account(PEDESTRIAN)[:2] == (0.0, 10.0)


@pytest.mark.parametrize("lamp", [-1, 12])
def test_a_lamp_that_is_not_there(module: ModuleType, lamp: int) -> None:
    night = street(module)
    for ask in (night.energy_j, night.light_s, night.commands, lambda lamp: night.command(lamp, 1.0)):
        with pytest.raises(IndexError, match="there are 12"):
            ask(lamp)
    with pytest.raises(IndexError, match="no kind 2"):
        night.account(2)


@pytest.mark.parametrize(("lamps", "step_s", "up_s"), [(0, 0.2, 1.0), (1, 0.0, 1.0), (1, nan, 1.0), (1, 0.2, -1.0)])
def test_a_night_that_cannot_be(module: ModuleType, lamps: int, step_s: float, up_s: float) -> None:
    with pytest.raises(ValueError, match="expected"):
        module.Night(lamps, step_s, up_s=up_s, down_s=4.0)
