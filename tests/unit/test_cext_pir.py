"""The analogue PIR: a body among noise and drift, rails, frozen and dead inputs."""

import random
from collections.abc import Callable
from math import inf, nan, pi, sin
from types import ModuleType
from typing import Any

import pytest

from raw_signals import walk_past_a_pir
from tests.kernels import FORMS, NoCompilerError, kernel


@pytest.fixture(scope="module", params=FORMS)
def pir(request: pytest.FixtureRequest) -> ModuleType:
    try:
        return kernel(request.param, "pir")
    except NoCompilerError as error:
        pytest.skip(str(error))


VACANT, PRESENT, UNKNOWN = range(3)
RATE_HZ = 50.0
NOISE = 3.0


def watched(detector: Any, signal: Callable[[float], float], from_s: float, to_s: float) -> list[tuple[float, int]]:
    """The state after each sample, with its time."""
    chance = random.Random(round(from_s))
    said = []
    for n in range(round(from_s * RATE_HZ), round(to_s * RATE_HZ)):
        now_s = n / RATE_HZ
        said.append((now_s, detector.sample(signal(now_s) + chance.gauss(0.0, NOISE), now_s)))
    return said


def quiet(_: float) -> float:
    return 2048.0


def settled(pir: ModuleType, **options: float) -> Any:
    detector = pir.AnaloguePir(RATE_HZ, **options)
    watched(detector, quiet, 0.0, 60.0)
    assert detector.state(60.0) == VACANT
    return detector


def why(detector: Any, now_s: float) -> str:
    return str(kernel("interpreted", "belief").REASONS[detector.reason(now_s)])


def test_a_walk_is_seen_within_a_second_and_held(pir: ModuleType) -> None:
    detector = settled(pir)
    said = watched(detector, lambda now_s: 2048.0 + walk_past_a_pir(now_s, 60.0, 64.0, 40.0), 60.0, 75.0)
    seen_s = [now_s for now_s, state in said if state == PRESENT]
    assert 60.0 < seen_s[0] < 61.2
    assert seen_s[-1] - seen_s[0] > 5.0, "held"
    assert said[-1][1] == VACANT
    assert detector.detections >= 4


def test_noise_is_in_the_signals_own_unit(pir: ModuleType) -> None:
    assert settled(pir).noise == pytest.approx(NOISE / 2**0.5, rel=0.15), "two samples are averaged at 50 Hz"


def test_a_weak_walk_in_a_weak_noise_is_as_good(pir: ModuleType) -> None:
    """The threshold is made of the noise that is there: the same in volts."""
    counts, volts = pir.AnaloguePir(RATE_HZ), pir.AnaloguePir(RATE_HZ)
    chance = random.Random(5)
    for n in range(4000):
        now_s = n / RATE_HZ
        value = chance.gauss(0.0, NOISE) + walk_past_a_pir(now_s, 60.0, 64.0, 30.0)
        assert counts.sample(value, now_s) == volts.sample(value / 1024, now_s)
    assert counts.detections == volts.detections > 0


def test_a_level_that_drifts_is_nobody(pir: ModuleType) -> None:
    detector = pir.AnaloguePir(RATE_HZ)
    said = watched(detector, lambda now_s: 10.0 * now_s + 100.0 * sin(2 * pi * now_s / 120.0), 0.0, 300.0)
    assert {state for now_s, state in said if now_s > 10.0} == {VACANT}
    assert detector.noise == pytest.approx(NOISE / 2**0.5, rel=0.2), "nor is the drift taken for noise"


def test_a_noise_that_rises_slowly_is_followed_and_hides_no_walk(pir: ModuleType) -> None:
    detector = pir.AnaloguePir(RATE_HZ)
    chance = random.Random(9)
    for n in range(60_000):
        now_s = n / RATE_HZ
        sigma = NOISE * (1.0 + min(now_s, 900.0) / 300.0)
        swing = walk_past_a_pir(now_s, 1100.0, 1104.0, 160.0)
        detector.sample(2048.0 + swing + chance.gauss(0.0, sigma), now_s)
        if now_s == 1100.0:
            assert detector.detections <= 1, "in 18 minutes, while the noise grew to 16 times its power"
    assert detector.noise == pytest.approx(4 * NOISE / 2**0.5, rel=0.2)
    assert detector.detections > 4


