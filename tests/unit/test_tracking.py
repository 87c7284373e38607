"""The tracker in virtual time: where people are believed to be, how fast and which way, from what presence sensors say."""

from __future__ import annotations

import pytest

from agent.services.cells import Sensor
from followed_street import HEADS, IDEAL, FollowedStreet

WALKS, DRIVES = 1.4, 50 / 3.6


@pytest.mark.parametrize("kind", [IDEAL, HEADS], ids=["ideal", "heads"])
@pytest.mark.parametrize(
    ("speed", "called"),
    [(WALKS, "pedestrian"), (-WALKS, "pedestrian"), (0.5, "pedestrian"), (-3.0, "unknown"), (DRIVES, "vehicle"),
     (-8.0, "vehicle")],
)  # fmt: skip
def test_whoever_passes_alone_is_followed(kind: Sensor, speed: float, called: str) -> None:
    street = FollowedStreet(kind)
    person = street.add(-30.0 if speed > 0 else 630.0, speed)
    street.run(150.0 / abs(speed))
    for _ in range(20):
        street.run(18.0 / abs(speed))
        (user,) = street.users()
        assert user.kind == called
        assert user.position_m == pytest.approx(person.at_m, abs=2.0 + 0.15 * abs(speed))
        assert user.velocity_m_per_s == pytest.approx(speed, rel=0.08)
        assert user.spread_m < 6.0
    assert user.confidence > 0.9


def test_an_empty_street_has_nobody() -> None:
    street = FollowedStreet()
    street.run(60.0)
    assert not street.users()
    assert street.wanted(11.0) == set()


def test_nobody_is_left_behind_when_they_have_gone() -> None:
    street = FollowedStreet()
    street.add(-30.0, DRIVES)
    street.add(630.0, -WALKS)
    street.run(800.0)
    assert not street.users()
    assert street.wanted(11.0) == set()


def test_two_who_meet_are_followed_on_their_ways() -> None:
    street = FollowedStreet()
    up, down = street.add(-30.0, DRIVES), street.add(630.0, -DRIVES)
    street.run(18.0)
    for _ in range(25):
        street.run(0.5)
        assert len(street.users()) == 2
        assert len(street.near(up)) == len(street.near(down)) == 1


def test_who_rides_close_behind_another_does_not_hide_that_they_go_on() -> None:
    """The cell behind the first goes on seeing the second; nobody else can have come into the cell ahead."""
    street = FollowedStreet(IDEAL)
    first, second = street.add(-30.0, 2.8), street.add(-52.0, 2.8)
    street.run(80.0)
    for _ in range(20):
        street.run(5.0)
        assert [user.velocity_m_per_s for user in street.near(first)] == [pytest.approx(2.8, rel=0.1)]
        assert street.near(second)


def test_a_car_is_followed_past_people_who_hide_it() -> None:
    street = FollowedStreet()
    walkers = [
        street.add(at_m, speed) for at_m, speed in ((0.0, WALKS), (90.0, -WALKS), (140.0, WALKS), (600.0, -WALKS))
    ]
    street.run(90.0)
    car = street.add(-30.0, DRIVES)
    street.run(20.0)
    for _ in range(40):
        street.run(0.5)
        assert [user.kind for user in street.near(car) if user.velocity_m_per_s > 5.0] == ["vehicle"]
        assert all(street.near(walker) for walker in walkers if 0.0 < walker.at_m < 600.0)


def test_a_car_that_enters_behind_a_walker_is_known_from_the_first_free_cell_on() -> None:
    street = FollowedStreet()
    street.add(-16.0, WALKS)
    street.run(5.0)
    car = street.add(-30.0, DRIVES)
    street.run(7.5)
    assert [user.kind for user in street.near(car, 6.0)] == ["vehicle"]


def test_whoever_overtakes_and_whoever_is_overtaken_go_on() -> None:
    street = FollowedStreet()
    slow, fast = street.add(0.0, WALKS), street.add(-200.0, 4.5)
    while fast.at_m < 550.0:
        street.run(2.0)
        if fast.at_m > 60.0:
            assert len([user for user in street.near(fast, 5.0) if user.velocity_m_per_s > 4.0]) == 1
        if slow.at_m > 50.0:
            assert street.near(slow)


