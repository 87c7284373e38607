"""The Doppler head: bodies at known speeds, made from the distance they are at; hum, lost channels; water that a radar saw."""

import random
from collections.abc import Callable
from math import cos, inf, nan, pi, sin
from statistics import median
from types import ModuleType
from typing import Any

import pytest

from raw_signals import echo, white
from sense_recordings import ABSENT, RADAR, radar, vendor
from tests.kernels import FORMS, NoCompilerError, kernel


@pytest.fixture(scope="module", params=FORMS)
def doppler(request: pytest.FixtureRequest) -> ModuleType:
    try:
        return kernel(request.param, "doppler")
    except NoCompilerError as error:
        pytest.skip(str(error))


VACANT, PRESENT, UNKNOWN = range(3)
RATE_HZ = 5e3
CARRIER_HZ = 24.125e9
BIN_M_PER_S = RATE_HZ / 256 * 299792458.0 / CARRIER_HZ / 2
Signal = Callable[[float], complex]


def nobody(_: float) -> complex:
    return 2048 + 2048j


def coming(speed_m_per_s: float, strength: float, carrier_hz: float = CARRIER_HZ) -> Signal:
    """A body that comes nearer from 100 m at that speed (away, if negative), beside what stands still."""
    return lambda now_s: 2048 + 2048j + strength * echo(100.0 - speed_m_per_s * now_s, carrier_hz)


def watched(detector: Any, signal: Signal, from_s: float, to_s: float, sigma: float = 3.0) -> list[int]:
    chance = random.Random(round(1e3 * from_s))
    states = []
    for n in range(round(from_s * RATE_HZ), round(to_s * RATE_HZ)):
        value = signal(n / RATE_HZ) + white(chance, sigma)
        states.append(detector.sample(value.real, value.imag, n / RATE_HZ))
    return states


def why(detector: Any, now_s: float) -> str:
    return str(kernel("interpreted", "belief").REASONS[detector.reason(now_s)])


def settled(doppler: ModuleType, signal: Signal = nobody, **options: Any) -> Any:
    detector = doppler.Doppler(RATE_HZ, CARRIER_HZ, **options)
    assert watched(detector, signal, 0.0, 3.0)[-1] == VACANT
    return detector


@pytest.mark.parametrize("speed_m_per_s", [0.5, 1.4, -1.4, 3.21, -7.0, 13.9, -13.9])
def test_speed_and_direction(doppler: ModuleType, speed_m_per_s: float) -> None:
    detector = settled(doppler)
    states = watched(detector, coming(speed_m_per_s, 6.0), 3.0, 3.2)
    assert states.index(PRESENT) / RATE_HZ <= 0.11, "two frames of 51 ms"
    assert detector.speed_m_per_s == pytest.approx(speed_m_per_s, abs=0.25 * BIN_M_PER_S)
    assert detector.strength_db > 15.0


@pytest.mark.parametrize("speed_m_per_s", [0.9, 1.4, 2.2, -2.2, 8.0])
def test_a_strong_echo_gives_the_speed_to_a_fiftieth_of_a_step(doppler: ModuleType, speed_m_per_s: float) -> None:
    detector = settled(doppler)
    watched(detector, coming(speed_m_per_s, 1000.0), 3.0, 3.2)
    assert detector.speed_m_per_s == pytest.approx(speed_m_per_s, abs=0.02 * BIN_M_PER_S)


def test_another_carrier_is_another_speed(doppler: ModuleType) -> None:
    detector = doppler.Doppler(RATE_HZ, 10.525e9)
    watched(detector, nobody, 0.0, 3.0)
    watched(detector, coming(5.0, 100.0, 10.525e9), 3.0, 3.2)
    assert detector.speed_m_per_s == pytest.approx(5.0, abs=0.02)


def test_without_q_there_is_a_speed_and_no_direction(doppler: ModuleType) -> None:
    detector = settled(doppler, quadrature=False)
    assert PRESENT in watched(detector, coming(-1.4, 20.0), 3.0, 3.2)
    assert detector.speed_m_per_s == pytest.approx(1.4, abs=0.1)


def test_what_is_slower_than_was_asked_for_is_not_looked_at(doppler: ModuleType) -> None:
    detector = settled(doppler, coming(1.0, 50.0), slowest_m_per_s=2.0)
    assert PRESENT not in watched(detector, coming(1.0, 50.0), 3.0, 6.0)
    watched(detector, nobody, 6.0, 9.0)
    assert PRESENT in watched(detector, coming(3.0, 50.0), 9.0, 9.5)


def test_hum_is_learned_and_only_there(doppler: ModuleType) -> None:
    """A supply's 200 Hz, far above the noise: 1.24 m/s, for a head that does not know better."""

    def hum(now_s: float) -> complex:
        return 100 * sin(2 * pi * 200 * now_s) * (1 + 0.1j)

    detector = settled(doppler, hum)
    assert PRESENT not in watched(detector, hum, 3.0, 6.0)
    assert PRESENT in watched(detector, lambda now_s: hum(now_s) + coming(5.0, 6.0)(now_s), 6.0, 6.3)
    assert detector.speed_m_per_s == pytest.approx(5.0, abs=0.05)


