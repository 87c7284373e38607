"""When a sensor of raw samples is believed: times, rates, faults that last, presence that holds."""

from math import inf, nan
from types import ModuleType
from typing import Any

import pytest

from tests.kernels import FORMS, NoCompilerError, kernel


@pytest.fixture(scope="module", params=FORMS)
def belief(request: pytest.FixtureRequest) -> ModuleType:
    try:
        return kernel(request.param, "belief")
    except NoCompilerError as error:
        pytest.skip(str(error))


RATE_HZ = 10.0


def fed(belief: ModuleType, until_s: float, hold_s: float = 2.0) -> Any:
    """Good samples from 0 s on, with nothing in them."""
    one = belief.Belief(RATE_HZ, hold_s, 600.0)
    go_on(one, 0.0, until_s)
    return one


def go_on(one: Any, from_s: float, until_s: float, detected: bool = False) -> None:
    for n in range(round((until_s - from_s) * RATE_HZ)):
        assert one.sample(from_s + n / RATE_HZ, 0)
        one.decide(detected, True, 0)


def said(belief: ModuleType, one: Any, now_s: float) -> tuple[str, str]:
    return ("vacant", "present", "unknown")[one.state(now_s)], belief.REASONS[one.reason(now_s)]


def test_a_name_for_each_reason(belief: ModuleType) -> None:
    named = {
        belief.BELIEVED: "",
        belief.LEARNING: "learning",
        belief.TIME: "time",
        belief.RATE: "rate",
        belief.ABSURD: "absurd",
        belief.SATURATED: "saturated",
        belief.FROZEN: "frozen",
        belief.NEVER_QUIET: "never quiet",
        belief.SILENT: "silent",
    }
    assert dict(enumerate(belief.REASONS)) == named


def test_nothing_is_known_before_the_first_sample(belief: ModuleType) -> None:
    one = belief.Belief(RATE_HZ, 2.0, 600.0)
    assert said(belief, one, 0.0) == ("unknown", "silent")
    one.sample(0.0, 0)
    assert said(belief, one, 0.0) == ("unknown", "learning")
    one.decide(False, False, 0)
    assert said(belief, one, 0.0) == ("unknown", "learning")
    one.decide(False, True, 0)
    assert said(belief, one, 0.0) == ("vacant", "")


def test_what_is_detected_holds(belief: ModuleType) -> None:
    one = fed(belief, 10.0)
    go_on(one, 10.0, 10.1, detected=True)
    assert said(belief, one, 10.0) == ("present", "")
    go_on(one, 10.1, 12.1)
    assert said(belief, one, 11.9) == ("present", ""), "a little before the last sample, as who asks may be"
    assert said(belief, one, 12.0) == ("vacant", "")
    assert said(belief, one, 9.0) == ("unknown", "time")


def test_a_silent_sensor_is_no_empty_street(belief: ModuleType) -> None:
    one = fed(belief, 10.0)
    assert said(belief, one, 10.9) == ("vacant", "")
    assert said(belief, one, 10.91) == ("unknown", "silent")


@pytest.mark.parametrize("code", range(2, 8))
def test_a_fault_lasts_until_five_good_seconds_are_over(belief: ModuleType, code: int) -> None:
    one = fed(belief, 10.0)
    assert not one.sample(10.0, code)
    assert one.reason(10.0) == code
    go_on(one, 10.1, 14.9)
    assert one.state(14.9) == belief.UNKNOWN
    go_on(one, 14.9, 15.1)
    assert said(belief, one, 15.0) == ("vacant", "")


@pytest.mark.parametrize("now_s", [nan, inf, -inf, 1e300])
def test_no_time_is_a_fault(belief: ModuleType, now_s: float) -> None:
    one = fed(belief, 10.0)
    assert not one.sample(now_s, 0)
    assert said(belief, one, 10.0) == ("unknown", "time")
    assert said(belief, one, now_s) == ("unknown", "time")
    go_on(one, 10.0, 15.1)
    assert said(belief, one, 15.0) == ("vacant", "")


def test_time_going_backwards_is_a_fault_and_goes_on_from_there(belief: ModuleType) -> None:
    one = fed(belief, 1000.0)
    go_on(one, 1000.0, 1000.1, detected=True)
    assert not one.sample(20.0, 0)
    assert said(belief, one, 20.0) == ("unknown", "time")
    go_on(one, 20.1, 25.2)
    assert said(belief, one, 25.1) == ("vacant", "")


def test_a_gap_is_a_fault(belief: ModuleType) -> None:
    one = fed(belief, 10.0)
    assert one.sample(10.9, 0)
    assert not one.sample(12.0, 0)
    assert said(belief, one, 12.0) == ("unknown", "rate")


def test_ten_thousand_a_second_are_a_fault_however_they_are_timed(belief: ModuleType) -> None:
    for step_s in (1e-4, 0.0):
        one = fed(belief, 10.0)
        good = [one.sample(10.0 + n * step_s, 0) for n in range(1000)]
        assert not all(good)
        assert said(belief, one, 10.0 + 999 * step_s) == ("unknown", "rate")


def test_too_few_are_a_fault(belief: ModuleType) -> None:
    one = fed(belief, 10.0)
    good = [one.sample(10.0 + n * 0.3, 0) for n in range(20)]
    assert not all(good)


def test_samples_may_come_in_handfuls(belief: ModuleType) -> None:
    one = belief.Belief(RATE_HZ, 2.0, 600.0)
    for n in range(600):
        assert one.sample((n // 5) * 0.5, 0)


def test_somebody_who_never_goes_is_a_noise(belief: ModuleType) -> None:
    one = fed(belief, 10.0)
    go_on(one, 10.0, 609.0, detected=True)
    assert said(belief, one, 609.0) == ("present", "")
    go_on(one, 609.0, 612.0, detected=True)
    assert said(belief, one, 612.0) == ("unknown", "never quiet")
    go_on(one, 612.0, 618.0)  # the hold of 2 s, then the five good seconds
    assert said(belief, one, 618.0) == ("unknown", "never quiet")
    go_on(one, 618.0, 620.0)
    assert said(belief, one, 620.0) == ("vacant", "")


@pytest.mark.parametrize(
    ("rate_hz", "hold_s", "never_quiet_s", "says"),
    [
        (0.0, 1.0, 1.0, "rate_hz = 0.0"),
        (nan, 1.0, 1.0, "rate_hz"),
        (1.0, -1.0, 1.0, "hold_s"),
        (1.0, 1.0, inf, "never"),
    ],
)
def test_bad_construction(belief: ModuleType, rate_hz: float, hold_s: float, never_quiet_s: float, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        belief.Belief(rate_hz, hold_s, never_quiet_s)
