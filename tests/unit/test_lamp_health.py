"""One lamp's counters and alarms: each raised, held, cleared, and left alone by what is not known."""

from __future__ import annotations

import pytest

from agent.services.lamp_health import CYCLING, DAY_BURNER, FAILURE, HOT, health_points
from watched_lamp import UTC, WatchedLamp


def test_hours_count_by_the_time_that_passes_and_what_is_lit_by_half() -> None:
    lamp = WatchedLamp()
    lamp.run(1, level_pct=0.0)
    lamp.run(3600, level_pct=49.9)
    lamp.run(1800, level_pct=50.0)
    lamp.run(900, level_pct=0.0)
    lamp.run(60, level_pct=100.0)
    lamp.run(60, level_pct=0.0)
    assert (lamp.counters.lit_s, lamp.counters.high_s, lamp.counters.switched_off) == (5460.0, 1860.0, 2)


def test_a_pause_of_the_agent_counts_for_ten_seconds_and_time_that_goes_back_for_nothing() -> None:
    lamp = WatchedLamp()
    lamp.run(1, level_pct=100.0)
    lamp.now_s += 5000.0
    lamp.run(1, level_pct=100.0)
    assert lamp.counters.lit_s == 10.0
    lamp.now_s -= 3000.0
    lamp.run(1, level_pct=100.0)
    assert lamp.counters.lit_s == 10.0


def test_what_is_not_read_back_is_counted_by_what_was_last_believed() -> None:
    lamp = WatchedLamp()
    lamp.run(101, level_pct=None, believed_pct=80.0)
    assert lamp.counters.lit_s == 100.0


def test_energy_by_a_meter_and_by_the_model_are_two_sums() -> None:
    lamp = WatchedLamp()
    lamp.run(3601, level_pct=100.0, power_w=54.0)
    lamp.run(3600, level_pct=100.0)
    assert lamp.counters.metered_wh == pytest.approx(54.0, abs=0.1)
    assert lamp.counters.estimated_wh == pytest.approx(60.0, abs=0.1)
    lamp.run(100, power_w=-5.0)
    assert lamp.counters.metered_wh == pytest.approx(54.0, abs=0.1)


def test_a_lamp_that_draws_too_little_for_its_level_has_failed() -> None:
    lamp = WatchedLamp()
    lamp.run(60, power_w=58.0)
    lamp.run(299, power_w=29.0)
    assert lamp.raised == {}
    lamp.run(1, power_w=29.0)
    assert lamp.raised == {FAILURE: "draws 29.0 W at 100 %, expected 60.0 W"}
    (alarm,) = lamp.book.alarms()
    assert (alarm.since, alarm.since_s, alarm.severity) == (UTC, lamp.now_s, "alarm")
    lamp.run(100, power_w=44.0)  # between the limits: 50 % and 75 %
    lamp.run(1000)  # the meter is gone
    lamp.run(59, power_w=58.0)
    assert FAILURE in lamp.raised
    lamp.run(1, power_w=58.0)
    assert lamp.raised == {}
    assert [name for _, name in lamp.news if name == FAILURE] == [FAILURE] * 3


def test_a_lamp_at_a_low_level_is_not_judged_and_the_time_stands() -> None:
    lamp = WatchedLamp()
    lamp.run(3600, level_pct=29.0, power_w=0.0)
    assert lamp.raised == {}
    lamp.run(200, power_w=0.0)
    lamp.run(3600, level_pct=10.0, power_w=0.0)
    lamp.run(99, power_w=0.0)
    assert lamp.raised == {}
    lamp.run(3, power_w=0.0)
    assert FAILURE in lamp.raised


@pytest.mark.parametrize(("state", "text"), [("dead", "the shared meter misses its 60 W"), ("stuck", "full power")])
def test_a_lamp_that_the_shared_meter_misses_has_failed(state: str, text: str) -> None:
    lamp = WatchedLamp()
    lamp.run(302, state=state)
    assert text in lamp.raised[FAILURE]
    lamp.run(1000, state=None)
    lamp.run(1000, state="ok", level_pct=10.0)
    assert FAILURE in lamp.raised
    lamp.run(60, state="ok")
    assert lamp.raised == {}


