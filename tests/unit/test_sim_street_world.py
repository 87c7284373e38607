"""Who is on the street, who sees them, and what the lamps give, step by step."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from firmware_sim.traffic import User
from firmware_sim.world import LAMPS, MOST_USERS, World, in_order

OFF = [0.0] * LAMPS


def walker(number: int, start_s: float, from_m: float, speed_m_per_s: float = 1.4) -> User:
    return User(number, "person", start_s, from_m, speed_m_per_s)


def world_of(*users: User) -> World:
    return World(iter(users))


def step(world: World, now_s: float, outputs: list[float] | None = None) -> World:
    world.step(now_s, OFF if outputs is None else outputs, 21.5, night=True)
    return world


def test_users_come_at_their_time_and_go_at_the_end() -> None:
    world = world_of(walker(1, 1.0, -50.0, 43.0), walker(2, 2.0, 380.0, -43.0))
    assert [[user.number for user in step(world, now_s).users] for now_s in (0.9, 1.0, 2.0, 10.9, 11.1, 12.1)] == [
        [],
        [1],
        [1, 2],
        [1, 2],
        [2],
        [],
    ]


def test_a_sensor_sees_ten_metres_each_way_and_beyond_the_ends() -> None:
    world = step(world_of(walker(1, 0.0, 50.0), walker(2, 0.0, -10.0), walker(3, 0.0, 340.1)), 0.0)
    assert [sensor for sensor in range(LAMPS) if world.seen(sensor)] == [0, 2]


def test_each_sensor_counts_who_passes_it() -> None:
    world = world_of(walker(1, 0.0, -50.0, 10.0), walker(2, 5.0, 380.0, -10.0))
    for tenth in range(600):
        step(world, tenth / 10)
    assert world.passed == [2] * LAMPS


def test_lamps_follow_their_dimmers_in_three_tenths_of_a_second() -> None:
    world = world_of()
    full = [1.0] * LAMPS
    assert step(world, 0.15, full).levels == pytest.approx([0.5] * LAMPS)
    assert step(world, 0.30, full).levels == pytest.approx(full)
    assert world.power_w() == pytest.approx(720.0)
    assert step(world, 0.45, [0.9] * LAMPS).levels == pytest.approx([0.9] * LAMPS)


def test_the_account_is_of_those_on_the_lit_part_alone() -> None:
    world = world_of(walker(1, 0.0, -50.0, 10.0))
    for tenth in range(1, 500):
        step(world, tenth / 10)
    assert world.score.user_s == pytest.approx(33.0, abs=0.2)
    assert world.score.dark_s == pytest.approx(10.0, abs=0.2)  # 3 s a lamp of which 2 s are allowed; 1.5 s at the ends


def test_the_judge_sees_somebody_who_comes_near() -> None:
    """At -9 m somebody is within 10 m of the first lamp, which is dark."""
    world = world_of(walker(1, 0.0, -9.0, 0.001))
    for tenth in range(1, 50):
        step(world, tenth / 10, [0.05] * LAMPS)
    assert [(broken.rule, broken.what) for broken in world.checker.violations] == [
        ("dark while occupied", "lum-01 at 5%")
    ]


def test_a_full_street_turns_people_away() -> None:
    world = world_of(*(walker(number, 0.0, 100.0) for number in range(MOST_USERS + 10)), walker(999, 500.0, 0.0))
    step(world, 1.0)
    assert len(world.users) == MOST_USERS
    assert world.person_steps_out() is None
    assert world.vehicle_enters() is None
    assert step(world, 499.9).users == []
    assert [user.number for user in step(world, 500.0).users] == [999]


def test_people_step_out_of_doorways_both_ways_and_vehicles_enter_at_both_ends() -> None:
    world = step(world_of(), 7.0)
    people = [world.person_steps_out() for _ in range(6)]
    vehicles = [world.vehicle_enters() for _ in range(4)]
    assert all(user is not None and user.start_s == 7.0 for user in [*people, *vehicles])
    assert [user.from_m for user in people if user] == [93.0, 217.0, 158.0, 272.0, 35.0, 93.0]
    assert [user.speed_m_per_s for user in people if user] == [1.4, -1.4] * 3
    assert sorted({user.from_m for user in vehicles if user}) == [-110.0, 380.0]
    assert len({user.number for user in world.users}) == 10


def test_streams_become_one_in_the_order_of_time() -> None:
    def endless() -> Iterator[User]:
        start_s = 0.0
        while True:
            yield walker(1, start_s, 0.0)
            start_s += 2.0

    stream = in_order([walker(2, 1.0, 0.0), walker(2, 3.5, 0.0)], endless())
    assert [next(stream).start_s for _ in range(5)] == [0.0, 1.0, 2.0, 3.5, 4.0]
