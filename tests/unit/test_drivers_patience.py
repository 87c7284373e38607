"""How long a unit is waited for."""

from __future__ import annotations

import pytest

from drivers.bus.patience import BOUNDS_MS, Patience


def test_a_few_answers_conclude_nothing() -> None:
    patience = Patience(0.5)
    for _ in range(7):
        patience.took(0.005)
    assert patience.timeout_s == 0.5


@pytest.mark.parametrize(("latency_s", "timeout_s"), [(0.001, 0.03), (0.05, 0.1), (0.4, 0.5)])
def test_a_unit_is_waited_for_twice_as_long_as_it_takes_within_bounds(latency_s: float, timeout_s: float) -> None:
    patience = Patience(0.5)
    for _ in range(8):
        patience.took(latency_s)
    assert patience.timeout_s == pytest.approx(timeout_s)


def test_one_slow_answer_is_remembered_and_forgotten_by_and_by() -> None:
    patience = Patience(1.0)
    for _ in range(20):
        patience.took(0.02)
    patience.took(0.2)
    assert patience.timeout_s == pytest.approx(0.4)
    for _ in range(1000):
        patience.took(0.02)
    assert patience.timeout_s == pytest.approx(0.04)
    assert patience.histogram().longest_ms == 200


def test_silence_doubles_it_up_to_the_longest_and_an_answer_brings_it_back() -> None:
    patience = Patience(0.1)
    for _ in range(8):
        patience.took(0.015)
    waits_s = []
    for _ in range(4):
        waits_s.append(patience.timeout_s)
        patience.ran_out()
    assert waits_s == pytest.approx([0.03, 0.06, 0.1, 0.1])
    patience.took(0.015)
    assert patience.timeout_s == pytest.approx(0.03)


def test_another_unit_is_learned_anew() -> None:
    patience = Patience(0.5)
    for _ in range(8):
        patience.took(0.01)
    patience.forget()
    assert patience.timeout_s == 0.5
    assert sum(patience.histogram().counts) == 8


def test_the_histogram_counts_each_answer_once() -> None:
    patience = Patience(2.0)
    assert patience.histogram().median_ms is None
    for latency_ms in (0.5, 1.0, 1.5, 30.0, 5000.0):
        patience.took(latency_ms / 1000)
    histogram = patience.histogram()
    assert histogram.bounds_ms == BOUNDS_MS
    assert histogram.counts == (2, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1)
    assert (histogram.median_ms, histogram.longest_ms) == (2.0, 5000.0)
