"""MaxBotix HRXL-MaxSonar-WR (`R1234`, mm) and XL-MaxSonar-WR (`R123`, cm), ultrasonic heads, each line ended by CR. Pure.

Source: ESPHome's hrxl_maxsonar_wr.cpp. There is no checksum, and a head of one kind that loses a digit looks like one of the
other: so it is first found out how many digits it sends, and lines with another number of them are not believed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from drivers.lines.framer import TextLines, shown
from drivers.lines.instrument import Counts, Fact, Model, PointRow, Setting, bad
from drivers.points import PointType, Quality

_DISTANCE = "distance/sensor_value"
_LINE = re.compile(rb"R(\d{3,4})")
_STRAY = b"\xff"
_LONGEST = 60  # it says its name when power comes
_PER_M = {3: 100, 4: 1000}
_NOTHING = {3: frozenset({765, 1068}), 4: frozenset({5000, 9999})}  # of 7.65 m, 10.68 m; 5 m, 10 m types
_NEAREST = {3: 25, 4: 300}
_IN_A_ROW = 3  # so many lines of another length, and it is another head


class Maxbotix:
    """Says 5 to 10 times a second how far it is; does not listen."""

    def __init__(self) -> None:
        self.counts = Counts()
        self.identity = ""
        self._lines = TextLines(_LONGEST, self.counts)
        self._digits = 0
        self._others = 0

    def opened(self, _now_s: float) -> None:
        """Forget half a line."""
        self._lines.clear()

    def feed(self, data: bytes, _now_s: float) -> list[Fact]:
        """Return the distances that lines tell."""
        facts = []
        for line in self._lines.feed(data.replace(_STRAY, b"")):
            match = _LINE.fullmatch(line, max(line.rfind(b"R"), 0))  # before it may be the rest of one that was cut off
            if match is None:
                self._wrong(line, "no distance")
            elif self._usual(len(match[1])):
                self.counts.frames += 1
                facts.append(_fact(int(match[1]), len(match[1])))
            else:
                self._wrong(line, f"{len(match[1])} digits, expected {self._digits}")
        return facts

    def due(self, _now_s: float) -> bytes:
        """Return nothing."""
        return b""

    def next_s(self) -> float:
        """Return that nothing is ever due."""
        return math.inf

    def _usual(self, digits: int) -> bool:
        """Return whether a line has as many digits as this head sends."""
        if digits == self._digits:
            self._others = 0
            return True
        self._others += 1
        if self._others < _IN_A_ROW:
            return False
        self._digits, self._others = digits, 0
        return True

    def _wrong(self, line: bytes, why: str) -> None:
        if not self.identity and line[:1].isalpha() and not line.startswith(b"R") and line.isascii():
            self.identity = line.decode("ascii").strip()
        self.counts.bad_frames += 1
        self.counts.last_error = f"{why}: {shown(line)}"


def _fact(number: int, digits: int) -> Fact:
    if number in _NOTHING[digits]:
        return bad(_DISTANCE, "nothing in view")
    distance_m = number / _PER_M[digits]
    if number <= _NEAREST[digits]:
        return Fact(_DISTANCE, distance_m, Quality.UNCERTAIN, "as near as it can tell, or nearer")
    return Fact(_DISTANCE, distance_m)


def _build(_: Mapping[str, Setting]) -> Maxbotix:
    return Maxbotix()


MODEL = Model(
    name="maxbotix",
    title="MaxBotix HRXL- or XL-MaxSonar-WR ultrasonic head, 0.3-10 m",
    source="ESPHome hrxl_maxsonar_wr.cpp",
    baud=9600,
    points=(
        PointRow(
            kind="distance",
            resource=_DISTANCE,
            type=PointType.FLOAT,
            unit="m",
            title="distance",
            deadband=0.01,
            every_s=0.5,
        ),
    ),
    silent_after_s=2.0,
    build=_build,
    recalled=("the numbers that mean nothing in view, and the nearest", "its name at power-up"),
)
