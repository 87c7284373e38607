"""HLK-LD2450, a 24 GHz radar that follows up to three people within 6 m. Pure.

Source: the maker's serial protocol V1.03, as public code reads it. No checksum; 30 bytes between head and tail marks. A
number's sign is its top bit: set for positive, and not in two's complement.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from drivers.lines import hilink
from drivers.lines.framer import Framer
from drivers.lines.instrument import Counts, Fact, Model, Option, PointRow, Setting
from drivers.points import PointType

_STATE, _COUNT = "presence/state", "presence/count"
_DISTANCE, _SPEED = "presence/distance", "presence/speed"
_SLOTS = (slice(4, 12), slice(12, 20), slice(20, 28))
_EMPTY = bytes(8)
_FARTHEST_MM = 10_000  # it follows to 6 m; a figure beyond this was not made by one


class _Report:
    """`AA FF 03 00`, three slots of x, y, speed, resolution, `55 CC`."""

    head = b"\xaa\xff\x03\x00"
    longest = 30

    def length(self, _start: bytes) -> int:
        """Return 30."""
        return 30

    def fault(self, frame: bytes) -> str:
        """Return what is wrong with it."""
        if not frame.endswith(b"\x55\xcc"):
            return "no tail where it should be"
        for slot in _SLOTS:
            x_mm, y_mm = _signed(frame, slot.start), _signed(frame, slot.start + 2)
            if abs(x_mm) > _FARTHEST_MM or not 0 <= y_mm <= _FARTHEST_MM:
                return "a place that it cannot see"
        return ""


class Ld2450:
    """Reports ten times a second by itself."""

    def __init__(self, nearer: int) -> None:
        """`nearer`: the sign of the speed of who comes nearer, +1 or -1."""
        self.counts = Counts()
        self.identity = ""
        self._nearer = nearer
        self._reports = Framer(_Report(), self.counts)
        self._inquiry = hilink.Inquiry(self.counts, (hilink.FIRMWARE,))

    def opened(self, now_s: float) -> None:
        """Forget half a frame; ask for the firmware."""
        self._reports.clear()
        self._inquiry.begin(now_s)

    def feed(self, data: bytes, now_s: float) -> list[Fact]:
        """Return what reports say."""
        facts: list[Fact] = []
        for frame in self._reports.feed(data):
            facts += self._facts(frame)
        if facts:
            self._inquiry.reported()
        self._inquiry.heard(data, now_s)
        if not self.identity and (answer := self._inquiry.answers.get(hilink.FIRMWARE)) is not None:
            self.identity = hilink.version(answer)
        return facts

    def due(self, now_s: float) -> bytes:
        """Return the command that is due."""
        return self._inquiry.due(now_s)

    def next_s(self) -> float:
        """Return when one is due next."""
        return self._inquiry.next_s()

    def _facts(self, frame: bytes) -> list[Fact]:
        slots = [slot.start for slot in _SLOTS if frame[slot] != _EMPTY]
        facts = [Fact(_STATE, bool(slots)), Fact(_COUNT, len(slots))]
        if not slots:
            return [*facts, Fact(_DISTANCE, 0.0), Fact(_SPEED, 0.0)]
        distance_mm, nearest = min((math.hypot(_signed(frame, slot), _signed(frame, slot + 2)), slot) for slot in slots)
        speed_cm_per_s = self._nearer * _signed(frame, nearest + 4)
        return [*facts, Fact(_DISTANCE, round(distance_mm / 1000, 3)), Fact(_SPEED, speed_cm_per_s / 100)]


def _signed(frame: bytes, at: int) -> int:
    """Return a number whose top bit says that it is positive."""
    raw = frame[at] | frame[at + 1] << 8
    return raw - 0x8000 if raw & 0x8000 else -raw


def _build(options: Mapping[str, Setting]) -> Ld2450:
    return Ld2450(1 if options["nearer"] == "positive" else -1)


MODEL = Model(
    name="ld2450",
    title="HLK-LD2450 tracking radar, 24 GHz, three people to 6 m",
    source="the maker's serial protocol V1.03, as public code and its tests have it",
    baud=256000,
    bauds=(115200,),
    points=(
        PointRow(kind="presence", resource=_STATE, type=PointType.BOOL, title="somebody is followed"),
        PointRow(kind="presence", resource=_COUNT, type=PointType.INT, title="how many, three at most"),
        PointRow(
            kind="presence",
            resource=_DISTANCE,
            type=PointType.FLOAT,
            unit="m",
            title="distance of the nearest; 0 for nobody",
            deadband=0.1,
            every_s=1.0,
        ),
        PointRow(
            kind="presence",
            resource=_SPEED,
            type=PointType.FLOAT,
            unit="m/s",
            title="speed of the nearest, above 0 coming nearer",
            deadband=0.1,
            every_s=1.0,
        ),
    ),
    options=(
        Option(
            name="nearer",
            default="negative",
            words=("negative", "positive"),
            says="the sign of the speed of who comes nearer: sources disagree, walk towards it and see",
        ),
    ),
    silent_after_s=2.0,
    build=_build,
    verified=("a report with one target (the maker's, two editions), an empty one",),
    recalled=("firmware is asked as of an LD2410", "115200 as the other speed that people set"),
)