def test_it_is_held_and_then_over(doppler: ModuleType) -> None:
    detector = settled(doppler, hold_s=0.5)
    watched(detector, coming(1.4, 20.0), 3.0, 3.5)
    states = watched(detector, nobody, 3.5, 4.5)
    assert states[int(0.4 * RATE_HZ)] == PRESENT
    assert states[-1] == VACANT
    assert detector.speed_m_per_s == pytest.approx(1.4, abs=0.1), "of the last that was seen"


@pytest.mark.parametrize("dead", ["i", "q", "both"])
def test_a_channel_that_stands_still_is_frozen(doppler: ModuleType, dead: str) -> None:
    detector = settled(doppler)
    chance = random.Random(1)
    for n in range(15_000, 20_500):
        value = white(chance, 3.0)
        i, q = (0.0 if dead in {"i", "both"} else value.real), (0.0 if dead in {"q", "both"} else value.imag)
        state = detector.sample(i, q, n / RATE_HZ)
    assert (state, why(detector, 20_499 / RATE_HZ)) == (UNKNOWN, "frozen")


def test_a_head_that_came_off_is_no_quiet_street(doppler: ModuleType) -> None:
    detector = settled(doppler)
    assert watched(detector, nobody, 3.0, 8.0, sigma=0.1)[-1] == UNKNOWN
    assert why(detector, 8.0 - 1 / RATE_HZ) == "frozen"


def test_long_at_the_rails_is_saturated(doppler: ModuleType) -> None:
    """An oscillation that fills the ADC: most samples are at one end or the other."""
    detector = settled(doppler, low=0.0, high=4095.0)
    for n in range(15_000, 60_000):
        turn = 2 * pi * 333 * n / RATE_HZ
        i, q = (min(4095.0, max(0.0, 2048 + 9000 * part)) for part in (cos(turn), sin(turn)))
        state = detector.sample(i, q, n / RATE_HZ)
    assert (state, why(detector, 59_999 / RATE_HZ)) == (UNKNOWN, "saturated")


def test_counts_of_an_adc_without_q_are_not_at_its_lower_end(doppler: ModuleType) -> None:
    detector = settled(doppler, quadrature=False, low=0.0, high=4095.0)
    assert UNKNOWN not in watched(detector, nobody, 3.0, 9.0)


@pytest.mark.parametrize("value", [nan, inf, -inf, 1e300])
def test_an_absurd_value_is_unknown(doppler: ModuleType, value: float) -> None:
    for pair in ((value, 0.0), (0.0, value)):
        detector = settled(doppler)
        assert (detector.sample(*pair, 3.0), why(detector, 3.0)) == (UNKNOWN, "absurd")
        assert watched(detector, nobody, 3.001, 9.0)[-1] == VACANT


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"points": 100}, "points = 100: expected a power of two"),
        ({"points": 8}, "points = 8"),
        ({"slowest_m_per_s": 16.0}, "slowest_m_per_s = 16.0: the fastest is 15.5 m/s"),
        ({"slowest_m_per_s": nan}, "slowest_m_per_s = nan"),
        ({"frozen_s": nan}, "frozen_s = nan"),
        ({"low": 1.0, "high": 0.0}, "expected low below high"),
        ({"hold_s": inf}, "hold_s = inf"),
    ],
)
def test_bad_construction(doppler: ModuleType, options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        doppler.Doppler(RATE_HZ, CARRIER_HZ, **options)
    with pytest.raises(ValueError, match="carrier_hz"):
        doppler.Doppler(RATE_HZ, 0.0)


@pytest.mark.skipif(not RADAR.is_dir(), reason=ABSENT)
def test_water_that_flows_towards_a_radar(doppler: ModuleType) -> None:
    """Sweeps of a 60 GHz radar at 3 kHz on a stream, one frame after the other: samples of I and Q like any other.

    Nothing is quiet in it, so that the noise is learned from made noise of the level that the recording has where it
    shows nothing: at speeds away from the radar. The speed is held against what the vendor says at the end.
    """
    recording = radar("surface-velocity-1-dist")
    detector = doppler.Doppler(3000.0, 60.5e9, points=64)
    chance = random.Random(7)
    for n in range(9000):
        value = white(chance, 37.0)
        detector.sample(value.real, value.imag, n / 3000)
    assert detector.detections == 0
    speeds = []
    pairs = [(samples[k], samples[k + 1]) for _, samples in recording.frames for k in range(0, len(samples), 2)]
    for n, (i, q) in enumerate(pairs, start=9000):
        before = detector.detections
        detector.sample(i, q, n / 3000)
        if detector.detections > before:
            speeds.append(detector.speed_m_per_s)
    assert len(speeds) > 0.9 * len(pairs) / 64
    assert min(speeds) > 0.3, "always towards it"
    last = float(vendor("surface-velocity-1-dist")[-1]["estimated_velocity_m_per_s"])
    assert median(speeds) == pytest.approx(last, rel=0.15)
