"""A neighbour's word in the tracker: one track a road user, never told back, and what a sensor here sees counts for more."""

from __future__ import annotations

import pytest

from agent.control.street import Output, StreetControl
from agent.services.cells import Sensor
from agent.services.road_users import RoadUser, UserKind
from street_levels import DEMO_LEVELS, LIGHT

STEP_S = 0.05
TOLD = 1 << 32


class Street:
    """Four lamps with a sensor each, from 0 to 90 m."""

    def __init__(self) -> None:
        places = [30.0 * n for n in range(4)]
        self.control = StreetControl(
            [Output(f"lum-{n}", at_m, device_safety=True) for n, at_m in enumerate(places)],
            [Sensor(f"radar-{n}", at_m) for n, at_m in enumerate(places)],
            DEMO_LEVELS,
            LIGHT,
            night=True,
        )
        self.now_s = 0.0
        self.present: set[int] = set()
        self.run(20.0)

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / STEP_S)):
            self.now_s += STEP_S
            for sensor in range(4):
                self.control.see(sensor, sensor in self.present, faulty=False, now_s=self.now_s)
            self.control.step(self.now_s)

    def told(self, position_m: float, velocity_m_per_s: float, for_s: float = 3.0) -> None:
        kind: UserKind = "vehicle" if abs(velocity_m_per_s) > 4.0 else "pedestrian"
        user = RoadUser(TOLD, kind, position_m, velocity_m_per_s, 1.0, self.now_s, 0.9)
        self.control.announce(user, self.now_s + for_s)

    def tracks(self) -> int:
        return len(self.control.wave.tracker.crowd.tracks)

    def levels(self) -> list[float]:
        return [round(self.control.kernel.level(lamp)) for lamp in range(4)]


def test_who_is_told_of_again_and_again_is_one_and_is_not_told_back() -> None:
    street = Street()
    for _ in range(10):
        street.told(-10.0, 0.0)
        street.run(0.5)
        assert street.tracks() == 1
        assert list(street.control.road_users(street.now_s)) == []
    assert street.levels()[0] == 100
    street.run(5.0)
    assert street.tracks() == 0
    street.run(10.0)
    assert street.levels() == [10, 10, 10, 10]


def test_who_is_told_of_and_then_seen_is_ours() -> None:
    street = Street()
    place_m = -60.0
    while place_m < -12.0:
        street.told(place_m, 14.0)
        street.run(0.5)
        place_m += 7.0
    assert list(street.control.road_users(street.now_s)) == []
    street.present = {0}
    street.run(0.5)
    (user,) = street.control.road_users(street.now_s)
    assert user.velocity_m_per_s == pytest.approx(14.0, abs=3.0)
    before_m = user.at_m(street.now_s)
    street.told(before_m - 12.0, 14.0)
    (user,) = street.control.road_users(street.now_s)
    assert user.at_m(street.now_s) == pytest.approx(before_m, abs=0.1), "seen here is known better"


def test_a_word_of_nobody_ends_by_itself() -> None:
    street = Street()
    street.told(-30.0, 14.0, for_s=1.0)
    street.run(0.5)
    assert street.levels()[0] > 50
    street.run(8.0)
    assert street.tracks() == 0
    assert street.levels() == [10, 10, 10, 10]
