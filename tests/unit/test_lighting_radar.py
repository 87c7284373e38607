"""A vehicle radar at the end of a street: light ahead of who is announced, and in doubt where it cannot be believed."""

from __future__ import annotations

from agent.services.lighting import CLASS, FULL, NEAR, Lamp, LightWave, Radar, Sensor
from light_needs import LIGHT, Needs

SPEED = 13.9  # m/s, 50 km/h


class Approach:
    """12 lamps and sensors 30 m apart; a radar at 0 looks down the approach."""

    def __init__(self, radar: Radar | None = None) -> None:
        self.needs = Needs()
        sensors = [Sensor(f"r{i}", 30.0 * i) for i in range(12)]
        self.wave = LightWave([Lamp(30.0 * i) for i in range(12)], sensors, LIGHT, [radar or Radar("v", 0.0, -1)])
        self.wave.blind(0, faulty=False)
        for sensor in range(12):
            self.wave.see(sensor, False, False, 0.0, self.needs)

    def announce(self, from_s: float, to_s: float, at_m: float, speed: float = SPEED) -> None:
        """Ten times a second, from a place so far away at the beginning."""
        for tenth in range(round(10 * from_s), round(10 * to_s)):
            now_s = tenth / 10
            self.wave.approach(0, at_m - speed * (now_s - from_s), speed, now_s)
            self.wave.step(now_s, self.needs)

    def wait(self, from_s: float, to_s: float) -> None:
        for tenth in range(round(10 * from_s), round(10 * to_s)):
            self.wave.step(tenth / 10, self.needs)


def test_light_is_there_before_a_vehicle_that_is_announced() -> None:
    street = Approach()
    street.announce(1.0, 2.0, 100.0)
    assert street.needs.live(FULL, 2.0) == {0, 1}  # up to 120 m ahead of 100 m before the first lamp
    street.announce(2.0, 4.0, 86.1)
    assert street.needs.live(FULL, 4.0) == {0, 1, 2}
    assert len(street.wave._vehicles) == 1  # the same one each time


def test_who_turns_off_before_the_street_leaves_it_dark_again() -> None:
    street = Approach()
    street.announce(1.0, 6.0, 100.0)
    street.wait(6.0, 15.0)
    assert not street.wave._vehicles
    assert not street.needs.live(FULL, 15.0)


def test_the_first_sensor_knows_the_vehicle_and_which_way_it_goes() -> None:
    street = Approach()
    street.announce(1.0, 7.5, 100.0)
    street.wave.see(0, True, False, 7.5, street.needs)
    street.wave.step(7.5, street.needs)
    assert len(street.wave._vehicles) == 1
    assert (street.wave._tracks[0].direction, street.wave._tracks[0].speed_m_per_s) == (1, SPEED)
    # Nobody is thought to be on foot: no ring of half light is around the sensor.
    assert not street.needs.live(NEAR, 7.5)


def test_who_walks_towards_a_radar_is_for_other_sensors() -> None:
    street = Approach()
    street.announce(1.0, 3.0, 40.0, speed=1.4)
    assert not street.wave._vehicles


def test_a_radar_that_cannot_be_believed_has_its_end_of_the_street_lit() -> None:
    street = Approach()
    street.wave.blind(0, faulty=True)
    street.wave.step(5.0, street.needs)
    assert street.needs.live(CLASS, 5.5) == {0}
    assert street.needs.live(NEAR, 5.5) == {1}
    street.wave.blind(0, faulty=False)
    street.wave.step(7.0, street.needs)
    assert not street.needs.live(CLASS, 7.0)


def test_a_radar_that_looks_up_announces_who_comes_down() -> None:
    street = Approach(Radar("v", 330.0, 1))
    street.announce(1.0, 2.0, 60.0)
    assert street.needs.live(FULL, 2.0) == {9, 10, 11}
    assert street.wave._vehicles[0].direction == -1
