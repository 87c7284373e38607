"""OmniPreSense OPS243, a Doppler radar that says how fast something moves, a line a report, as a number or as JSON. Pure.

Source: the maker's API as public drivers and their tests use it. Inbound is positive. It is told to speak JSON in metres a
second, with magnitudes; and since it says nothing where nothing moves, it is asked for its name once a second then, so that
"nobody" is not taken from a dead one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from drivers.lines.framer import TextLines, shown
from drivers.lines.instrument import Counts, Fact, Model, PointRow, Setting
from drivers.points import PointType

_STATE, _SPEED, _DISTANCE, _MAGNITUDE = "presence/state", "presence/speed", "presence/distance", "presence/magnitude"
_SETUP = (b"OJ", b"UM", b"OM", b"OU", b"?P", b"?V")  # JSON, metres a second, magnitude, unit; product, version
_ASK = b"?P\n"
_APART_S = 0.1
_ASK_EVERY_S = 1.0
_GONE_S = 1.0  # without a report for so long nobody moves any more
_LONGEST = 400
_FASTEST_M_PER_S = 100.0
_FARTHEST_M = 200.0
_NUMBER = re.compile(r"-?\d{1,4}(?:\.\d{1,4})?", re.ASCII)
_PER_M_PER_S = {"mps": 1.0, "m/s": 1.0, "kmph": 3.6, "km/h": 3.6, "mph": 2.236936, "fps": 3.28084, "cmps": 100.0}
_SPEEDS = ("speed", "DetectedObjectVelocity")


class Ops243:
    """Set up at the start; asked for its name while it says nothing."""

    def __init__(self) -> None:
        self.counts = Counts()
        self.identity = ""
        self._lines = TextLines(_LONGEST, self.counts)
        self._setup = 0
        self._due_s = math.inf
        self._moved_s = -math.inf

    def opened(self, now_s: float) -> None:
        """Forget half a line; set it up."""
        self._lines.clear()
        self._setup, self._due_s = 0, now_s

    def feed(self, data: bytes, now_s: float) -> list[Fact]:
        """Return what reports say."""
        facts: list[Fact] = []
        for line in self._lines.feed(data):
            facts += self._line(line, now_s)
        return facts

    def due(self, now_s: float) -> bytes:
        """Return the command that is due."""
        if now_s < self._due_s:
            return b""
        if self._setup < len(_SETUP):
            command = _SETUP[self._setup] + b"\n"
            self._setup += 1
            self._due_s = now_s + _APART_S
            return command
        self._due_s = now_s + _ASK_EVERY_S
        return b"" if now_s - self._moved_s < _GONE_S else _ASK

    def next_s(self) -> float:
        """Return when the next is due."""
        return self._due_s

    def _line(self, line: bytes, now_s: float) -> list[Fact]:
        text = line.decode("ascii", "replace").strip()
        if _NUMBER.fullmatch(text):
            if self._setup < len(_SETUP):
                return []  # in whatever unit it was left
            report: dict[str, Any] | None = {"speed": text}
        else:
            report = _object(line)
        speed = None if report is None else _speed(report)
        if report is None or (speed is None and any(key in report for key in _SPEEDS)):
            self.counts.bad_frames += 1
            self.counts.last_error = f"no report: {shown(line)}"
            return []
        self.counts.frames += 1
        if speed is not None:
            self._moved_s = now_s if speed else self._moved_s
            return _facts(speed, _first(report.get("range")), _first(report.get("magnitude")))
        for key in ("Product", "Version"):
            if isinstance(report.get(key), str):
                self._known(report[key])
        # It answers, so it lives, and it would say if something moved.
        return _facts(0.0, None, None) if "Product" in report and now_s - self._moved_s >= _GONE_S else []

    def _known(self, word: str) -> None:
        if word not in self.identity and len(self.identity) < 60:
            self.identity = f"{self.identity} {word}".strip()


def _object(line: bytes) -> dict[str, Any] | None:
    """Read a JSON object; none if it is none."""
    try:
        value = msgspec.json.decode(
            line[max(line.rfind(b"{"), 0) :]
        )  # before it may be the rest of one that was cut off
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return value if isinstance(value, dict) and value else None


def _first(value: object) -> float | None:
    """Return a number, a number in quotes, or the first of several; none if it is none."""
    if isinstance(value, list):
        return _first(value[0]) if value else None
    if isinstance(value, str):
        return float(value) if _NUMBER.fullmatch(value.strip()) else None
    return None if isinstance(value, bool) or not isinstance(value, int | float) else float(value)


def _speed(report: Mapping[str, Any]) -> float | None:
    """Return the speed in m/s; none if a report has none that can be."""
    raw = next((number for key in _SPEEDS if (number := _first(report.get(key))) is not None), None)
    unit = report.get("unit", "mps")
    if raw is None or not isinstance(unit, str) or unit not in _PER_M_PER_S:
        return None
    speed = raw / _PER_M_PER_S[unit]
    return round(speed, 3) if abs(speed) <= _FASTEST_M_PER_S else None


def _facts(speed: float, distance_m: float | None, magnitude: float | None) -> list[Fact]:
    facts = [Fact(_STATE, bool(speed)), Fact(_SPEED, speed)]
    if distance_m is not None and 0 <= distance_m <= _FARTHEST_M:
        facts.append(Fact(_DISTANCE, distance_m))
    if magnitude is not None and 0 <= magnitude < 1e9:
        facts.append(Fact(_MAGNITUDE, magnitude))
    return facts


def _build(_: Mapping[str, Setting]) -> Ops243:
    return Ops243()


MODEL = Model(
    name="ops243",
    title="OmniPreSense OPS243-A/C Doppler radar, to 100 m",
    source="the maker's API as public drivers and their tests use it",
    baud=19200,
    bauds=(57600, 115200, 9600),
    points=(
        PointRow(kind="presence", resource=_STATE, type=PointType.BOOL, title="something moves"),
        PointRow(
            kind="presence",
            resource=_SPEED,
            type=PointType.FLOAT,
            unit="m/s",
            title="its speed, above 0 coming nearer; 0 for nobody",
            deadband=0.1,
            every_s=0.5,
        ),
        PointRow(
            kind="presence",
            resource=_DISTANCE,
            type=PointType.FLOAT,
            unit="m",
            title="how far away, of the types that tell it",
            deadband=0.2,
            every_s=0.5,
        ),
        PointRow(
            kind="presence",
            resource=_MAGNITUDE,
            type=PointType.FLOAT,
            title="how strong the echo is, a number of the maker's",
            deadband=50,
            every_s=1.0,
        ),
    ),
    silent_after_s=4.0,
    build=_build,
    verified=("speeds as text and JSON, and what is none (tests of a public driver)",),
    recalled=("commands are ended by LF", "what `?P` and `?V` answer"),
)
