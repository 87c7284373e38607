"""One street in virtual time: boot, a night with a walker, people's demands, dead sensors, day and unknown time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from agent.control.leases import Demand, Refusal
from agent.control.street import Output, StreetControl
from agent.control.sun import AstronomicalClock
from agent.services.cells import Sensor
from street_levels import LEVELS, LIGHT

STEP_S = 0.05


class Night:
    """6 lamps and sensors; lamp 5 is on a unit without device-side safety. Keeps the levels that were written."""

    def __init__(self, *, night: bool | None = True) -> None:
        outputs = [Output(f"lum-{i}", 30.0 * i, device_safety=i != 5) for i in range(6)]
        self.control = StreetControl(outputs, [Sensor(f"r{i}", 30.0 * i) for i in range(6)], LEVELS, LIGHT, night=night)
        self.now_s = 1000.0
        self.level_pct: dict[int, float] = {}
        self.present: set[int] = set()
        self.dead: set[int] = set()

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / STEP_S)):
            self.now_s += STEP_S
            for sensor in range(6):
                self.control.see(sensor, sensor in self.present, sensor in self.dead, self.now_s)
            self.level_pct.update(self.control.step(self.now_s))

    def winners(self) -> list[str]:
        return [self.control.winner(lamp) for lamp in range(6)]


def test_lamps_are_told_in_the_order_of_their_distance_to_who_was_just_seen() -> None:
    night = Night()
    night.run(10.0)
    night.now_s += STEP_S
    assert night.control.see(4, present=True, faulty=False, now_s=night.now_s)
    changed = night.control.step(night.now_s)
    assert [lamp for lamp, _ in changed] == sorted(lamp for lamp, _ in changed)
    near = night.control.nearest_first(changed, [4])
    assert sorted(near) == changed
    assert [abs(lamp - 4) for lamp, _ in near] == sorted(abs(lamp - 4) for lamp, _ in changed)
    assert near[0][0] == 4
    assert night.control.nearest_first(changed, []) == changed


def test_boot_begins_at_the_class_level_and_fades_to_base() -> None:
    night = Night()
    night.run(STEP_S)
    assert all(level == pytest.approx(80.0, abs=2.0) for level in night.level_pct.values())
    assert len(night.level_pct) == 6
    night.run(10.0)
    assert [night.level_pct[lamp] for lamp in range(6)] == [10.0, 10.0, 10.0, 10.0, 10.0, 15.0]
    assert night.winners() == ["schedule"] * 5 + ["floor"]


def test_a_walker_is_lit_at_once_and_the_light_goes_after_the_hold() -> None:
    night = Night()
    night.run(10.0)
    night.present = {2}
    night.run(1.0)
    assert night.level_pct[2] >= 90.0
    night.run(10.0)
    night.present = set()
    night.run(3.9)
    assert night.level_pct[2] == 100.0
    night.run(26.0)  # 20 s for whoever walks slowly out of view, the fade
    assert night.level_pct[2] == 10.0


def test_a_dead_sensor_is_lit_at_the_class_level() -> None:
    night = Night()
    night.run(10.0)
    night.dead = {3}
    night.run(3.0)
    assert (night.level_pct[3], night.winners()[3]) == (80.0, "adaptive")
    night.dead = set()
    night.run(10.0)
    assert night.level_pct[3] == 10.0


def test_before_any_sensor_was_read_the_street_stays_at_the_class_level() -> None:
    night = Night()
    night.dead = set(range(6))
    night.run(60.0)
    assert set(night.level_pct.values()) == {80.0}


def test_technician_wins_over_walkers_and_floor_and_ends_by_itself() -> None:
    night = Night()
    night.run(10.0)
    night.control.leases.take(1, "technician", Demand("cli", 0.0, 60.0), night.now_s)
    night.present = {1}
    night.run(5.0)
    assert (night.level_pct[1], night.winners()[1]) == (0.0, "technician")
    night.run(60.0)
    assert (night.level_pct[1], night.winners()[1]) == (100.0, "adaptive")
    assert night.control.leases.holder(1, "technician", night.now_s) is None


def test_operator_cannot_go_below_the_floor() -> None:
    night = Night()
    night.control.leases.take(1, "operator", Demand("city", 0.0, 600.0), night.now_s)
    night.run(10.0)
    assert (night.level_pct[1], night.winners()[1]) == (5.0, "floor")


def test_release_gives_the_lamp_back() -> None:
    night = Night()
    night.control.leases.take(1, "technician", Demand("cli", 40.0, 600.0), night.now_s)
    night.run(10.0)
    assert night.level_pct[1] == 40.0
    assert night.control.leases.release(1, "technician")
    night.run(10.0)
    assert night.level_pct[1] == 10.0
    assert not night.control.leases.release(1, "technician")


@pytest.mark.parametrize(
    ("level_pct", "for_s", "named"),
    [(101.0, 60.0, "level_pct"), (-0.1, 60.0, "level_pct"), (float("nan"), 60.0, "level_pct"),
     (40.0, 0.5, "for_s"), (40.0, 43201.0, "for_s"), (40.0, float("inf"), "for_s"), (40.0, float("nan"), "for_s")],
)  # fmt: skip
def test_demands_out_of_bounds_change_nothing(level_pct: float, for_s: float, named: str) -> None:
    night = Night()
    night.run(10.0)
    with pytest.raises(Refusal, match=named):
        night.control.leases.take(1, "technician", Demand("cli", level_pct, for_s), night.now_s)
    night.run(10.0)
    assert (night.level_pct[1], night.winners()[1]) == (10.0, "schedule")


def test_by_day_all_is_off_whoever_walks() -> None:
    night = Night(night=False)
    night.present = {2}
    night.dead = {3}
    night.run(30.0)
    assert set(night.level_pct.values()) == {0.0}
    assert night.control.safe_pct() == 0.0


def test_dusk_lights_whoever_is_already_there() -> None:
    night = Night(night=False)
    night.present = {2}
    night.run(5.0)
    night.control.set_night(True)
    night.run(2.0)
    assert night.level_pct[2] == 100.0


def test_without_a_trusted_clock_the_street_is_lit() -> None:
    night = Night(night=None)
    night.run(10.0)
    assert set(night.level_pct.values()) == {100.0}
    assert set(night.winners()) == {"default"}
    assert night.control.safe_pct() == 80.0


def test_a_whole_november_night_by_the_sun() -> None:
    """From noon to noon: off by day, base at night, changing at sunset and sunrise as worked out by hand."""
    sun = AstronomicalClock(55.6561, 12.3683, -0.833)
    night = Night(night=False)
    begin = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
    lit_at: datetime | None = None
    off_at: datetime | None = None
    for minute in range(24 * 60):
        now = begin + timedelta(minutes=minute)
        night.now_s = 1000.0 + 60.0 * minute
        night.control.set_night(sun.is_night(now))
        night.run(STEP_S)
        night.now_s += 30.0
        night.run(STEP_S)
        if lit_at is None and night.level_pct[0] == 10.0:
            lit_at = now
        if lit_at is not None and off_at is None and night.level_pct[0] == 0.0:
            off_at = now
    # By hand: declination -19.7 degrees, equation of time 14.3 min: solar noon 10:56 UTC, half day 4 h 01 min.
    assert lit_at is not None
    assert off_at is not None
    assert abs(lit_at - datetime(2026, 11, 20, 14, 57, tzinfo=UTC)) <= timedelta(minutes=2)
    assert abs(off_at - datetime(2026, 11, 21, 6, 57, tzinfo=UTC)) <= timedelta(minutes=2)