@pytest.mark.parametrize("kind", [IDEAL, HEADS], ids=["ideal", "heads"])
@pytest.mark.parametrize("speed", [WALKS, DRIVES])
def test_a_dead_sensor_loses_nobody(kind: Sensor, speed: float) -> None:
    street = FollowedStreet(kind)
    street.faulty = {8, 12, 13}
    person = street.add(-30.0, speed)
    street.run(150.0 / speed)
    while person.at_m < 550.0:
        street.run(10.0 / speed)
        assert len(street.near(person, 6.0)) == 1


def test_a_sensor_that_sees_nobody_is_found_out_and_its_cell_is_lit() -> None:
    street = FollowedStreet()
    street.blind = {8, 9}
    for _ in range(2):
        person = street.add(-30.0, WALKS)
        while person.at_m < 560.0:
            street.run(5.0)
            if person.at_m > 100.0:
                assert len(street.near(person)) == 1
                assert street.nearest(person.at_m + 2.0) & street.nearest(person.at_m - 2.0) <= street.wanted()
        street.run(200.0)
    assert {8, 9} == street.wanted(80.0)
    street.blind.clear()
    street.add(-30.0, WALKS)
    street.run(700.0)
    assert street.wanted(80.0) == set()


def test_what_is_told_late_changes_nobody() -> None:
    street = FollowedStreet()
    car = street.add(-30.0, DRIVES)
    street.run(8.0)
    street.late_s = {6: 1.0, 9: 1.5}
    for _ in range(50):
        street.run(0.5)
        if car.at_m < 600.0:
            speeds = [user.velocity_m_per_s for user in street.near(car, 4.0)]
            assert any(speed == pytest.approx(DRIVES, rel=0.05) for speed in speeds)
    street.run(60.0)
    assert not street.users()


def test_whoever_stands_in_view_stays_lit_and_is_followed_when_they_go_on() -> None:
    street = FollowedStreet()
    person = street.add(-30.0, WALKS)
    street.run(170.0)
    person.speed = 0.0
    lamp = round(person.at_m / 30.0)
    for _ in range(120):
        street.run(1.0)
        assert street.control.kernel.level(lamp) > 50.0
    person.speed = WALKS
    street.run(60.0)
    assert len(street.near(person)) == 1


def test_whoever_turns_round_between_two_views_is_found_again() -> None:
    """In the gap they are where nobody thinks them to be; the sensor that they come back to sees them."""
    street = FollowedStreet(HEADS)
    person = street.add(-30.0, WALKS)
    street.run(150.0)
    person.speed = -WALKS
    while person.at_m > 158.0:
        street.run(1.0)
        assert any(abs(30.0 * lamp - person.at_m) <= 30.0 for lamp in street.wanted(60.0))
    while person.at_m > 100.0:
        street.run(1.0)
        assert street.nearest(person.at_m) <= street.wanted(60.0)
    assert len(street.near(person)) == 1


def test_whoever_goes_in_at_a_door_is_given_up_after_the_hold() -> None:
    street = FollowedStreet()
    person = street.add(-30.0, WALKS)
    street.run(172.0)
    street.people.remove(person)
    street.run(2.0)
    assert round(person.at_m / 30.0) in street.wanted()
    street.run(4.0)
    assert not street.users()
    assert street.wanted() == set()


def test_a_car_that_turns_off_is_given_up() -> None:
    street = FollowedStreet()
    car = street.add(-30.0, DRIVES)
    street.run(17.0)
    street.people.remove(car)
    street.run(9.0)
    assert not street.users()


def test_whoever_steps_out_of_a_door_is_lit_at_once() -> None:
    street = FollowedStreet()
    street.add(305.0, WALKS)
    street.run(0.8)
    assert 10 in street.wanted()
    street.run(60.0)
    assert len(street.users()) == 1


def test_a_car_close_behind_another_one_is_found() -> None:
    street = FollowedStreet()
    first, second = street.add(-30.0, DRIVES), street.add(-50.0, DRIVES)
    street.run(30.0)
    assert len(street.near(first)) == 1
    assert len(street.near(second, 8.0)) == 1


def test_a_crowd_leaves_no_ghosts() -> None:
    street = FollowedStreet()
    for number in range(60):
        speed = (1.0 + (number * 7) % 13) * (1 if number % 2 else -1)
        street.add(-40.0 * (number % 10) if speed > 0 else 600.0 + 40.0 * (number % 10), speed)
    while any(-20.0 < person.at_m < 620.0 for person in street.people):
        street.run(1.0)
    street.run(200.0)  # the slowest have gone on beyond the end
    assert not street.users()
    assert not street.wanted(11.0)
