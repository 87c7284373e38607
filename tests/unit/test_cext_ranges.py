"""The radar with range points: bodies that walk and that only breathe, walls, restless scenes, frozen frames; recordings."""

import random
from array import array
from collections.abc import Callable
from math import inf, nan, pi, sin
from types import ModuleType
from typing import Any

import pytest

from raw_signals import radar_frame
from sense_recordings import ABSENT, RADAR, radar, vendor
from tests.kernels import FORMS, NoCompilerError, kernel


@pytest.fixture(scope="module", params=FORMS)
def ranges(request: pytest.FixtureRequest) -> ModuleType:
    try:
        return kernel(request.param, "ranges")
    except NoCompilerError as error:
        pytest.skip(str(error))


VACANT, PRESENT, UNKNOWN = range(3)
DISTANCES_M = [0.5 + 0.25 * n for n in range(9)]
SWEEPS = 8
FRAME_HZ = 10.0
SWEEP_HZ = 2e3
Body = Callable[[float], float] | None


def watched(detector: Any, body: Body, frames: range, strength: float = 500.0) -> list[int]:
    chance = random.Random(frames.start)
    states = []
    for n in frames:
        times_s = [n / FRAME_HZ + k / SWEEP_HZ for k in range(SWEEPS)]
        states.append(detector.frame(radar_frame(chance, DISTANCES_M, times_s, body, strength), n / FRAME_HZ))
    return states


def settled(ranges: ModuleType, **options: Any) -> Any:
    detector = ranges.RangePresence(DISTANCES_M, SWEEPS, FRAME_HZ, **options)
    assert watched(detector, None, range(50)) == [UNKNOWN] * 4 + [VACANT] * 46
    return detector


def why(detector: Any, now_s: float) -> str:
    return str(kernel("interpreted", "belief").REASONS[detector.reason(now_s)])


def test_somebody_who_walks_is_seen_at_once_and_followed(ranges: ModuleType) -> None:
    detector = settled(ranges)

    def body(now_s: float) -> float:
        return 2.3 - 0.8 * (now_s - 5.0)

    assert PRESENT in watched(detector, body, range(50, 53))
    watched(detector, body, range(53, 61))
    assert detector.distance_m == pytest.approx(body(6.0), abs=0.26)
    watched(detector, body, range(61, 71))
    assert detector.distance_m == pytest.approx(body(7.0), abs=0.26)


def test_somebody_who_only_breathes_is_seen_and_stays(ranges: ModuleType) -> None:
    """A chest that moves by 4 mm, a quarter of a hertz; its echo is no more than a tenth of the wall's."""
    detector = settled(ranges)
    watched(detector, None, range(50, 1500))  # what a quiet scene is has been learned
    states = watched(detector, lambda now_s: 1.25 + 0.002 * sin(2 * pi * 0.25 * now_s), range(1500, 1800), 200.0)
    assert PRESENT in states[:10]
    assert set(states[10:]) == {PRESENT}
    assert detector.distance_m == 1.25
    assert not detector.is_fast
    assert detector.strength_db > 10.0


def test_what_trembles_within_a_frame_is_fast(ranges: ModuleType) -> None:
    """Half a millimetre at 200 Hz, in step with the frames: between them nothing moves."""
    detector = settled(ranges)

    def body(now_s: float) -> float:
        return 1.25 + 0.0005 * sin(2 * pi * 200.0 * now_s)

    watched(detector, body, range(50, 90), 1000.0)
    before = detector.detections
    assert set(watched(detector, body, range(90, 100), 1000.0)) == {PRESENT}
    assert detector.detections > before
    assert (detector.is_fast, detector.distance_m) == (True, 1.25)


def test_a_wall_however_strong_is_nobody(ranges: ModuleType) -> None:
    detector = settled(ranges)
    assert set(watched(detector, lambda _: 1.5, range(50, 450), 0.0)) == {VACANT}


def test_a_restless_scene_is_learned_and_a_walk_is_seen_in_it(ranges: ModuleType) -> None:
    """Water that moves by a wavelength, 13 dB above the noise of a frame's mean: expected at 15 dB, unexpected at 0."""

    def water(now_s: float) -> float:
        return 0.75 + 0.0025 * random.Random(round(now_s * FRAME_HZ)).random()

    def body(now_s: float) -> float:
        return 2.0 - 0.5 * (now_s - 70.0)

    detector = ranges.RangePresence(DISTANCES_M, SWEEPS, FRAME_HZ)
    states = watched(detector, water, range(700), 110.0)
    assert states.count(PRESENT) == 0
    assert PRESENT in watched(detector, body, range(700, 705), 500.0)
    eager = ranges.RangePresence(DISTANCES_M, SWEEPS, FRAME_HZ, restless_db=0.0)
    assert PRESENT in watched(eager, water, range(100), 110.0)


