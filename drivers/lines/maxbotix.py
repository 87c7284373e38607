"""MaxBotix HRXL-MaxSonar-WR (`R1234`, mm) and XL-MaxSonar-WR (`R123`, cm), ultrasonic heads, each line ended by CR. Pure.

Source: ESPHome's hrxl_maxsonar_wr.cpp; datasheet PD11500. There is no checksum, and a head of one kind that loses a digit
looks like one of the other: so the type is said in the configuration, and other lines are not believed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

import msgspec

from drivers.lines.framer import TextLines, shown
from drivers.lines.instrument import Counts, Fact, Model, Option, PointRow, Setting, bad
from drivers.points import PointType, Quality

_DISTANCE = "distance/sensor_value"
_LINE = re.compile(rb"R(\d{3,4})")
_STRAY = b"\xff"
_LONGEST = 60  # it says its name when power comes


class _Type(msgspec.Struct, frozen=True):
    """How a type writes: digits, how many make a metre, what means nothing in view, what is as near as it goes."""

    digits: tuple[int, ...]
    per_m: int
    nothing: int
    nearest: int


_TYPES = {
    "hrxl-5m": _Type((4,), 1000, 5000, 300),
    "hrxl-10m": _Type((4,), 1000, 9999, 500),
    "xl-7m": _Type((3,), 100, 765, 25),
    "xl-10m": _Type((3, 4), 100, 1068, 25),
}


class Maxbotix:
    """Says 5 to 10 times a second how far it is; does not listen."""

    def __init__(self, head: str = "hrxl-5m") -> None:
        """`head`: its type."""
        self.counts = Counts()
        self.identity = ""
        self._type = _TYPES[head]
        self._lines = TextLines(_LONGEST, self.counts)

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
            elif len(match[1]) in self._type.digits:
                self.counts.frames += 1
                facts.append(_fact(int(match[1]), self._type))
            else:
                self._wrong(line, f"{len(match[1])} digits, expected {' or '.join(map(str, self._type.digits))}")
        return facts

    def due(self, _now_s: float) -> bytes:
        """Return nothing."""
        return b""

    def next_s(self) -> float:
        """Return that nothing is ever due."""
        return math.inf

    def _wrong(self, line: bytes, why: str) -> None:
        if not self.identity and line[:1].isalpha() and not line.startswith(b"R") and line.isascii():
            self.identity = line.decode("ascii").strip()
        self.counts.bad_frames += 1
        self.counts.last_error = f"{why}: {shown(line)}"


def _fact(number: int, head: _Type) -> Fact:
    if number >= head.nothing:
        return bad(_DISTANCE, "nothing in view")
    distance_m = number / head.per_m
    if number <= head.nearest:
        return Fact(_DISTANCE, distance_m, Quality.UNCERTAIN, "as near as it can tell, or nearer")
    return Fact(_DISTANCE, distance_m)


def _build(options: Mapping[str, Setting]) -> Maxbotix:
    return Maxbotix(str(options["type"]))


MODEL = Model(
    name="maxbotix",
    title="MaxBotix HRXL- or XL-MaxSonar-WR ultrasonic head, 0.3-10 m",
    source="ESPHome hrxl_maxsonar_wr.cpp; datasheet PD11500",
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
    options=(
        Option(
            name="type",
            default="hrxl-5m",
            words=tuple(_TYPES),
            says="HRXL heads say millimetres, of 5 m or 10 m; XL heads centimetres, of 7.65 m or 10.68 m",
        ),
    ),
    silent_after_s=2.0,
    build=_build,
    recalled=("the nearest of each type, and what XL heads say where nothing is in view", "its name at power-up"),
)
