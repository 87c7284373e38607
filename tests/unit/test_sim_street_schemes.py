"""Each plain scheme on the whole street for one walker and for one vehicle; seconds and energies worked by hand.

12 lamps of 14.4 W at 20 %, 37.2 W at 60 %, 60 W at full light, 57 W more for a whole level. The walker is on the street for
330 m / 1.4 m/s = 235.71 s, the vehicle for 330 m / 13.889 m/s = 23.76 s.
"""

from __future__ import annotations

from functools import cache

import pytest

from firmware_sim.schemes import Ghost, slewed
from firmware_sim.score import Score
from firmware_sim.traffic import DRIVE_M_PER_S, WALK_M_PER_S, User
from firmware_sim.world import LENGTH_M, World

STEP_S = 0.02
WALKER = User(1, "person", 1.0, -50.0, WALK_M_PER_S)
VEHICLE = User(1, "vehicle", 1.0, -50.0, DRIVE_M_PER_S)
LATE = 22.5
DRIVE_S = LENGTH_M / DRIVE_M_PER_S
SECONDS = {WALKER: 390.0, VEHICLE: 110.0}  # until the last lamp is dim again


@cache
def play(user: User, hour: float, *, night: bool = True) -> dict[str, Score]:
    """What a world's schemes come to."""
    world = World(iter([user]))
    for step in range(1, round(SECONDS[user] / STEP_S) + 1):
        world.step(step * STEP_S, [0.0] * 12, hour, night=night)
    return {ghost.score.name: ghost.score for ghost in world.ghosts}


def watts(user: User, score: Score) -> float:
    """What it drew over the whole time."""
    return score.energy_wh * 3600 / SECONDS[user]


@pytest.mark.parametrize("user", [WALKER, VEHICLE], ids=["walker", "vehicle"])
def test_full_light(user: User) -> None:
    score = play(user, LATE)["full"]
    assert watts(user, score) == pytest.approx(720.0)
    assert score.user_s == pytest.approx(LENGTH_M / user.speed_m_per_s, abs=2 * STEP_S)
    assert (score.underlit_s, score.dark_s) == (0.0, 0.0)


@pytest.mark.parametrize("user", [WALKER, VEHICLE], ids=["walker", "vehicle"])
def test_step_dimming_late(user: User) -> None:
    """12 x 37.2 W.

    A vehicle has u = 0.6 all the way. A walker has u = (n - 0.4) / n with n lamps within 75 m: below 0.9 for three lamps, that
    is in the first and in the last 15 m.
    """
    score = play(user, LATE)["step-dimming"]
    assert watts(user, score) == pytest.approx(446.4)
    assert score.underlit_s == pytest.approx(30 / WALK_M_PER_S if user is WALKER else DRIVE_S, abs=3 * STEP_S)
    assert score.dark_s == 0.0


@pytest.mark.parametrize(
    ("hour", "level"), [(17.9, 1.0), (21.98, 1.0), (22.0, 0.6), (0.0, 0.6), (5.98, 0.6), (6.0, 1.0), (12.0, 1.0)]
)
def test_the_hours_of_step_dimming(hour: float, level: float) -> None:
    world = World(iter(()))
    world.step(STEP_S, [0.0] * 12, hour, night=True)
    ghost = next(ghost for ghost in world.ghosts if ghost.score.name == "step-dimming")
    assert ghost.levels == [level] * 12


def test_motion_for_a_walker() -> None:
    """Under-lit where the lamp after the next is within 45 m and nobody has told it: from 15 to 20 m behind each lamp but
    the last two, 5 m each, and until its fade is through: at u = (4 + L / 0.6) / 5 = 0.9 with five lamps needed (L = 0.3, after
    0.1 s, eight times), at (3 + L / 0.6) / 4 = 0.9 with four (L = 0.36, after 0.16 s, twice).
    """
    score = play(WALKER, LATE)["motion 20 %"]
    assert score.underlit_s == pytest.approx(10 * 5 / WALK_M_PER_S + 8 * 0.1 + 2 * 0.16, abs=20 * STEP_S)
    assert score.dark_s == 0.0
    assert score.energy_wh == pytest.approx(motion_wh(WALKER), rel=0.001)


def test_motion_for_a_vehicle() -> None:
    """Under-lit until no dim lamp is left ahead: the last one is told at 290 m and is at 0.8 after 0.6 s."""
    score = play(VEHICLE, LATE)["motion 20 %"]
    assert score.underlit_s == pytest.approx(290 / DRIVE_M_PER_S + 0.6, abs=4 * STEP_S)
    assert score.dark_s == 0.0
    assert score.energy_wh == pytest.approx(motion_wh(VEHICLE), rel=0.001)


def motion_wh(user: User) -> float:
    """Base light, and what is above it.

    A lamp is lit while somebody is within 10 m of it or its neighbours, over 80 m (50 m for the end lamps), and for 60 s more.
    It rises 0.8 in 0.8 s (0.32 level seconds are missing) and falls in 3.2 s (1.28 level seconds are over).
    """
    lit_s = (10 * 80 + 2 * 50) / user.speed_m_per_s + 12 * 60
    return (12 * 14.4 * SECONDS[user] + 57 * (0.8 * lit_s + 12 * (1.28 - 0.32))) / 3600


@pytest.mark.parametrize("name", ["full", "step-dimming", "motion 20 %"])
def test_by_day_all_lamps_are_off_and_nothing_is_needed(name: str) -> None:
    score = play(VEHICLE, 12.0, night=False)[name]
    assert watts(VEHICLE, score) == pytest.approx(12 * 0.5)
    assert (score.user_s, score.underlit_s, score.dark_s) == (0.0, 0.0, 0.0)


def test_at_dawn_the_lamps_fade() -> None:
    world = World(iter(()))
    world.step(1.0, [0.0] * 12, 7.0, night=True)
    world.step(2.0, [0.0] * 12, 7.0, night=False)
    assert {ghost.score.name: ghost.levels[0] for ghost in world.ghosts} == pytest.approx(
        {"step-dimming": 0.75, "motion 20 %": 0.0, "full": 0.75}
    )


def test_levels_rise_in_one_second_and_fall_in_four() -> None:
    assert slewed(0.2, 1.0, 0.5) == pytest.approx(0.7)
    assert slewed(0.9, 1.0, 0.5) == 1.0
    assert slewed(1.0, 0.2, 2.0) == pytest.approx(0.5)
    assert slewed(0.3, 0.2, 2.0) == 0.2
    assert slewed(0.3, 0.3, 2.0) == 0.3


def test_a_scheme_begins_where_it_wants_to_be() -> None:
    ghost = Ghost("half", lambda _users, _now_s, _hour: [0.5])
    ghost.step([], [], 0.05, 22.0, 0.05, night=True)
    assert ghost.levels == [0.5]
