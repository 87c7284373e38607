"""Recorded samples of sensors: frames of a 60 GHz radar, windows of an analogue PIR. Read from the data beside the project."""

from __future__ import annotations

import csv
import gzip
import json
import os
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("GADELYS_DATA") or ROOT.parent / "shared" / "data")
RADAR, PIR = DATA / "radar-60ghz", DATA / "pir-analogue" / "windows.csv.gz"
ABSENT = f"no recordings of radar and PIR under {DATA}; GADELYS_DATA names the folder that holds radar-60ghz and pir-analogue"


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording of the radar. A frame is its time in seconds and I, Q of each distance for each sweep, in ADC counts."""

    distances_m: list[float]
    sweeps: int
    frame_s: float
    frames: list[tuple[float, array[float]]]

    def sweeps_joined(self, count: int) -> Recording:
        """Take `count` frames of one sweep for one frame of as many."""
        joined: list[tuple[float, array[float]]] = []
        for n in range(0, len(self.frames) - count + 1, count):
            values = array("d")
            for _, part in self.frames[n : n + count]:
                values.extend(part)
            joined.append((self.frames[n][0], values))
        return Recording(self.distances_m, count, count * self.frame_s, joined)

    def beyond(self, nearest_m: float) -> Recording:
        """Leave out what is nearer."""
        kept = [n for n, distance_m in enumerate(self.distances_m) if distance_m >= nearest_m]
        row = 2 * len(self.distances_m)
        columns = [n * row + 2 * k + part for n in range(self.sweeps) for k in kept for part in (0, 1)]
        frames = [(time_s, array("d", [values[at] for at in columns])) for time_s, values in self.frames]
        return Recording([self.distances_m[k] for k in kept], self.sweeps, self.frame_s, frames)


@dataclass(frozen=True, slots=True)
class Window:
    """Four seconds of the chopped PIR: 55 samples; a missing one is the mean of the others."""

    elapsed_s: float
    label: str
    samples: list[float]


def radar(name: str) -> Recording:
    """Read one recording."""
    facts = next(r for r in json.loads((RADAR / "recordings.json").read_text()) if r["recording"] == name)
    frames = list(_frames(RADAR / f"{name}.iq.csv.gz"))
    frame_s = (frames[-1][0] - frames[0][0]) / (len(frames) - 1)
    return Recording(facts["point_distance_m"], facts["sweeps_per_frame"], frame_s, frames)


def vendor(name: str) -> list[dict[str, Any]]:
    """Read what the vendor's own processing made of it."""
    with (RADAR / f"{name}.vendor.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def pir_windows() -> list[Window]:
    """Read all windows of the PIR, in order of time."""
    with gzip.open(PIR, "rt", encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines)
        next(rows)
        return [Window(float(row[1]), row[2], _filled(row[4:])) for row in rows]


def _filled(cells: list[str]) -> list[float]:
    known = [float(cell) for cell in cells if cell]
    return [float(cell) if cell else sum(known) / len(known) for cell in cells]


def _frames(path: Path) -> Iterator[tuple[float, array[float]]]:
    number, time_s, values = "", 0.0, array("d")
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines)
        next(rows)
        for row in rows:
            if row[0] != number and values:
                yield time_s, values
                values = array("d")
            number, time_s = row[0], float(row[1])
            values.extend(map(float, row[3:]))
    yield time_s, values
