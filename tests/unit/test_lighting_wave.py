"""The light wave in virtual time: which lamps are needed around walkers, ahead of vehicles, beside dead sensors."""

from __future__ import annotations

from agent.services.lighting import CLASS, FAR, FULL, NEAR, Lamp, LightWave, Sensor
from light_needs import LIGHT, Needs


class Street:
    """12 lamps 30 m apart with a sensor each, all healthy and quiet."""

    def __init__(self) -> None:
        self.needs = Needs()
        self.wave = LightWave(
            [Lamp(30.0 * i) for i in range(12)], [Sensor(f"r{i}", 30.0 * i) for i in range(12)], LIGHT
        )
        for sensor in range(12):
            self.see(sensor, present=False, now_s=0.0)

    def see(self, sensor: int, *, present: bool, now_s: float, faulty: bool = False) -> None:
        self.wave.see(sensor, present, faulty, now_s, self.needs)
        self.wave.step(now_s, self.needs)

    def wait(self, from_s: float, to_s: float) -> None:
        for tenth in range(round(10 * from_s), round(10 * to_s) + 1):
            self.wave.step(tenth / 10, self.needs)

    def drive(self, *, from_s: float, sensors: tuple[int, ...]) -> None:
        """Let sensors 30 m apart begin to see one after the other at 50 km/h, and go on for 5 s more than the first 2 s."""
        for place, sensor in enumerate(sensors):
            self.see(sensor, present=True, now_s=from_s + 2.16 * place)
        self.wait(from_s + 2.16 * len(sensors) - 2, from_s + 4.9)
        for sensor in sensors:
            self.see(sensor, present=False, now_s=from_s + 5.0)
        self.wait(from_s + 5.0, from_s + 7.0)


def test_an_empty_street_needs_nothing() -> None:
    street = Street()
    street.wave.step(10.0, street.needs)
    assert not street.needs.live(FULL, 10.0)


def test_rings_around_a_walker() -> None:
    street = Street()
    street.see(4, present=True, now_s=0.0)
    street.see(4, present=False, now_s=10.0)
    street.see(5, present=True, now_s=21.0)  # 30 m in 21 s: walking up
    now_s = 25.0
    street.see(5, present=True, now_s=now_s)
    assert street.needs.live(FULL, now_s) == {5}
    assert street.needs.live(NEAR, now_s) == {4, 6}
    assert street.needs.live(FAR, now_s) == {3, 7}


def test_light_comes_before_a_walker_into_the_next_cell_and_only_ahead() -> None:
    street = Street()
    street.see(4, present=True, now_s=0.0)
    street.see(4, present=False, now_s=10.0)
    street.see(5, present=True, now_s=21.0)
    now_s = 21.0 + 16.5  # after 25 m at 30/21 m/s less the lead
    street.see(5, present=True, now_s=now_s)
    assert street.needs.live(FULL, now_s) == {5, 6}


def test_a_vehicle_has_light_ahead_and_none_asked_far_behind() -> None:
    street = Street()
    street.drive(from_s=0.0, sensors=(2, 3))
    assert street.needs.live(FULL, 7.0) >= {5, 6, 7, 8, 9}  # at 97 m by then: 100 m of view and more
    street.wait(7.0, 9.0)
    assert 2 not in street.needs.live(FULL, 9.0)


def test_a_vehicle_that_turns_off_is_given_up() -> None:
    street = Street()
    street.drive(from_s=0.0, sensors=(2, 3))
    street.wait(7.0, 14.0)
    assert not street.needs.live(FULL, 14.0)


def test_a_vehicle_is_followed_past_sensors_that_still_see_another_one() -> None:
    street = Street()
    for sensor in (6, 5, 4):
        street.see(sensor, present=True, now_s=0.0)
    street.wait(0.0, 20.0)
    for sensor in (6, 5, 4):
        street.see(sensor, present=True, now_s=20.0)
    street.drive(from_s=20.0, sensors=(1, 2, 3))
    street.wait(27.0, 28.0)
    assert street.needs.live(FULL, 28.0) >= {5, 6, 7, 8}


def test_a_first_sight_is_lit_for_walkers_and_drivers_both_ways() -> None:
    street = Street()
    street.see(5, present=True, now_s=0.0)
    assert street.needs.live(FULL, 2.9) == {1, 2, 3, 4, 5, 6, 7, 8, 9}


def test_light_stays_while_somebody_may_walk_between_two_views() -> None:
    """10 m that no sensor sees, at 0.4 m/s, less the 5 s for which a sensor goes on seeing: 20 s."""
    street = Street()
    street.see(5, present=True, now_s=0.0)
    street.see(5, present=True, now_s=100.0)
    street.see(5, present=False, now_s=100.1)
    street.wait(100.1, 122.0)
    assert street.needs.live(FULL, 120.5) >= {4, 5, 6}
    assert not street.needs.live(FULL, 122.0)


def test_light_stays_for_the_hold_where_they_were_seen_again_beside() -> None:
    for sees_beside_s in (99.0, 103.0):  # before they are out of view, or after
        street = Street()
        street.see(5, present=True, now_s=90.0)
        street.see(5, present=True, now_s=98.0)
        if sees_beside_s < 100.0:
            street.see(6, present=True, now_s=sees_beside_s)
        street.see(5, present=True, now_s=100.0)
        street.see(5, present=False, now_s=100.1)
        street.see(6, present=True, now_s=max(sees_beside_s, 100.1))
        street.wait(100.1, 109.0)
        assert 4 not in street.needs.live(FULL, 109.0)


def test_a_single_sensor_has_nobody_to_wait_for() -> None:
    needs = Needs()
    wave = LightWave([Lamp(0.0)], [Sensor("r", 0.0)], LIGHT)
    for now_s, present in ((0.0, False), (10.0, True), (20.0, True), (20.1, False), (25.5, False)):
        wave.see(0, present, False, now_s, needs)
        wave.step(now_s, needs)
    assert not needs.live(FULL, 25.5)


def test_a_faulty_sensor_counts_as_presence_at_the_class_level() -> None:
    street = Street()
    street.see(7, present=False, faulty=True, now_s=50.0)
    assert street.needs.live(CLASS, 50.5) == {7}
    assert not street.needs.live(FULL, 50.5)


def test_what_a_faulty_sensor_says_is_not_believed() -> None:
    street = Street()
    street.see(7, present=True, faulty=True, now_s=50.0)
    assert not street.needs.live(FULL, 50.5)


def test_a_vehicle_is_followed_over_a_dead_sensor() -> None:
    street = Street()
    street.see(4, present=False, faulty=True, now_s=0.0)
    street.drive(from_s=1.0, sensors=(2, 3))
    street.wait(6.0, 7.0)
    assert street.needs.live(FULL, 7.0) >= {5, 6, 7, 8}  # nothing contradicts it until the sensor after the dead one
    street.see(5, present=True, now_s=7.6)
    street.wait(7.6, 9.0)
    assert street.needs.live(FULL, 9.0) >= {6, 7, 8, 9}


def test_one_retrigger_never_shortens() -> None:
    street = Street()
    street.see(5, present=True, now_s=0.0)
    before = dict(street.needs.until_s)
    street.see(5, present=False, now_s=0.5)
    street.see(5, present=True, now_s=0.6)
    assert all(street.needs.until_s[key] >= until_s for key, until_s in before.items())


def test_lamps_that_no_sensor_watches_are_known() -> None:
    wave = LightWave([Lamp(0.0), Lamp(30.0)], [Sensor("r", 0.0)], LIGHT)
    assert wave.covered == (True, False)
