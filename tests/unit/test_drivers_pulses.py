"""Pulses: how many, how quickly, what is a bounce; held against a counter of a few lines."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.gpio.counters import rate_reading
from drivers.gpio.pulses import Sampled, Tally
from drivers.points import Quality

TIMES = st.lists(st.floats(0.0, 3.0), max_size=50).map(sorted)


@given(TIMES, st.floats(0.0, 0.5))
def test_bounces_are_not_counted(times: list[float], gap_s: float) -> None:
    tally, counted, last_s = Tally(gap_s, 0.0), 0, -inf
    for now_s in times:
        tally.pulse(now_s)
        if now_s - last_s >= gap_s:
            counted, last_s = counted + 1, now_s
    assert tally.count == counted


def test_a_rate_is_that_of_the_last_two_pulses_and_falls_when_none_comes() -> None:
    tally = Tally(0.0, 0.0)
    tally.pulse(10.0)
    tally.pulse(14.0)
    assert tally.rate(14.0).per_s == pytest.approx(0.25)
    assert tally.rate(18.0).per_s == pytest.approx(0.25)
    assert tally.rate(24.0).per_s == pytest.approx(0.1)
    assert tally.rate(1014.0).per_s == pytest.approx(0.001)


@given(st.floats(1.0, 100.0), st.floats(0.0, 0.002), st.integers(200, 400), st.data())
def test_a_quick_rate_is_over_a_second_so_that_edges_handed_on_late_do_not_show(
    hz: float, late_s: float, pulses: int, data: st.DataObject
) -> None:
    tally, now_s = Tally(0.0, 0.0), 0.0
    for number in range(pulses):
        now_s = number / hz + data.draw(st.floats(0.0, min(late_s, 0.2 / hz)), label="late")
        tally.pulse(now_s)
    assert tally.rate(now_s).per_s == pytest.approx(hz, rel=0.005)


def test_after_a_rest_a_rate_is_that_of_the_pulses_that_come_now() -> None:
    tally = Tally(0.0, 0.0)
    for now_s in (10.0, 4000.0, 4000.5):
        tally.pulse(now_s)
    assert tally.rate(4000.5).per_s == pytest.approx(2.0)
    for now_s in (4001.0, 4001.5, 4002.0):
        tally.pulse(now_s)
        assert tally.rate(now_s).per_s == pytest.approx(2.0)


@given(st.lists(st.floats(0.0, 20.0), min_size=2, max_size=40).map(sorted), st.floats(0.0, 100.0))
def test_a_rate_is_finite_and_never_more_than_the_pulses_of_two_seconds_explain(
    times: list[float], rest_s: float
) -> None:
    tally = Tally(0.0, 0.0)
    for at_s in times:
        tally.pulse(at_s)
    now_s = times[-1] + rest_s
    rate = tally.rate(now_s)
    assert rate.measured
    # The reference: over the last so many pulses, as many as lie within some two seconds, or the last two.
    last_s = times[-1]
    over = [(len(times) - 1 - n) / max(last_s - at_s, 1e-4) for n, at_s in enumerate(times[:-1])]
    assert any(rate.per_s == pytest.approx(min(one, 1 / max(rest_s, 1e-4))) for one in over)
    assert rate.per_s <= 1 / max(rest_s, 1e-4) * 1.0001


def test_before_two_pulses_a_rate_is_only_the_most_that_it_can_be() -> None:
    tally = Tally(0.0, 100.0)
    assert not tally.rate(120.0).measured
    assert tally.rate(120.0).per_s == pytest.approx(0.05)
    tally.pulse(150.0)
    assert not tally.rate(160.0).measured
    assert tally.rate(160.0).per_s == pytest.approx(0.1)


def test_power_of_a_meter_with_1000_pulses_a_kilowatt_hour() -> None:
    tally = Tally(0.0, 0.0)
    assert rate_reading(tally, 3600.0, 10.0).reason == "no two pulses yet"
    doubtful = rate_reading(tally, 3600.0, 120.0)
    assert (doubtful.quality, doubtful.value) == (Quality.UNCERTAIN, 30.0)
    tally.pulse(200.0)
    tally.pulse(236.0)
    reading = rate_reading(tally, 3600.0, 236.0)  # 1 Wh in 36 s
    assert (reading.quality, reading.value) == (Quality.GOOD, 100.0)


@given(
    st.lists(st.tuples(st.floats(0.002, 0.2), st.floats(0.002, 0.2)), max_size=5),
    st.sampled_from([0.0, 0.005, 0.02]),
    st.data(),
)
def test_samples_see_what_stands_longer_than_the_debounce_and_a_sample(
    pulses: list[tuple[float, float]], debounce_s: float, data: st.DataObject
) -> None:
    sampled, now_s, begun = Sampled(debounce_s, active=False), 0.0, 0
    sure = 0
    for high_s, low_s in pulses:
        clear = min(high_s, low_s) > debounce_s + 0.0021
        for span_s, level in ((high_s, True), (low_s, False)):
            end_s = now_s + span_s
            while now_s < end_s:
                begun += sampled.level(level, now_s)
                now_s += data.draw(st.floats(0.0005, 0.001), label="sample")
        sure += clear
    assert sure <= begun <= len(pulses)


def test_a_pulse_that_has_begun_before_is_none() -> None:
    sampled = Sampled(0.0, active=True)
    assert not sampled.level(True, 0.0)
    assert not sampled.level(False, 0.1)
    assert sampled.level(True, 0.2)