def test_it_is_held_and_then_over(ranges: ModuleType) -> None:
    detector = settled(ranges, hold_s=1.0)
    watched(detector, lambda now_s: 2.0 - 0.5 * (now_s - 5.0), range(50, 70))
    states = watched(detector, None, range(70, 250))
    assert states[5] == PRESENT
    assert states[-1] == VACANT


def test_the_same_frame_again_is_frozen(ranges: ModuleType) -> None:
    detector = settled(ranges)
    frame = radar_frame(random.Random(1), DISTANCES_M, [0.0] * SWEEPS, None, 0.0)
    states = [detector.frame(frame, n / FRAME_HZ) for n in range(50, 60)]
    assert states == [VACANT] * 3 + [UNKNOWN] * 7
    assert why(detector, 5.9) == "frozen"


@pytest.mark.parametrize("value", [0.0, 17.0])
def test_sweeps_that_are_all_alike_are_frozen(ranges: ModuleType, value: float) -> None:
    detector = settled(ranges)
    frame = array("d", [value]) * (2 * SWEEPS * len(DISTANCES_M))
    assert (detector.frame(frame, 5.0), why(detector, 5.0)) == (UNKNOWN, "frozen")


def test_long_at_the_end_of_the_adc_is_saturated(ranges: ModuleType) -> None:
    detector = settled(ranges, full_scale=2500.0)
    assert UNKNOWN not in watched(detector, lambda _: 1.5, range(50, 90), 5000.0)
    assert watched(detector, lambda _: 1.5, range(90, 110), 5000.0)[-1] == UNKNOWN
    assert why(detector, 10.9) == "saturated"


@pytest.mark.parametrize("value", [nan, inf, -inf, 1e300])
def test_an_absurd_value_is_unknown_for_five_seconds(ranges: ModuleType, value: float) -> None:
    detector = settled(ranges)
    frame = radar_frame(random.Random(1), DISTANCES_M, [0.0] * SWEEPS, None, 0.0)
    frame[-1] = value
    assert (detector.frame(frame, 5.0), why(detector, 5.0)) == (UNKNOWN, "absurd")
    states = watched(detector, None, range(51, 120))
    assert states == [UNKNOWN] * 49 + [VACANT] * 20


def test_a_frame_of_another_length_is_refused(ranges: ModuleType) -> None:
    detector = settled(ranges)
    with pytest.raises(ValueError, match="10 values: expected 8 sweeps of 9 pairs"):
        detector.frame(array("d", [0.0]) * 10, 5.0)
    assert watched(detector, None, range(50, 52)) == [VACANT] * 2


@pytest.mark.parametrize(
    ("distances_m", "sweeps", "frame_hz", "options", "says"),
    [
        ([], 8, 10.0, {}, "8 sweeps over 0 distances"),
        ([1.0], 3, 10.0, {}, "3 sweeps over 1 distances"),
        ([1.0], 8, nan, {}, "frame_rate_hz = nan"),
        ([1.0], 8, 10.0, {"full_scale": nan}, "full_scale = nan"),
        ([1.0], 8, 10.0, {"frozen_frames": 0}, "frozen_frames = 0"),
        ([1.0], 8, 10.0, {"restless_db": -1.0}, "restless_db = -1.0"),
    ],
)
def test_bad_construction(
    ranges: ModuleType, distances_m: list[float], sweeps: int, frame_hz: float, options: dict[str, Any], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        ranges.RangePresence(distances_m, sweeps, frame_hz, **options)


@pytest.mark.skipif(not RADAR.is_dir(), reason=ABSENT)
@pytest.mark.parametrize("name", ["presence-default", "presence-short-range", "breathing-sitting"])
def test_a_recorded_person_is_there(ranges: ModuleType, name: str) -> None:
    """From a second after the start to the end, as far as the vendor says so; and where the vendor says."""
    recording = radar(name)
    detector = ranges.RangePresence(recording.distances_m, recording.sweeps, 1 / recording.frame_s)
    off_m = []
    for (time_s, samples), result in zip(recording.frames, vendor(name), strict=True):
        state = detector.frame(samples, time_s)
        assert state == PRESENT or time_s < 1.0
        if state == PRESENT and float(result.get("presence_distance_m") or 0):
            off_m.append(abs(detector.distance_m - float(result["presence_distance_m"])))
    assert sum(off < 0.31 for off in off_m) >= 0.8 * len(off_m)


@pytest.mark.skipif(not RADAR.is_dir(), reason=ABSENT)
@pytest.mark.parametrize("name", ["waste-level-empty", "waste-level-25-percent", "waste-level-full"])
def test_a_recorded_bin_is_nobody(ranges: ModuleType, name: str) -> None:
    recording = radar(name)
    detector = ranges.RangePresence(recording.distances_m, recording.sweeps, 1 / recording.frame_s)
    states = [detector.frame(samples, time_s) for time_s, samples in recording.frames]
    assert states == [UNKNOWN] * 4 + [VACANT] * (len(states) - 4)
