"""The class by counted traffic, against the rule in few lines of its own."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from agent.control.classes import Volume
from agent.control.traffic import SILENT_S, Road, Traffic
from counted_street import count, reference

ROAD = Road(600.0, "two-lane")  # moderate from 15 in ten minutes, high above 45


def volumes(per_interval: Sequence[int]) -> list[Volume | None]:
    """What is in force at the end of each interval, if so many pass in it."""
    return [said[-1] for said in _run(per_interval)]


def _run(per_interval: Sequence[int]) -> list[list[Volume | None]]:
    return list(count([[600.0 * n + 600.0 * (k + 0.5) / passing for k in range(passing)]
                       for n, passing in enumerate(per_interval)], ROAD))  # fmt: skip


def told(traffic: Traffic) -> tuple[Volume | None, str]:
    return traffic.volume, traffic.fault


LOW, MODERATE, HIGH = Volume.LOW, Volume.MODERATE, Volume.HIGH


def test_before_two_samples_nothing_is_known() -> None:
    assert volumes([0, 0]) == [None, LOW]


def test_up_at_once() -> None:
    said = _run([0, 0, 60, 60])
    assert said[2][-1] is HIGH
    # At the 46th of 60 in ten minutes it is already more than can be moderate: no waiting for the interval's end.
    reached_s = said[2].index(HIGH)
    assert 450 <= reached_s <= 470


def test_down_after_two_samples_below() -> None:
    assert volumes([50, 50, 5, 50, 5, 5]) == [None, HIGH, HIGH, HIGH, HIGH, LOW]
    assert volumes([50, 50, 20, 5, 5]) == [None, HIGH, HIGH, MODERATE, LOW]


def test_a_class_that_was_reached_holds_for_an_interval() -> None:
    said = [volume for interval in _run([0, 0, 60, 0, 0, 0]) for volume in interval]
    reached_s = said.index(HIGH)
    left_s = next(at_s for at_s in range(reached_s, len(said)) if said[at_s] is not HIGH)
    assert left_s - reached_s >= 600


@given(st.lists(st.integers(0, 80), min_size=3, max_size=20))
def test_the_rule_of_the_standard_in_few_lines(per_interval: list[int]) -> None:
    assert volumes(per_interval)[1:] == reference(per_interval, 90.0, 270.0)[1:]


def test_any_fault_of_counting_forgets_what_was_counted() -> None:
    traffic = Traffic(ROAD)
    for second in range(1800):
        traffic.step(float(second))
    assert told(traffic)[0] is LOW
    traffic.step(1800.0, "radar is stale")
    assert told(traffic) == (None, "radar is stale")
    for second in range(1801, 1801 + 1190):
        traffic.step(float(second))
        assert told(traffic)[0] is None
    for second in range(2991, 3010):
        traffic.step(float(second))
    assert told(traffic)[0] is LOW


def test_a_gap_between_steps_and_time_that_goes_back_are_faults() -> None:
    for then_s in (1200.0 + 1300.0, 100.0):
        traffic = Traffic(ROAD)
        for second in range(1202):
            traffic.step(float(second))
        assert told(traffic)[0] is LOW
        traffic.step(then_s)
        assert told(traffic)[0] is None


def test_nobody_for_a_day_is_a_blind_counter_until_somebody_passes() -> None:
    traffic = Traffic(ROAD)
    for minute in range(24 * 60 + 30):
        traffic.step(60.0 * minute)
    assert told(traffic) == (None, "nobody counted for 24 h")
    begin_s = SILENT_S + 1800.0
    traffic.pass_by(1, begin_s)
    for minute in range(30):
        traffic.step(begin_s + 60.0 * minute)
    assert told(traffic)[0] is LOW
