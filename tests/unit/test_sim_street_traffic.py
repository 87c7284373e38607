"""The volumes of the reproducible street, worked by hand: peak volume times 3.61 users a night, counted whole."""

from __future__ import annotations

import itertools
from datetime import datetime

import pytest

from firmware_sim.street import arrivals
from firmware_sim.traffic import (
    DRIVE_M_PER_S,
    PERSON_SHIFT,
    VEHICLE_SHAPE,
    VEHICLE_SHIFT,
    WALK_M_PER_S,
    User,
    entering,
    entries,
)

STREET_M = 330.0
PHI = 0.6180339887


def night(peak_per_h: float, shift: float) -> list[tuple[float, bool]]:
    return list(entries([peak_per_h * share for share in VEHICLE_SHAPE], shift))


@pytest.mark.parametrize(
    ("vehicles_per_h", "people_per_h", "vehicles", "people"),
    [(5, 1, 18, 3), (5, 5, 18, 18), (20, 20, 72, 72), (200, 40, 722, 144), (600, 80, 2166, 288)],
)
def test_the_five_nights_have_their_users(vehicles_per_h: int, people_per_h: int, vehicles: int, people: int) -> None:
    assert len(night(vehicles_per_h, VEHICLE_SHIFT)) == vehicles
    assert len(night(people_per_h, PERSON_SHIFT)) == people


def test_the_first_users_of_an_hour_of_four() -> None:
    """Place in the count: k - 0.5 + 0.98 (frac(k phi) - 0.5); a count of 1 is 900 s."""
    counts = [
        0.5 + 0.98 * (1 * PHI - 0.5),  # 0.61567
        1.5 + 0.98 * (2 * PHI - 1 - 0.5),  # 1.24135
        2.5 + 0.98 * (3 * PHI - 1 - 0.5),  # 2.84702
        3.5 + 0.98 * (4 * PHI - 2 - 0.5),  # 3.47269
    ]
    assert counts == pytest.approx([0.61567, 1.24135, 2.84702, 3.47269], abs=1e-5)
    hour = list(entries([4.0], 0.0))
    assert [at_s for at_s, _ in hour] == pytest.approx([900 * count for count in counts], abs=1e-3)
    assert [up for _, up in hour] == [True, False, True, False]


def test_the_shift_moves_the_gaps_and_not_the_volume() -> None:
    (at_s, up), *others = entries([2.0], 0.37)
    assert at_s == pytest.approx(1800 * (0.5 + 0.98 * (PHI + 0.37 - 0.5)), abs=1e-3)
    assert up
    assert len(others) == 1


