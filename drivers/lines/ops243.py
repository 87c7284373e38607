"""OmniPreSense OPS243, a Doppler radar that says how fast something moves, a line a report, as a number or as JSON. Pure.

Source: the maker's API (UM-003-A) and what public drivers and their tests make of it. Inbound is positive. It is told to
speak JSON in metres a second, with magnitudes, and asked for its unit once a second: a speed is believed only in a unit
that it has named; and since it says nothing where nothing moves, "nobody" is taken from such an answer, not from silence.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from drivers.lines.framer import TextLines, shown
from drivers.lines.instrument import Counts, Fact, Model, PointRow, Setting
from drivers.points import PointType

_STATE, _SPEED, _DISTANCE, _MAGNITUDE = "presence/state", "presence/speed", "presence/distance", "presence/magnitude"
_SETUP = (b"OJ", b"UM", b"OM", b"OU", b"?P", b"?V")  # JSON, metres a second, magnitude, unit; product, version
_METRES, _ASK_UNIT = b"UM\n", b"U?\n"
_APART_S = 0.1
_ASK_EVERY_S = 1.0
_GONE_S = 1.0  # without a report for so long nobody moves any more
_LONGEST = 400
_FASTEST_M_PER_S = 100.0
_FARTHEST_M = 200.0
_MOST = 1e9  # of any number in a report
_NUMBER = re.compile(r"-?\d{1,4}(?:\.\d{1,4})?", re.ASCII)
_PER_M_PER_S = {
    **dict.fromkeys(("mps", "m/s", "m-per-sec"), 1.0),
    **dict.fromkeys(("kmph", "km/h", "km-per-hr", "kph"), 3.6),
    **dict.fromkeys(("mph", "mi-per-hr"), 2.236936),
    **dict.fromkeys(("fps", "ft-per-sec"), 3.28084),
    **dict.fromkeys(("cmps", "cm-per-sec"), 100.0),
}
_SPEEDS = ("speed", "DetectedObjectVelocity")


class Ops243:
    """Set up at the start, and again when it has begun anew; asked for its unit once a second."""

    def __init__(self) -> None:
        self.counts = Counts()
        self.identity = ""
        self._lines = TextLines(_LONGEST, self.counts)
        self._setup = len(_SETUP)
        self._due_s = math.inf
        self._per_m_per_s: float | None = None  # its unit; none: it has not named it
        self._speaks_json = False
        self._moved_s = -math.inf

    def opened(self, now_s: float) -> None:
        """Forget half a line; set it up."""
        self._lines.clear()
        self._begin(now_s)

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
        return _ASK_UNIT if self._per_m_per_s in {None, 1.0} else _METRES + _ASK_UNIT

    def next_s(self) -> float:
        """Return when the next is due."""
        return self._due_s

    def _begin(self, now_s: float) -> None:
        """It is to be set up, from `now_s` on."""
        self._setup, self._due_s = 0, now_s
        self._moved_s = now_s  # as far as is known
        self._per_m_per_s = None
        self._speaks_json = False

    def _line(self, line: bytes, now_s: float) -> list[Fact]:
        text = line.decode("ascii", "replace").strip()
        report: dict[str, Any] | None = {"speed": text} if _NUMBER.fullmatch(text) else _object(line)
        speaks_json = report is not None and not _NUMBER.fullmatch(text)
        if report is not None and not speaks_json and self._speaks_json:
            self._begin(now_s)  # it spoke JSON before: it has lost its supply, and its unit with it
        named = None if report is None else _unit(report, ("Units", "units", "unit"))
        raw = (
            None if report is None else next((n for key in _SPEEDS if (n := _first(report.get(key))) is not None), None)
        )
        if report is None or (raw is None and any(key in report for key in _SPEEDS)):
            return self._refuse(line, "no report")
        if raw is None:
            return self._answer(report, named, now_s)
        self._moved_s = now_s if raw else self._moved_s  # in whatever unit
        per_m_per_s = named or self._per_m_per_s
        if per_m_per_s is None:
            self.counts.frames += 1
            return []
        speed = round(raw / per_m_per_s, 3)
        if abs(speed) > _FASTEST_M_PER_S:
            return self._refuse(line, "an absurd speed")
        self.counts.frames += 1
        self._speaks_json = self._speaks_json or speaks_json
        return _facts(speed, _first(report.get("range")), _first(report.get("magnitude")))

    def _answer(self, report: dict[str, Any], named: float | None, now_s: float) -> list[Fact]:
        """Take an answer to what was asked."""
        self.counts.frames += 1
        for key in ("Product", "Version"):
            if isinstance(report.get(key), str) and report[key] not in self.identity and len(self.identity) < 60:
                self.identity = f"{self.identity} {report[key]}".strip()
        if named is None:
            return []
        self._per_m_per_s = named
        # It answers, so it lives, and it would say if something moved.
        return _facts(0.0, None, None) if now_s - self._moved_s >= _GONE_S else []

    def _refuse(self, line: bytes, why: str) -> list[Fact]:
        self.counts.bad_frames += 1
        self.counts.last_error = f"{why}: {shown(line)}"
        return []


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
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > _MOST:
        return None
    return float(value)


def _unit(report: Mapping[str, Any], keys: Sequence[str]) -> float | None:
    """Return how many of the unit that a report names make a metre a second; none if it names none that is known."""
    for key in keys:
        word = report.get(key)
        if isinstance(word, str) and word in _PER_M_PER_S:
            return _PER_M_PER_S[word]
    return None


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
    recalled=("commands are ended by LF", "that `U?` is answered by every firmware"),
)