def test_a_walk_at_the_rails_is_somebody(pir: ModuleType) -> None:
    detector = settled(pir, low=1900.0, high=2200.0)
    chance = random.Random(3)
    states = set()
    for n in range(3000, 3200):
        value = 2048.0 + walk_past_a_pir(n / RATE_HZ, 60.0, 64.0, 2000.0) + chance.gauss(0.0, NOISE)
        states.add(detector.sample(min(2200.0, max(1900.0, value)), n / RATE_HZ))
    assert PRESENT in states
    assert UNKNOWN not in states


def test_long_at_the_rails_is_saturated(pir: ModuleType) -> None:
    detector = settled(pir, high=4095.0)
    chance = random.Random(3)
    for n in range(3000, 3300):
        state = detector.sample(4095.0 + abs(chance.gauss(0.0, 1e-3)), n / RATE_HZ)
    assert (state, why(detector, 65.98)) == (UNKNOWN, "saturated")
    watched(detector, quiet, 66.0, 90.0)
    assert detector.state(90.0) == VACANT


def test_a_frozen_signal_is_unknown_within_its_time(pir: ModuleType) -> None:
    detector = settled(pir, frozen_s=2.0)
    states = [detector.sample(2051.0, n / RATE_HZ) for n in range(3000, 3200)]
    assert states[101] == UNKNOWN
    assert why(detector, 3199 / RATE_HZ) == "frozen"


def test_an_input_that_came_off_is_unknown(pir: ModuleType) -> None:
    """The ADC still has its own noise, the amplifier's is gone."""
    detector = settled(pir)
    chance = random.Random(4)
    for n in range(3000, 30_000):
        state = detector.sample(chance.gauss(0.0, 0.05), n / RATE_HZ)
        assert state != VACANT or n < 3050, "the step is somebody at first; and the new noise is not learned"
        assert state == UNKNOWN or n < 4000
    assert why(detector, 29_999 / RATE_HZ) == "frozen"


@pytest.mark.parametrize("value", [nan, inf, -inf, 1e300])
def test_an_absurd_value_is_unknown_for_five_seconds(pir: ModuleType, value: float) -> None:
    detector = settled(pir)
    assert (detector.sample(value, 60.0), why(detector, 60.0)) == (UNKNOWN, "absurd")
    said = watched(detector, quiet, 60.02, 70.0)
    assert {state for now_s, state in said if now_s < 64.9} == {UNKNOWN}
    assert {state for now_s, state in said if now_s > 65.1} == {VACANT}


def test_unknown_until_a_first_noise_is_learned(pir: ModuleType) -> None:
    detector = pir.AnaloguePir(RATE_HZ)
    said = watched(detector, quiet, 0.0, 10.0)
    assert why(detector, said[-1][0]) == ""
    assert [state for now_s, state in said if now_s < 6.0] == [UNKNOWN] * 300
    assert detector.strength_db == pytest.approx(0.0, abs=6.0)


@pytest.mark.parametrize(
    ("rate_hz", "options", "says"),
    [
        (4.0, {}, "rate_hz = 4.0: expected 5..10000"),
        (nan, {}, "rate_hz = nan"),
        (50.0, {"hold_s": -1.0}, "hold_s = -1.0"),
        (50.0, {"frozen_s": 0.0}, "frozen_s = 0.0"),
        (50.0, {"low": 5.0, "high": 5.0}, "expected low below high"),
        (50.0, {"false_alarms_per_h": 0.0}, "false_alarm = 0.0"),
        (50.0, {"false_alarms_per_h": 9000.0}, "false_alarm = 1.0"),
    ],
)
def test_bad_construction(pir: ModuleType, rate_hz: float, options: dict[str, float], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        pir.AnaloguePir(rate_hz, **options)
