"""Windows of a PIR whose node chops the beam, judged by their labels: plumbing of a classifier, no street signal.

The feature is aware of the chopper: what is left of a window when the running template of the chopper's wave, at the
gain that fits best, is taken from it. Its power is a cell of `cext.cfar`.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from statistics import median
from types import ModuleType

from sense_recordings import Window

TEMPLATE_SHARE = 0.02  # of a new window in the template
BLOCK, MEMORY = 4, 8  # windows; blocks
LONGEST_GAP_S = 20.0  # windows farther apart are not one run
WINDOW_S = 4.0
RATE_HZ = 13.75


@dataclass(frozen=True, slots=True)
class Settings:
    """Looks of a residual, and the false-alarm rate that is set: by the labels of the first part of the recording."""

    looks: int
    false_alarm: float

    def __str__(self) -> str:
        return f"looks: {self.looks}, false alarms set: {self.false_alarm:g} a window"


@dataclass(frozen=True, slots=True)
class Score:
    """Of the windows of one part: shares in per cent, and counts."""

    recall_pct: float
    precision_pct: float
    vacant_pct: float
    stationary_pct: float
    motion: int
    vacant: int
    stationary: int
    latency_s: float
    runs: str


def residuals(windows: Sequence[Window]) -> list[float]:
    """Mean square of what the template leaves of each window. The labels are not looked at."""
    template: list[float] = []
    powers = []
    for window in windows:
        mean = sum(window.samples) / len(window.samples)
        wave = [sample - mean for sample in window.samples]
        template = template or wave
        gain = sum(a * b for a, b in zip(wave, template, strict=True)) / sum(a * a for a in template)
        powers.append(sum((a - gain * b) ** 2 for a, b in zip(wave, template, strict=True)) / len(wave))
        template = [b + TEMPLATE_SHARE * (a - b) for a, b in zip(wave, template, strict=True)]
    return powers


def judged(cfar: ModuleType, windows: Sequence[Window], settings: Settings, part: range) -> Score:
    """Run through all windows, judge those of a part."""
    power = array("d", [0.0])
    reference = cfar.Reference(power, settings.looks, settings.false_alarm, BLOCK, MEMORY)
    found = []
    for residual in residuals(windows):
        power[0] = residual
        found.append(reference.step() >= 0)
    return _score(windows[part.start : part.stop], found[part.start : part.stop])


def tuned(cfar: ModuleType, windows: Sequence[Window]) -> Settings:
    """The settings with the greatest harmonic mean of precision and recall."""

    def merit(settings: Settings) -> float:
        score = judged(cfar, windows, settings, range(len(windows)))
        both = score.precision_pct + score.recall_pct
        return score.precision_pct * score.recall_pct / both if both else 0.0

    return max((Settings(*pair) for pair in product((1, 2, 4, 8), (1e-2, 1e-3, 1e-4))), key=merit)


def read_raw(pir: ModuleType, windows: Sequence[Window], part: range) -> Score:
    """Let the detector for an ordinary PIR see the windows end to end; one with a detection in it is found."""
    detector = pir.AnaloguePir(RATE_HZ, false_alarms_per_h=1.0)
    found, count = [], 0
    for window in windows:
        before = detector.detections
        for sample in window.samples:
            detector.sample(sample, count / RATE_HZ)
            count += 1
        found.append(detector.detections > before)
    return _score(windows[part.start : part.stop], found[part.start : part.stop])


def _score(windows: Sequence[Window], found: Sequence[bool]) -> Score:
    counts = {
        label: [here for window, here in zip(windows, found, strict=True) if window.label == label]
        for label in ("motion", "vacant", "stationary")
    }
    spans_s = _latencies(windows, found)
    reached = [span_s for span_s in spans_s if span_s is not None]
    return Score(
        recall_pct=_pct(counts["motion"]),
        precision_pct=100.0 * sum(counts["motion"]) / max(1, sum(found)),
        vacant_pct=_pct(counts["vacant"]),
        stationary_pct=_pct(counts["stationary"]),
        motion=len(counts["motion"]),
        vacant=len(counts["vacant"]),
        stationary=len(counts["stationary"]),
        latency_s=median(reached),
        runs=f"to the end of the window; {len(reached)} of {len(spans_s)} runs of motion were seen",
    )


def _latencies(windows: Sequence[Window], found: Sequence[bool]) -> list[float | None]:
    """Of each run of windows with motion: from its first window to the end of the first that was found; None: none was."""
    spans_s: list[float | None] = []
    begin_s = last_s = -LONGEST_GAP_S
    in_run = False
    for window, here in zip(windows, found, strict=True):
        joins = in_run and window.elapsed_s - last_s <= LONGEST_GAP_S
        in_run = window.label == "motion"
        if not in_run:
            continue
        if not joins:
            begin_s = window.elapsed_s
            spans_s.append(None)
        last_s = window.elapsed_s
        if here and spans_s[-1] is None:
            spans_s[-1] = window.elapsed_s - begin_s + WINDOW_S
    return spans_s


def _pct(found: Sequence[bool]) -> float:
    return 100.0 * sum(found) / max(1, len(found))
