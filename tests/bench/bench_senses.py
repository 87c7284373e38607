"""What the detectors of raw samples make of recordings, and what a sample costs."""

from __future__ import annotations

import random
from array import array
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from types import ModuleType
from typing import Any

from chopped_pir import judged, read_raw, tuned
from figures import Figure, figure
from sense_recordings import ABSENT, PIR, RADAR, Recording, pir_windows, radar, vendor
from tests.kernels import kernel

NAME = "senses"
TITLE = "Senses: raw samples to detections"

PEOPLE = ("presence-default", "presence-short-range", "breathing-sitting")
VESSELS = ("waste-level-empty", "waste-level-25-percent", "waste-level-full", "medium-tank")
PRESENT = 1
RESTLESS_DB = (5.0, 10.0, 15.0, 20.0)


def run() -> list[Figure]:
    """Recordings where they are; the cost in any case."""
    rows = [*_radar_rows(), *_pir_rows()] if RADAR.is_dir() and PIR.is_file() else [_absent()]
    return rows + _alarms() + _costs()


def _absent() -> Figure:
    return figure("recordings", 0, "", None, ABSENT)


# ---- The radar's recordings --------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Seen:
    """What was said of each frame, and whether something was detected in it."""

    times_s: list[float]
    states: list[int]
    detected: list[bool]
    distances_m: list[float]


def _watch(recording: Recording, **options: float) -> Seen:
    ranges = kernel("compiled", "ranges")
    detector = ranges.RangePresence(recording.distances_m, recording.sweeps, 1 / recording.frame_s, **options)
    seen = Seen([], [], [], [])
    for time_s, samples in recording.frames:
        before = detector.detections
        seen.times_s.append(time_s)
        seen.states.append(detector.frame(samples, time_s))
        seen.detected.append(detector.detections > before)
        seen.distances_m.append(detector.distance_m)
    return seen


def _vessel(name: str) -> Recording:
    recording = radar(name)
    return recording if recording.sweeps > 1 else recording.beyond(0.3).sweeps_joined(4)


def _radar_rows() -> list[Figure]:
    people = {name: radar(name) for name in PEOPLE}
    vessels = {name: _vessel(name) for name in VESSELS}
    rows = [row for name, recording in people.items() for row in _person(name, recording)]
    rows += [_empty(name, recording) for name, recording in vessels.items()]
    right, wrong = (
        sum(_watch(recording).states.count(PRESENT) for recording in group.values()) for group in (people, vessels)
    )
    rows.append(
        figure("precision of frames with presence, all seven", 100.0 * right / (right + wrong), "%", None, "held")
    )
    for restless_db in RESTLESS_DB:
        found = [_watch(recording, restless_db=restless_db) for recording in people.values()]
        false = [_watch(recording, restless_db=restless_db) for recording in vessels.values()]
        rows.append(
            figure(
                f"empty scene taken for {restless_db:g} dB: frames with a person",
                _share(found),
                "%",
                None,
                f"vessels: {_share(false):.1f} % of frames false",
            )
        )
    return rows


def _person(name: str, recording: Recording) -> list[Figure]:
    seen = _watch(recording)
    results = vendor(name)
    by_vendor = [row.get("presence_detected", "True") == "True" for row in results]
    right = [state == PRESENT for state, is_there in zip(seen.states, by_vendor, strict=True) if is_there]
    wrong = seen.states.count(PRESENT) - sum(right)
    first = seen.detected.index(True)
    source = "vendor's" if "presence_detected" in results[0] else "all: somebody sits there"
    rows = [
        figure(f"{name}: recall", _pct(right), "%", None, f"of {len(right)} frames ({source}), held; {wrong} others"),
        figure(
            f"{name}: frames with a detection",
            _pct(seen.detected),
            "%",
            None,
            f"unheld; unknown: {seen.states.count(2)}",
        ),
        figure(f"{name}: latency", seen.times_s[first], "s", None, f"frame {first}{_vendor_first(by_vendor, seen)}"),
    ]
    if "presence_distance_m" in results[0]:
        ours = [at for at, here in zip(seen.distances_m, seen.detected, strict=True) if here]
        theirs = [float(row["presence_distance_m"]) for row, here in zip(results, seen.detected, strict=True) if here]
        off_m = [abs(a - b) for a, b in zip(ours, theirs, strict=True)]
        rows.append(figure(f"{name}: distance, against vendor's", median(off_m), "m", None, "median difference"))
    return rows


def _vendor_first(by_vendor: list[bool], seen: Seen) -> str:
    if all(by_vendor):
        return ""
    first = by_vendor.index(True)
    return f"; vendor's first is frame {first}, at {seen.times_s[first]:.2f} s"


def _empty(name: str, recording: Recording) -> Figure:
    seen = _watch(recording)
    joined = " of 4 sweeps, from 0.3 m on; one a frame in the recording" if name == "medium-tank" else ""
    note = f"of {len(seen.states)}{joined}; unknown: {seen.states.count(2)}"
    return figure(f"{name}: false frames", float(sum(seen.detected)), "", None, note)


def _share(seen: list[Seen]) -> float:
    return _pct([detected for one in seen for detected in one.detected])


def _pct(found: list[bool]) -> float:
    return 100.0 * sum(found) / len(found)


# ---- The PIR's recording -----------------------------------------------------------------------------------------------


