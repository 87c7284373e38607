"""The light around road users in virtual time: ahead of vehicles, around walkers, beside sensors that cannot be believed."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

from agent.services.lighting import Radar
from agent.services.road_users import RoadUser
from followed_street import HEADS, IDEAL, FollowedStreet, Person
from street_levels import LEVELS, LIGHT

WALKS, DRIVES = 1.4, 50 / 3.6


def lamps(low_m: float, high_m: float) -> set[int]:
    """Lamps 30 m apart between two places."""
    return set(range(max(math.ceil(low_m / 30.0), 0), min(math.floor(high_m / 30.0), 20) + 1))


def passing(street: FollowedStreet, speed: float) -> Iterator[Person]:
    """Let somebody who is known pass the middle of the street."""
    person = street.add(-30.0 if speed > 0 else 630.0, speed)
    street.run(250.0 / abs(speed))
    while 200.0 < person.at_m < 400.0:
        street.run(2.0 / abs(speed))
        yield person


@pytest.mark.parametrize("speed", [DRIVES, -DRIVES])
def test_a_vehicle_has_light_ahead_and_none_behind(speed: float) -> None:
    street = FollowedStreet()
    for car in passing(street, speed):
        ahead_m = (LIGHT.sight_m - 3.0) * math.copysign(1.0, speed)
        assert lamps(*sorted((car.at_m, car.at_m + ahead_m))) <= street.wanted()
        behind_m = -18.0 * math.copysign(1.0, speed)
        assert not street.wanted(11.0) & lamps(*sorted((car.at_m + behind_m, car.at_m + 20 * behind_m)))


def test_a_vehicle_has_its_light_before_it_comes() -> None:
    street = FollowedStreet()
    for car in passing(street, DRIVES):
        for lamp in lamps(car.at_m, car.at_m + LIGHT.sight_m):
            assert street.control.kernel.level(lamp) >= 80.0


@pytest.mark.parametrize("speed", [DRIVES, -4.5])
def test_light_falls_behind_a_vehicle_when_that_can_be_spared(speed: float) -> None:
    """However fast they go: who is slow stays longer beside a lamp that is let go."""
    street = FollowedStreet(IDEAL)
    for car in passing(street, speed):
        back_m = car.at_m - math.copysign(14.0, speed)
        for lamp in lamps(*sorted((back_m, car.at_m))):
            assert street.control.kernel.level(lamp) >= 90.0


@pytest.mark.parametrize("speed", [WALKS, -WALKS])
def test_rings_around_a_walker(speed: float) -> None:
    street = FollowedStreet()
    for person in passing(street, speed):
        for reach_m, pct in ((15.0, 100.0), (45.0, LEVELS.near_pct), (75.0, LEVELS.far_pct)):
            assert lamps(person.at_m - reach_m + 2.0, person.at_m + reach_m - 2.0) <= street.wanted(pct)
            assert street.wanted(pct) <= lamps(person.at_m - reach_m - 3.0, person.at_m + reach_m + 3.0)


def test_whoever_may_ride_or_run_is_lit_for_both() -> None:
    street = FollowedStreet()
    for person in passing(street, 3.0):
        assert lamps(person.at_m - 10.0, person.at_m + LIGHT.sight_m - 5.0) <= street.wanted()
        assert lamps(person.at_m - 40.0, person.at_m) <= street.wanted(LEVELS.near_pct)


def test_a_first_sight_is_lit_for_walkers_and_drivers_both_ways() -> None:
    street = FollowedStreet(HEADS)
    street.add(300.0, 0.0)
    street.run(2.0)
    assert street.wanted() >= {7, 8, 9, 10, 11, 12, 13}
    street.run(10.0)
    assert street.wanted() == {10}
    assert street.wanted(LEVELS.near_pct) == {9, 10, 11}


def test_a_first_sight_at_the_end_is_lit_one_way() -> None:
    street = FollowedStreet(HEADS)
    street.add(-12.0, WALKS)
    street.run(3.0)
    assert street.wanted() >= {0, 1, 2, 3}


def test_light_stays_while_somebody_may_walk_between_two_views() -> None:
    """10 m that no sensor sees, at 0.4 m/s."""
    street = FollowedStreet(HEADS)
    person = street.add(300.0, 0.0)
    street.run(60.0)
    street.people.remove(person)
    street.run(24.0)  # 5 s until the sensor clears, 25 s on the way less what it saw
    assert {9, 10, 11} <= street.wanted()
    street.run(6.0)
    assert not street.wanted()


def test_a_faulty_sensor_counts_as_presence_at_the_class_level() -> None:
    street = FollowedStreet()
    street.faulty = {7}
    street.run(2.0)
    assert street.wanted(LEVELS.class_pct) == {7}
    assert street.wanted(LEVELS.near_pct) == {6, 7, 8}
    assert not street.wanted()
    street.faulty.clear()
    street.run(2.0)
    assert not street.wanted(11.0)


def test_what_a_faulty_sensor_says_is_not_believed() -> None:
    street = FollowedStreet()
    street.faulty = {7}
    street.add(210.0, 0.0)
    street.run(5.0)
    assert not street.wanted()


def test_lamps_that_no_sensor_watches_are_known() -> None:
    street = FollowedStreet()
    assert all(street.control.wave.covered)


def test_by_day_nobody_is_followed_and_at_dusk_they_are_at_once() -> None:
    street = FollowedStreet()
    street.control.set_night(False)
    street.add(300.0, 0.0)
    street.run(5.0)
    assert not street.users()
    assert not street.wanted(1.0)
    street.control.set_night(True)
    street.run(1.0)
    assert 10 in street.wanted()


# ---- Who is told of ------------------------------------------------------------------------------------------------------


def coming(street: FollowedStreet, at_m: float, speed: float, **odd: float) -> RoadUser:
    values = {
        "position_m": at_m,
        "velocity_m_per_s": speed,
        "spread_m": 2.0,
        "at_s": street.now_s,
        "confidence": 0.9,
    } | odd
    return RoadUser(user=7, kind="vehicle", **values)


def test_whoever_a_neighbour_announces_has_light_before_they_are_seen() -> None:
    street = FollowedStreet()
    street.control.announce(coming(street, -100.0, DRIVES), street.now_s + 10.0)
    street.run(1.0)
    assert street.wanted() == {0, 1}
    car = street.add(-100.0 + DRIVES, DRIVES)
    street.run(15.0)
    assert len(street.users()) == 1
    assert len(street.near(car)) == 1


def test_an_announcement_ends_though_nobody_takes_it_back() -> None:
    street = FollowedStreet()
    street.control.announce(coming(street, 640.0, -0.5), math.inf)
    street.control.announce(coming(street, -10.0, 0.5), street.now_s + 1e9)
    street.run(10.0)
    assert street.wanted() == {0, 20} or street.wanted() == {0}
    street.run(60.0)
    assert not street.users()
    assert not street.wanted(11.0)


def test_an_announcement_of_somebody_who_is_known_changes_nothing() -> None:
    street = FollowedStreet()
    for car in passing(street, DRIVES):
        street.control.announce(coming(street, car.at_m + 5.0, DRIVES * 0.9), street.now_s + 5.0)
    assert len(street.users()) == 1
    assert street.users()[0].velocity_m_per_s == pytest.approx(DRIVES, rel=0.02)


@pytest.mark.parametrize(
    "odd",
    [{"position_m": math.nan}, {"velocity_m_per_s": math.inf}, {"velocity_m_per_s": 1e3}, {"spread_m": -1.0},
     {"at_s": math.nan}, {"at_s": -1e9}, {"position_m": 1e12}],
)  # fmt: skip
def test_a_nonsense_announcement_changes_nothing(odd: dict[str, float]) -> None:
    street = FollowedStreet()
    street.control.announce(coming(street, 0.0, DRIVES, **odd), street.now_s + 5.0)
    street.run(1.0)
    assert not street.users()
    assert not street.wanted(11.0)


def test_announcements_leave_room_for_whoever_is_seen() -> None:
    street = FollowedStreet()
    for number in range(500):
        street.control.announce(coming(street, -1e4 - 50.0 * number, DRIVES), street.now_s + 50.0)
        street.control.announce(coming(street, 20.0 * (number % 30), 9.0), street.now_s + 50.0)
    street.add(315.0, -WALKS)
    street.run(1.5)
    assert 10 in street.wanted()


def test_a_silent_neighbour_means_the_class_level_at_that_end() -> None:
    street = FollowedStreet()
    street.control.seam(1, True)
    street.run(2.0)
    assert street.wanted(LEVELS.class_pct) == lamps(600.0 - LIGHT.sight_m, 600.0)
    street.control.seam(1, False)
    street.run(2.0)
    assert not street.wanted(11.0)


# ---- Vehicle radars ------------------------------------------------------------------------------------------------------


class Approach(FollowedStreet):
    """A radar at the beginning looks down the approach."""

    def __init__(self) -> None:
        super().__init__(HEADS, radars=[Radar("v", 0.0, -1)])

    def announce(self, seconds: float, from_m: float, speed: float = DRIVES) -> None:
        for tenth in range(round(10 * seconds)):
            self.control.approach(0, from_m - speed * tenth / 10, speed, self.now_s)
            self.run(0.1)


def test_light_is_there_before_a_vehicle_that_a_radar_sees() -> None:
    street = Approach()
    street.announce(1.0, 100.0)
    assert street.wanted() <= {0, 1}
    assert 0 in street.wanted()
    street.announce(2.0, 86.1)
    assert street.wanted() >= {0, 1, 2}
    assert len(street.users()) == 1  # the same one each time


def test_who_turns_off_before_the_street_leaves_it_dark_again() -> None:
    street = Approach()
    street.announce(5.0, 100.0)
    street.run(9.0)
    assert not street.users()
    assert not street.wanted()


def test_the_first_sensor_knows_the_vehicle_and_which_way_it_goes() -> None:
    street = Approach()
    car = street.add(-100.0, DRIVES)
    street.announce(6.5, 100.0)
    street.run(2.0)
    (user,) = street.users()
    assert user.velocity_m_per_s == pytest.approx(DRIVES, rel=0.1)
    assert abs(user.position_m - car.at_m) < 5.0


@pytest.mark.parametrize(
    ("distance_m", "speed"), [(40.0, 1.4), (math.nan, 14.0), (40.0, math.nan), (40.0, math.inf), (40.0, 400.0)]
)
def test_who_walks_or_is_nonsense_is_nothing_to_a_radar(distance_m: float, speed: float) -> None:
    street = Approach()
    street.control.approach(0, distance_m, speed, street.now_s)
    street.run(1.0)
    assert not street.users()


def test_a_radar_that_cannot_be_believed_has_its_end_of_the_street_lit() -> None:
    street = Approach()
    street.control.blind(0, faulty=True)
    street.run(2.0)
    assert street.wanted(LEVELS.class_pct) == {0}
    assert street.wanted(LEVELS.near_pct) == {0, 1}
    street.control.blind(0, faulty=False)
    street.run(2.0)
    assert not street.wanted(11.0)