def test_a_user_may_need_several_hours_and_an_empty_hour_has_none() -> None:
    """A quarter a hour: user 1 enters at count 0.61567, in the third hour; it is whole at the end of the fourth."""
    assert list(entries([0.25] * 3, 0.0)) == []
    [(at_s, _)] = entries([0.25] * 4, 0.0)
    assert at_s == pytest.approx(3600 * (2 + (0.61567 - 0.5) / 0.25), abs=0.1)
    assert [at_s // 3600 for at_s, _ in entries([1.0, 0.0, 0.0, 1.0], 0.0)] == [0, 3]


def test_nobody_comes_along_a_street_without_volumes() -> None:
    assert list(entries([], 0.0)) == []
    assert list(entries([0.0] * 24, 0.0)) == []


def test_hours_may_go_on_for_ever() -> None:
    thousand = list(itertools.islice(entries(itertools.repeat(10.0), 0.0), 1000))
    assert 99 * 3600 < thousand[-1][0] < 100 * 3600
    assert [up for _, up in thousand] == [True, False] * 500


def test_a_user_comes_and_goes_at_a_constant_speed() -> None:
    up = entering(1, "vehicle", 10.0, STREET_M, up=True)
    down = entering(2, "person", 10.0, STREET_M, up=False)
    assert [up.at_m(10.0), down.at_m(10.0)] == pytest.approx([-50.0, 380.0])
    assert up.speed_m_per_s == pytest.approx(13.8889, abs=1e-4)
    assert up.at_m(20.0) == pytest.approx(88.889, abs=1e-3)
    assert down.at_m(20.0) == pytest.approx(366.0)
    whole_way_m = 50 + STREET_M + 50
    assert not up.gone(9.9 + whole_way_m / DRIVE_M_PER_S, STREET_M)
    assert up.gone(10.1 + whole_way_m / DRIVE_M_PER_S, STREET_M)
    assert not down.gone(9.9 + whole_way_m / WALK_M_PER_S, STREET_M)
    assert down.gone(10.1 + whole_way_m / WALK_M_PER_S, STREET_M)


def test_vehicles_come_up_and_go_down_within_sight_of_a_radar_that_looks_out() -> None:
    """110 m before the street; (110 - 50) / 13.89 = 4.32 s before they are where everybody else begins."""
    up, down = (entering(1, "vehicle", 10.0, STREET_M, up=up) for up in (True, False))
    assert [up.from_m, up.start_s] == pytest.approx([-110.0, 5.68])
    assert (down.from_m, down.start_s) == (380.0, 10.0)
    whole_way_m = 50 + STREET_M + 110
    assert not down.gone(9.9 + whole_way_m / DRIVE_M_PER_S, STREET_M)
    assert down.gone(10.1 + whole_way_m / DRIVE_M_PER_S, STREET_M)
    walker = entering(3, "person", 10.0, STREET_M, up=True)
    assert (walker.from_m, walker.start_s) == (-50.0, 10.0)


def near_s(user: User) -> float:
    """When somebody is 50 m before the street, or steps out of a doorway."""
    return user.start_s + (-50.0 - user.from_m) / user.speed_m_per_s if user.from_m == -110.0 else user.start_s


def until(begin: str, hours: float) -> list[User]:
    stream = arrivals(datetime.fromisoformat(begin))
    return list(itertools.takewhile(lambda user: user.start_s < 3600 * hours, stream))


def test_an_hour_of_the_street() -> None:
    """Friday 18:00: 60 vehicles an hour at the peak. All come in the order of time, at the ends, or at 215 m for the show."""
    users = until("2026-11-20T18:00+01:00", 1)
    vehicles = [user for user in users if user.kind == "vehicle"]
    assert len(vehicles) == 1 + 60
    assert (vehicles[0].start_s, vehicles[0].from_m) == (0.5, -50.0)
    assert [user.speed_m_per_s > 0 for user in sorted(vehicles[1:], key=near_s)] == [True, False] * 30
    assert [user.start_s for user in users] == sorted(user.start_s for user in users)
    assert {user.from_m for user in users} == {-110.0, -50.0, 215.0, 380.0}
    assert len({user.number for user in users}) == len(users)


def test_sixteen_hours_of_the_street() -> None:
    """A night of 60 x 3.61 = 216.6 vehicles, then four hours of day at the peak: 456.6; and one for the show.

    Time goes on, so users 217 and 457 are there as well: their places are 216.12 and 456.44.
    """
    users = until("2026-11-20T18:00+01:00", 16)
    assert sum(user.kind == "vehicle" for user in users if user.start_s < 12 * 3600) == 1 + 217
    assert sum(user.kind == "vehicle" for user in users) == 1 + 457


def test_people_come_by_the_recorded_counts() -> None:
    """Monday 6 November 2023 from midnight: 23 7 4 3 5 4 10 34 an hour, 90 in all; a quarter of them, whole: 22."""
    users = until("2026-11-23T00:00+01:00", 8)
    assert sum(user.kind == "person" for user in users) == 1 + 22


def test_those_who_came_before_the_street_began_are_not_there() -> None:
    """From 18:30 on: what came in the second half of the same hour, half an hour earlier in the street's own time."""
    whole = [user for user in until("2026-11-20T18:00+01:00", 2) if near_s(user) >= 1800]
    half = [user for user in until("2026-11-20T18:30+01:00", 1.5) if user.number > 2]
    assert [user.start_s + 1800 for user in half] == pytest.approx([user.start_s for user in whole])
    assert [user.number for user in half] == [user.number for user in whole]


def test_the_recorded_weeks_begin_again() -> None:
    """336 hours are recorded: three weeks on there are still people."""
    late = itertools.dropwhile(
        lambda user: user.start_s < 21 * 24 * 3600 or user.kind != "person",
        arrivals(datetime.fromisoformat("2026-11-20T18:00+01:00")),
    )
    assert next(late).start_s < 21 * 24 * 3600 + 3600
