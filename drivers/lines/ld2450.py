"""HLK-LD2450, a 24 GHz radar that follows up to three people within 6 m. Pure.

Source: the maker's serial protocol V1.03, as ESPHome, Tasmota and ld2450-rs read it. No checksum; 30 bytes with their head
and tail marks. A number's sign is its top bit: set for positive, and not in two's complement.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping

from drivers.lines import hilink
from drivers.lines.instrument import Fact, Model, Option, PointRow, Setting
from drivers.points import PointType

_STATE, _COUNT = "presence/state", "presence/count"
_DISTANCE, _SPEED = "presence/distance", "presence/speed"
_NUMBERS = struct.Struct("<4x3H2x3H2x3H2x2x")  # x, y, speed; three times
_POSITIVE = 0x8000
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
        x1, y1, _, x2, y2, _, x3, y3, _ = _NUMBERS.unpack(frame)
        for x, y in ((x1, y1), (x2, y2), (x3, y3)):
            if (y and not _POSITIVE <= y <= _POSITIVE + _FARTHEST_MM) or x & ~_POSITIVE > _FARTHEST_MM:
                return "a place that it cannot see"
        return ""


def _facts(frame: bytes, nearer: int) -> list[Fact]:
    """Return what a report says. A slot without a place is empty, whatever else is in it."""
    x1, y1, speed1, x2, y2, speed2, x3, y3, speed3 = _NUMBERS.unpack(frame)
    people = []
    for x, y, speed in ((x1, y1, speed1), (x2, y2, speed2), (x3, y3, speed3)):
        if (x | y) & ~_POSITIVE:
            people.append((math.hypot(x & ~_POSITIVE, y & ~_POSITIVE), speed))
    facts = [Fact(_STATE, bool(people)), Fact(_COUNT, len(people))]
    if not people:
        return [*facts, Fact(_DISTANCE, 0.0), Fact(_SPEED, 0.0)]
    distance_mm, speed = min(people)
    cm_per_s = speed - _POSITIVE if speed & _POSITIVE else -speed
    return [*facts, Fact(_DISTANCE, round(distance_mm / 1000, 3)), Fact(_SPEED, nearer * cm_per_s / 100)]


def _build(options: Mapping[str, Setting]) -> hilink.Radar:
    nearer = 1 if options["nearer"] == "positive" else -1
    return hilink.Radar(_Report(), lambda frame: _facts(frame, nearer))


MODEL = Model(
    name="ld2450",
    title="HLK-LD2450 tracking radar, 24 GHz, three people to 6 m",
    source="the maker's serial protocol V1.03, as ESPHome, Tasmota and ld2450-rs read it",
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
            says="the sign of the speed of who comes nearer: negative to ESPHome, others disagree; walk towards it and see",
        ),
    ),
    silent_after_s=2.0,
    build=_build,
    verified=("a report with one target (the maker's, two editions), an empty one",),
    recalled=("115200 as the other speed that people set", "a slot without a place is empty, whatever its speed"),
)
