"""Benewake TFmini-S and TFmini Plus, lidar heads of 0.1 to 12 m, a hundred readings a second. Pure.

Source: the maker's manuals (TFmini-S A00, TFmini Plus A04 and A05), with their commands' frames; the answer for the
version as TFMPlus reads it. Data: `59 59`, distance, strength, temperature (little endian), sum.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping

from drivers.lines.framer import Framer
from drivers.lines.instrument import Counts, Fact, Model, Option, PointRow, Setting, bad
from drivers.points import PointType, Quality

_DISTANCE, _STRENGTH, _TEMPERATURE = "distance/sensor_value", "distance/strength", "temperature/sensor_value"
_ASK_VERSION = bytes.fromhex("5A 04 01 5F")
_AGAIN_S = 1.0
_TIMES = 3
_NUMBERS = struct.Struct("<2xhHHx")
_TOO_LITTLE, _TOO_MUCH, _TOO_BRIGHT = -1, -2, -4  # instead of a distance
_FAINTEST, _SATURATED = 100, 0xFFFF  # strength
_FARTHEST_M, _ABSURD_M = 12.0, 20.0
_COLDEST_CEL, _HOTTEST_CEL = -40.0, 110.0


class _Data:
    """`59 59`, six bytes, sum."""

    head = b"\x59\x59"
    longest = 9

    def length(self, _start: bytes) -> int:
        """Return 9."""
        return 9

    def fault(self, frame: bytes) -> str:
        """Return what is wrong with it."""
        return "" if sum(frame[:8]) & 0xFF == frame[8] else "wrong sum"


class _Version:
    """`5A 07 01`, three bytes, sum: what it answers to being asked for its version."""

    head = b"\x5a\x07\x01"
    longest = 7

    def length(self, _start: bytes) -> int:
        """Return 7."""
        return 7

    def fault(self, frame: bytes) -> str:
        """Return what is wrong with it."""
        return "" if sum(frame[:6]) & 0xFF == frame[6] else "wrong sum"


class Tfmini:
    """Says by itself; is asked for its version."""

    def __init__(self, per_m: float) -> None:
        """`per_m`: how many of the units that it is set to make a metre."""
        self.counts = Counts()
        self.identity = ""
        self._per_m = per_m
        self._data = Framer(_Data(), self.counts)
        self._version = Framer(_Version(), Counts())
        self._asked, self._ask_s = _TIMES, math.inf

    def opened(self, now_s: float) -> None:
        """Forget half a frame; ask for the version."""
        self._data.clear()
        self._version.clear()
        self.identity = ""
        self._asked, self._ask_s = 0, now_s

    def feed(self, data: bytes, _now_s: float) -> list[Fact]:
        """Return what it says."""
        facts: list[Fact] = []
        for frame in self._data.feed(data):
            facts += self._facts(frame)
        if self._ask_s < math.inf:
            for frame in self._version.feed(data):
                self.counts.stray_bytes -= len(frame)  # no data, and they make sense all the same
                self.identity = f"version {frame[5]}.{frame[4]}.{frame[3]}"
                self._ask_s = math.inf
        return facts

    def due(self, now_s: float) -> bytes:
        """Return the question that is due."""
        if now_s < self._ask_s or math.isinf(self._ask_s):
            return b""
        self._asked += 1
        if self._asked > _TIMES:
            self._ask_s = math.inf
            return b""
        self._ask_s = now_s + _AGAIN_S
        return _ASK_VERSION

    def next_s(self) -> float:
        """Return when it is due next."""
        return self._ask_s

    def _facts(self, frame: bytes) -> list[Fact]:
        raw, strength, heat = _NUMBERS.unpack(frame)
        cel = heat / 8 - 256
        sane = _COLDEST_CEL <= cel <= _HOTTEST_CEL
        return [
            self._distance(raw, strength),
            Fact(_STRENGTH, strength),
            Fact(_TEMPERATURE, cel) if sane else bad(_TEMPERATURE, f"an absurd temperature, {cel:g} Cel"),
        ]

    def _distance(self, raw: int, strength: int) -> Fact:
        """Say how far; a Plus of older firmware says 0 where an S says -1 or -2, and the strength tells which."""
        distance_m = raw / self._per_m
        if raw <= 0 or strength == _SATURATED:
            return bad(_DISTANCE, _why_none(raw, strength))
        if distance_m > _ABSURD_M:
            return bad(_DISTANCE, f"{distance_m:g} m, farther than it can see: is it set to another unit?")
        if distance_m > _FARTHEST_M:
            return Fact(_DISTANCE, distance_m, Quality.UNCERTAIN, f"beyond the {_FARTHEST_M:g} m that it is made for")
        if strength < _FAINTEST:
            return Fact(_DISTANCE, distance_m, Quality.UNCERTAIN, "too little light comes back")
        return Fact(_DISTANCE, distance_m)


def _why_none(raw: int, strength: int) -> str:
    if raw == _TOO_BRIGHT:
        return "too much light around"
    if raw == _TOO_MUCH or strength == _SATURATED:
        return "too much light comes back"
    if raw == _TOO_LITTLE or (raw == 0 and strength < _FAINTEST):
        return "too little light comes back"
    return f"{raw}: nothing that it can measure"


def _build(options: Mapping[str, Setting]) -> Tfmini:
    return Tfmini(1000.0 if options["unit"] == "mm" else 100.0)


MODEL = Model(
    name="tfmini",
    title="Benewake TFmini-S or TFmini Plus lidar, 0.1-12 m",
    source="the maker's manuals of TFmini-S and TFmini Plus; TFMPlus",
    baud=115200,
    points=(
        PointRow(
            kind="distance",
            resource=_DISTANCE,
            type=PointType.FLOAT,
            unit="m",
            title="distance",
            deadband=0.02,
            every_s=0.1,
        ),
        PointRow(
            kind="distance",
            resource=_STRENGTH,
            type=PointType.INT,
            title="how much light comes back, a number of the maker's",
            deadband=100,
            every_s=1.0,
        ),
        PointRow(
            kind="distance",
            resource=_TEMPERATURE,
            type=PointType.FLOAT,
            unit="Cel",
            title="of its chip",
            deadband=1.0,
            every_s=10.0,
        ),
    ),
    options=(Option(name="unit", default="cm", words=("cm", "mm"), says="the unit that it is set to (factory: cm)"),),
    silent_after_s=1.0,
    build=_build,
    verified=("commands (the maker's frames)",),
    recalled=("data frames, built from the manual's table",),
)
