"""A02YYUW, an ultrasonic head that says by itself how far it is to what is before it: `FF H L sum`, in millimetres. Pure.

Forms: ESPHome's a02yyuw.cpp; wiki.dfrobot.com/sen0311 and sen0754.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

from drivers.lines.framer import Framer
from drivers.lines.instrument import Counts, Fact, Model, PointRow, Setting, bad
from drivers.points import PointType, Quality

DISTANCE = "distance/sensor_value"
POINTS = (
    PointRow(
        kind="distance",
        resource=DISTANCE,
        type=PointType.FLOAT,
        unit="m",
        title="distance",
        deadband=0.005,
        every_s=0.2,
    ),
)
SAID = {0xFFFE: "another ultrasonic head interferes", 0xFFFD: "no object in view"}
_NEAREST_MM = 30  # ESPHome believes nothing that is as near
_FARTHEST_MM = 10_000  # no head of this form sees so far (A01: 7.5 m)
_PAUSE_S = 0.05  # a frame takes 4 ms at most, and at least 0.1 s lies between two of them


class Form:
    """`FF H L sum`. A distance out of all reach is no frame: `FF FF 01 FF` lies across any two of `FF 01 FF FF`."""

    head = b"\xff"
    longest = 4

    def length(self, _start: bytes) -> int:
        """Return 4."""
        return 4

    def fault(self, frame: bytes) -> str:
        """Return what is wrong with it."""
        if sum(frame[:3]) & 0xFF != frame[3]:
            return "wrong sum"
        distance_mm = int.from_bytes(frame[1:3], "big")
        return "" if distance_mm <= _FARTHEST_MM or distance_mm in SAID else f"an absurd distance, {distance_mm} mm"


class A02:
    """Listens; asks nothing."""

    def __init__(self, farthest_mm: int) -> None:
        """`farthest_mm`: what its maker promises. What it says beyond is uncertain."""
        self.counts = Counts()
        self.identity: Literal[""] = ""
        self._farthest_mm = farthest_mm
        self._framer = Framer(Form(), self.counts)
        self._came_s = -math.inf

    def opened(self, _now_s: float) -> None:
        """Forget half a frame."""
        self._framer.clear()

    def feed(self, data: bytes, now_s: float) -> list[Fact]:
        """Return the distances that bytes tell. What a pause lies in is no frame: so short a sum may fit by chance."""
        if now_s - self._came_s > _PAUSE_S:
            self._framer.clear()
        self._came_s = now_s
        return [distance(int.from_bytes(frame[1:3], "big"), self._farthest_mm) for frame in self._framer.feed(data)]

    def due(self, _now_s: float) -> bytes:
        """Return nothing."""
        return b""

    def next_s(self) -> float:
        """Return that nothing is ever due."""
        return math.inf


def distance(distance_mm: int, farthest_mm: int) -> Fact:
    """Return what a head says."""
    if distance_mm in SAID:
        return bad(DISTANCE, SAID[distance_mm])
    if distance_mm <= _NEAREST_MM:
        return bad(DISTANCE, f"{distance_mm} mm: too near, or nothing in view")
    if distance_mm > farthest_mm:
        reason = f"beyond the {farthest_mm / 1000:g} m that it is made for"
        return Fact(DISTANCE, distance_mm / 1000, Quality.UNCERTAIN, reason)
    return Fact(DISTANCE, distance_mm / 1000)


def _build(_: Mapping[str, Setting]) -> A02:
    return A02(4500)


MODEL = Model(
    name="a02",
    title="A02YYUW ultrasonic head, 0.03-4.5 m",
    source="ESPHome a02yyuw.cpp; wiki.dfrobot.com/sen0311",
    baud=9600,
    points=POINTS,
    silent_after_s=2.0,
    build=_build,
    verified=("distance (the maker's frame)", "30 mm and less are not believed (ESPHome)"),
    recalled=("0 mm where there is nothing in view (one user's report)",),
)