def test_a_lamp_whose_unit_says_so_has_failed() -> None:
    lamp = WatchedLamp()
    lamp.run(302, failed=True, level_pct=10.0)
    assert lamp.raised == {FAILURE: "the lamp's own unit says that lamp or control gear has failed"}
    lamp.run(1000, failed=None)
    assert lamp.raised != {}
    lamp.run(61, failed=False)
    assert lamp.raised == {}


def test_one_that_is_lit_by_day_for_half_an_hour_is_a_day_burner() -> None:
    lamp = WatchedLamp()
    lamp.run(3600, day=False)
    lamp.run(1799, day=True, commanded_pct=0.0, level_pct=100.0)
    assert lamp.raised == {}
    lamp.run(2, day=True, commanded_pct=0.0, level_pct=100.0)
    assert lamp.raised == {DAY_BURNER: "lit for more than 30 min by day: commanded 0 %, reads back 100 %"}
    lamp.run(3600, day=None)
    lamp.run(3600, day=True, level_pct=None)
    assert DAY_BURNER in lamp.raised
    lamp.run(61, day=True, level_pct=0.0)
    assert lamp.raised == {}


@pytest.mark.parametrize(
    "sample", [{"level_pct": 0.0, "power_w": 57.0}, {"level_pct": 0.0, "state": "stuck"}, {"level_pct": 10.0}]
)
def test_light_is_known_by_power_before_the_level(sample: dict[str, object]) -> None:
    lamp = WatchedLamp()
    lamp.run(1802, day=True, **sample)
    assert DAY_BURNER in lamp.raised


@pytest.mark.parametrize("sample", [{"power_w": 0.5}, {"state": "dead"}, {"day": None}, {"level_pct": None}])
def test_what_is_dark_or_not_known_is_no_day_burner(sample: dict[str, object]) -> None:
    lamp = WatchedLamp()
    lamp.run(4000, **({"day": True} | sample))
    assert DAY_BURNER not in lamp.raised


def test_a_lamp_that_goes_on_and_off_by_itself_cycles() -> None:
    lamp = WatchedLamp()
    lamp.run(20, power_w=60.0)
    for _ in range(3):
        lamp.run(30, power_w=0.2)
        assert CYCLING not in lamp.raised
        lamp.run(30, power_w=60.0)
    assert lamp.raised == {CYCLING: "power went on and off 6 times in 10 min, unasked"}
    lamp.run(2000)
    assert CYCLING in lamp.raised
    lamp.run(600 + 60, power_w=60.0)
    assert lamp.raised == {}


def test_a_lamp_that_does_as_it_is_told_does_not_cycle() -> None:
    lamp = WatchedLamp()
    for _ in range(20):
        lamp.run(10, level_pct=100.0, power_w=60.0)
        lamp.run(10, level_pct=0.0, power_w=0.5)
    assert lamp.raised == {}
    assert lamp.counters.switched_off == 20


def test_cycling_by_the_shared_meter_holds_while_it_is_not_known_whose_it_is() -> None:
    lamp = WatchedLamp()
    lamp.run(10, cycles=5)
    assert lamp.raised == {}
    lamp.run(1, cycles=6)
    assert CYCLING in lamp.raised
    lamp.run(1000, cycles=None)
    lamp.run(1000, cycles=3)  # between the limits
    assert CYCLING in lamp.raised
    lamp.run(601, cycles=2)
    assert lamp.raised == {}


def test_hot_control_gear() -> None:
    lamp = WatchedLamp()
    lamp.run(100, gear_cel=84.9)
    lamp.run(61, gear_cel=92.0)
    assert lamp.raised == {HOT: "control gear at 92 °C, limit 85 °C"}
    lamp.run(1000, gear_cel=81.0)
    lamp.run(1000, gear_cel=None)
    assert HOT in lamp.raised
    lamp.run(60, gear_cel=80.0)
    assert lamp.raised == {}


def test_points_that_a_unit_delivers_itself_are_not_declared_twice() -> None:
    keys = [point.key for point in health_points("l", lambda key: key == "l/lamp/lamp_failure", own_meter=False)]
    assert "l/lamp/lamp_failure" not in keys
    assert "l/lamp/day_burner" in keys
    assert "l/lamp/active_energy" not in keys
