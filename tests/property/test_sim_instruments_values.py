"""What a simulated instrument is told to see: it can say it from then on, or it is refused and nothing has changed."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_sim.instruments import INSTRUMENTS, Instrument
from firmware_sim.instruments.values import put, values

numbers = st.integers() | st.floats() | st.floats(-100, 300) | st.integers(-10, 300)
things = st.none() | st.booleans() | st.text(max_size=5) | numbers | st.lists(st.lists(numbers, max_size=4), max_size=7)
STEPS = 20


def refusal(instrument: Instrument, name: str, value: object) -> str:
    try:
        put(instrument, name, value)
    except ValueError as wrong:
        return str(wrong)
    return ""


@pytest.mark.parametrize("model", INSTRUMENTS)
@given(data=st.data())
def test_whatever_is_set_can_be_said(model: str, data: st.DataObject) -> None:
    instrument = INSTRUMENTS[model]()
    for _ in range(3):
        name = data.draw(st.sampled_from(sorted(values(instrument))))
        before = values(instrument)
        if refused := refusal(instrument, name, data.draw(things)):
            assert refused.startswith(f"{name}: expected") or refused == f"{name}: cannot be set"
            assert values(instrument) == before
    for _ in range(STEPS):
        at_s = instrument.next_s()
        if math.isinf(at_s):
            return
        assert isinstance(instrument.due(at_s), bytes)
        assert instrument.next_s() > at_s


@pytest.mark.parametrize("model", INSTRUMENTS)
def test_what_is_shown_can_be_set_again(model: str) -> None:
    instrument = INSTRUMENTS[model]()
    shown = values(instrument)
    assert shown["alive"] is True
    for name, value in shown.items():
        if name != "firmware":  # of the SDS011: a fact, not to be set
            put(instrument, name, value)
    assert values(instrument) == shown


@pytest.mark.parametrize(
    ("model", "name", "value", "error"),
    [
        ("ld2410", "moving", 2, "moving: expected one of alive, engineering, moving_m, no_one_s, still_m"),
        ("ld2410", "moving_m", "near", "moving_m: expected a number, at most 1e+06 either way"),
        ("ld2410", "moving_m", math.nan, "moving_m: expected a number, at most 1e+06 either way"),
        ("ld2410", "alive", 1, "alive: expected true or false"),
        ("ld2451", "vehicles", 60, "vehicles: expected a list of lists of numbers, such as [[60, 13.9]]"),
        ("ld2451", "vehicles", [[60]], "vehicles: expected a list of lists of numbers, such as [[60, 13.9]]"),
        ("ld2451", "direction", 1.5, "direction: expected a whole number from 0 to 65535"),
        ("tfmini", "interval_s", 0, "interval_s: expected what this instrument can say, found 0.0"),
        ("tfmini", "interval_s", -1, "interval_s: expected what this instrument can say, found -1.0"),
        ("nmea", "altitude_m", None, "altitude_m: expected a number, at most 1e+06 either way"),
        ("nmea", "wrong_by_s", 1e7, "wrong_by_s: expected a number, at most 1e+06 either way"),
        ("sds011", "firmware", [1, 2, 3], "firmware: cannot be set"),
    ],
)
def test_a_mistake_is_told_in_one_line(model: str, name: str, value: object, error: str) -> None:
    instrument = INSTRUMENTS[model]()
    before = values(instrument)
    assert refusal(instrument, name, value) == error
    assert values(instrument) == before


def test_nobody_can_be_set_where_nobody_may_be() -> None:
    radar = INSTRUMENTS["ops243"]()
    put(radar, "speed_m_per_s", -3)
    assert values(radar)["speed_m_per_s"] == -3.0
    put(radar, "speed_m_per_s", None)
    assert values(radar)["speed_m_per_s"] is None