def _pir_rows() -> list[Figure]:
    windows = pir_windows()
    cut = len(windows) * 6 // 10
    cfar = kernel("compiled", "cfar")
    settings = tuned(cfar, windows[:cut])
    rows = []
    for part, score in (
        ("first 60 %", judged(cfar, windows, settings, range(cut))),
        ("last 40 %", judged(cfar, windows, settings, range(cut, len(windows)))),
    ):
        name = f"PIR, chopper residual, {part}"
        rows += [
            figure(f"{name}: recall", score.recall_pct, "%", None, f"of {score.motion} windows with motion"),
            figure(f"{name}: precision", score.precision_pct, "%", None, f"{settings}"),
            figure(f"{name}: vacant, false", score.vacant_pct, "%", None, f"of {score.vacant} windows"),
            figure(f"{name}: stationary, seen", score.stationary_pct, "%", None, f"of {score.stationary} windows"),
            figure(f"{name}: latency, median", score.latency_s, "s", None, score.runs),
        ]
    raw = read_raw(kernel("compiled", "pir"), windows, range(cut, len(windows)))
    name = "PIR, AnaloguePir as it is, last 40 %"
    rows += [
        figure(f"{name}: recall", raw.recall_pct, "%", None, "the chopper is noise to it"),
        figure(f"{name}: precision", raw.precision_pct, "%", None, f"vacant, false: {raw.vacant_pct:.1f} %"),
    ]
    return rows


# ---- White noise -------------------------------------------------------------------------------------------------------


def _alarms() -> list[Figure]:
    """False alarms that were found, of those that were set."""
    chance = random.Random(1)
    pir = kernel("compiled", "pir").AnaloguePir(20.0, false_alarms_per_h=9.0)
    for n in range(50 * 3600 * 20):
        pir.sample(chance.gauss(0.0, 3.0), n / 20.0)
    doppler = kernel("compiled", "doppler").Doppler(10e3, 24.125e9, false_alarms_per_h=1000.0)
    for n in range(400 * 10_000):
        doppler.sample(chance.gauss(0.0, 3.0), chance.gauss(0.0, 3.0), n / 10e3)
    ranges = kernel("compiled", "ranges").RangePresence([0.5, 1.0, 1.5], 8, 10.0, false_alarms_per_h=100.0)
    learned = 0
    for n in range(105_000):
        ranges.frame(array("d", [chance.gauss(0.0, 50.0) for _ in range(48)]), n / 10.0)
        learned = ranges.detections if n == 5000 else learned
    name = "white noise, false alarms found / set"
    return [
        figure(f"{name}: AnaloguePir", pir.detections / (50 * 9.0), "", None, "9 an hour, 50 hours"),
        figure(f"{name}: Doppler", doppler.detections / (400 / 3600 * 1000.0), "", None, "1000 an hour, 400 s"),
        figure(
            f"{name}: RangePresence",
            (ranges.detections - learned) / (1e4 / 3600 * 100.0),
            "",
            None,
            "100 an hour, 2.8 hours, after the scene was learned",
        ),
    ]


# ---- The cost ----------------------------------------------------------------------------------------------------------


def _costs() -> list[Figure]:
    rows = []
    for name, measure, count in (
        ("AnaloguePir, a sample at 50 Hz", _pir_ns, 200_000),
        ("Doppler, a sample of I and Q at 10 kHz", _doppler_ns, 200_000),
        ("RangePresence, a frame of 16 x 11", _frame_ns, 10_000),
    ):
        quick, slow = measure("compiled", count), measure("interpreted", count // 20)
        rows += [
            figure(name, quick, "ns", None, "compiled, median of 5"),
            figure(f"{name}, interpreted", slow, "ns", None, f"{slow / quick:.0f} times"),
        ]
    return rows


def _pir_ns(form: str, count: int) -> float:
    chance = random.Random(1)
    values = [chance.gauss(2048, 3) for _ in range(count)]
    detector = _module(form, "pir").AnaloguePir(50.0)
    return _median_ns(detector.sample, [(value, n / 50.0) for n, value in enumerate(values)])


def _doppler_ns(form: str, count: int) -> float:
    chance = random.Random(1)
    values = [(chance.gauss(0, 3), chance.gauss(0, 3)) for _ in range(count)]
    detector = _module(form, "doppler").Doppler(10e3, 24.125e9)
    return _median_ns(detector.sample, [(i, q, n / 10e3) for n, (i, q) in enumerate(values)])


def _frame_ns(form: str, count: int) -> float:
    chance = random.Random(1)
    frames = [array("d", [chance.gauss(0, 50) for _ in range(2 * 16 * 11)]) for _ in range(50)]
    detector = _module(form, "ranges").RangePresence([0.3 + 0.2 * n for n in range(11)], 16, 12.0)
    return _median_ns(detector.frame, [(frames[n % 50], n / 12.0) for n in range(count)])


def _module(form: str, name: str) -> ModuleType:
    return kernel(form, name)


def _median_ns(call: Any, arguments: list[tuple[Any, ...]]) -> float:
    """Of one call, by five parts of all."""
    part, spans = len(arguments) // 5, []
    for n in range(5):
        begin_s = perf_counter()
        for values in arguments[n * part : (n + 1) * part]:
            call(*values)
        spans.append(perf_counter() - begin_s)
    return median(spans) / part * 1e9
