"""Detectors of raw samples under any floats: none raises, none believes a frozen input, both forms say the same to the bit.

And on white noise they are wrong as often as was set.
"""

import random
import tracemalloc
from array import array
from collections.abc import Callable
from math import inf, nan
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kernels import FORMS, NoCompilerError, kernel

VACANT, PRESENT, UNKNOWN = range(3)
NONSENSE = st.sampled_from([0.0, -0.0, nan, inf, -inf, 5e-324, 1e9, -1e9, 1e308, 2048.0])
VALUE = st.floats() | NONSENSE | st.floats(-100, 100)
STEP_S = st.sampled_from([1.0, 1.0, 1.0, 0.5, 0.0, 2.0]) | st.floats(-1e3, 1e3) | NONSENSE  # in periods
FIRST = range(1, 4)
Feed = Callable[[Any, float, float], int]


def forms(name: str) -> list[ModuleType]:
    try:
        return [kernel(form, name) for form in FORMS]
    except NoCompilerError:
        return [kernel("interpreted", name)]


def quickest(name: str) -> ModuleType:
    return forms(name)[0]


def pir(module: ModuleType, **options: float) -> Any:
    return module.AnaloguePir(20.0, **options)


def doppler(module: ModuleType, **options: Any) -> Any:
    return module.Doppler(400.0, 24.125e9, points=16, slowest_m_per_s=0.1, **options)


def ranges(module: ModuleType, **options: Any) -> Any:
    return module.RangePresence([0.5, 1.0], 4, 10.0, **options)


def feed_pir(detector: Any, value: float, now_s: float) -> int:
    return int(detector.sample(value, now_s))


def feed_doppler(detector: Any, value: float, now_s: float) -> int:
    return int(detector.sample(value, -value if value < 50 else 3.0, now_s))


def feed_ranges(detector: Any, value: float, now_s: float) -> int:
    """A frame of noise that is the same for the same value, with the value in it."""
    chance = random.Random(str(value))
    frame = array("d", [chance.gauss(0.0, 1.0) for _ in range(16)])
    frame[chance.randrange(16)] = value
    return int(detector.frame(frame, now_s))


def facts(detector: Any, now_s: float) -> tuple[Any, ...]:
    """All that a detector tells, to the bit."""
    names = ("detections", "noise", "strength_db", "speed_m_per_s", "distance_m", "is_fast")
    told = [getattr(detector, name, None) for name in names]
    exact = [value.hex() if isinstance(value, float) else value for value in told]
    return (*exact, detector.state(now_s), detector.reason(now_s))


DETECTORS = [
    pytest.param("pir", pir, feed_pir, 20.0, id="pir"),
    pytest.param("doppler", doppler, feed_doppler, 400.0, id="doppler"),
    pytest.param("ranges", ranges, feed_ranges, 10.0, id="ranges"),
]


@pytest.mark.parametrize(("name", "build", "feed", "rate_hz"), DETECTORS)
@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_any_floats(name: str, build: Any, feed: Feed, rate_hz: float, data: st.DataObject) -> None:
    """Noise that a detector learns, anything at any time, noise again."""
    detectors = [build(module, hold_s=0.5) for module in forms(name)]
    chance = random.Random(data.draw(st.integers(0, 9)))
    calm = [(chance.gauss(0.0, 3.0), 1.0) for _ in range(1200 if name == "doppler" else 160)]
    wild = data.draw(st.lists(st.tuples(VALUE, STEP_S), max_size=80))
    repeats = data.draw(st.integers(1, 10))
    now_s = data.draw(st.sampled_from([0.0, 1e6]))
    for value, step in calm + wild * repeats + calm:
        now_s = now_s + step / rate_hz if abs(now_s) < inf else 0.0
        said = {feed(detector, value, now_s) for detector in detectors}
        assert len(said) == 1
        assert said <= {VACANT, PRESENT, UNKNOWN}
        strange = not abs(value) <= 1e9 or not abs(now_s) <= 1e12
        assert not strange or said == {UNKNOWN}
    assert len({facts(detector, now_s) for detector in detectors}) == 1


@pytest.mark.parametrize(("name", "build", "feed", "rate_hz"), DETECTORS)
@given(value=st.floats(-1e9, 1e9), seed=st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_a_frozen_input_is_not_believed_after_its_time(
    name: str, build: Any, feed: Feed, rate_hz: float, value: float, seed: int
) -> None:
    """Ten seconds for the PIR, one for the Doppler head, three frames for the radar; and it stays so."""
    detector = build(quickest(name))
    chance = random.Random(seed)
    count = round(30 * rate_hz)
    for n in range(count):
        feed(detector, chance.gauss(0.0, 3.0), n / rate_hz)
    frozen = round({"pir": 10.0, "doppler": 1.0, "ranges": 0.3}[name] * rate_hz)
    for n in range(count, 2 * count):
        state = feed(detector, value, n / rate_hz)
        assert state == UNKNOWN or n < count + frozen + 2


@pytest.mark.parametrize(("name", "build", "feed", "rate_hz"), DETECTORS)
def test_nothing_piles_up(name: str, build: Any, feed: Feed, rate_hz: float) -> None:
    detector = build(quickest(name))
    chance = random.Random(1)
    values = [chance.gauss(0.0, 3.0) for _ in range(500)]

    def steps(begin: int) -> None:
        for n in range(begin, begin + 4000):
            feed(detector, values[n % 500], n / rate_hz)

    steps(0)
    tracemalloc.start()
    try:
        steps(4000)
        before, _ = tracemalloc.get_traced_memory()
        steps(8000)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 2000


FEWEST, MOST = 0.5, 2.0  # times what was set


@pytest.mark.parametrize("seed", FIRST)
def test_white_noise_before_a_pir(seed: int) -> None:
    """One cell of 0.4 s in a hundred: 20 000 of them."""
    detector = pir(quickest("pir"), false_alarms_per_h=90.0)
    chance = random.Random(seed)
    for n in range(160_000):
        detector.sample(chance.gauss(500.0, 7.0), n / 20.0)
    assert FEWEST * 200 < detector.detections < MOST * 200


@pytest.mark.parametrize("seed", FIRST)
@pytest.mark.parametrize("quadrature", [True, False])
def test_white_noise_before_a_doppler_head(seed: int, quadrature: bool) -> None:
    """One frame in fifty: 10 000 of them."""
    alarms_per_h = 0.02 * 3600 * 400 / 16
    detector = doppler(quickest("doppler"), false_alarms_per_h=alarms_per_h, quadrature=quadrature)
    chance = random.Random(seed)
    for n in range(160_000):
        detector.sample(chance.gauss(0.0, 7.0), chance.gauss(0.0, 7.0), n / 400.0)
    assert FEWEST * 200 < detector.detections < MOST * 200


@pytest.mark.parametrize("seed", FIRST)
def test_white_noise_before_a_radar(seed: int) -> None:
    """One frame in a hundred, once it has learned that the scene is empty: 15 000 of them."""
    module = quickest("ranges")
    detector = module.RangePresence([0.5, 1.0, 1.5], 8, 10.0, false_alarms_per_h=0.01 * 36_000)
    chance = random.Random(seed)
    learned = 0
    for n in range(20_000):
        detector.frame(array("d", [chance.gauss(0.0, 50.0) for _ in range(48)]), n / 10.0)
        learned = detector.detections if n == 5000 else learned
    assert FEWEST * 150 < detector.detections - learned < MOST * 150


def test_both_forms_are_here() -> None:
    if len(forms("pir")) == 1:
        pytest.skip("no C compiler: the interpreted form alone was tested")
