"""HLK-LD2451, a 24 GHz radar that sees vehicles up to 100 m away, with their speed. Pure.

Source: the maker's serial protocol V1.03, as esphome-ld2451 and SafeBaige read it, and captures. There is no checksum: a
frame is believed by its head, its length, its count of targets, its values' bounds and its tail. Some of them say nothing
at all while nobody is in view: such a one is asked for its parameters, and if it answers, nobody is.
"""

from __future__ import annotations

from collections.abc import Mapping

from drivers.lines import hilink
from drivers.lines.instrument import Fact, Model, Option, PointRow, Setting
from drivers.points import PointType

_STATE, _PRESENT = "presence/state", "presence/count"
_COUNT, _DISTANCE, _SPEED, _ANGLE = "vehicles/count", "vehicles/distance", "vehicles/speed", "vehicles/angle"
_NOBODY_COMES = [Fact(_DISTANCE, 0.0), Fact(_SPEED, 0.0), Fact(_ANGLE, 0)]
_PARAMETERS = 0x12
_DIRECTIONS = {0: "away only", 1: "nearer only", 2: "both ways"}
_TARGETS_AT, _TARGET_BYTES = 8, 5
_MOST_TARGETS = 8  # five, as far as is known
_FARTHEST_M = 110  # it sees to 100 m; a figure beyond this was not made by one
_MIDDLE_DEG = 0x80
_KM_PER_H = 3.6


class _Report:
    """`F4 F3 F2 F1`, length, count, alarm, 5 bytes a target, `F8 F7 F6 F5`; length 0 when there is nothing."""

    head = b"\xf4\xf3\xf2\xf1"
    longest = 12 + _TARGET_BYTES * _MOST_TARGETS

    def length(self, start: bytes) -> int | None:
        """Return the frame's length, which goes with its count."""
        if len(start) < 7:
            return None
        size = int.from_bytes(start[4:6], "little")
        return 10 + size if size in {0, 2 + _TARGET_BYTES * start[6]} else 0

    def fault(self, frame: bytes) -> str:
        """Return what is wrong with it."""
        if not frame.endswith(b"\xf8\xf7\xf6\xf5"):
            return "no tail where it should be"
        for at in range(_TARGETS_AT, len(frame) - 4, _TARGET_BYTES):
            if frame[at + 1] > _FARTHEST_M:
                return f"{frame[at + 1]} m, farther than it can see"
            if frame[at + 2] > 1:
                return f"direction {frame[at + 2]}, expected 0 or 1"
        return ""


def _facts(frame: bytes, nearer: int) -> list[Fact]:
    """Return what a report says; `nearer`: the direction byte of who comes nearer."""
    count, nearest = 0, None
    for at in range(_TARGETS_AT, len(frame) - 4, _TARGET_BYTES):
        count += 1
        if frame[at + 2] == nearer and (nearest is None or frame[at + 1] < frame[nearest + 1]):
            nearest = at
    facts = [Fact(_STATE, count > 0), Fact(_PRESENT, count), Fact(_COUNT, count)]
    if nearest is None:
        return facts + _NOBODY_COMES
    return [
        *facts,
        Fact(_DISTANCE, float(frame[nearest + 1])),
        Fact(_SPEED, round(frame[nearest + 3] / _KM_PER_H, 2)),
        Fact(_ANGLE, frame[nearest] - _MIDDLE_DEG),
    ]


def _empty() -> list[Fact]:
    return [Fact(_STATE, False), Fact(_PRESENT, 0), Fact(_COUNT, 0), *_NOBODY_COMES]


def _named(answers: hilink.Answers) -> str:
    """Return its firmware, and what it is set to report."""
    data = answers.get(_PARAMETERS, b"")
    if len(data) < 4:
        return hilink.firmware(answers)
    whom = _DIRECTIONS.get(data[1], f"direction {data[1]}")
    parameters = f"to {data[0]} m, {whom}, from {data[2]} km/h"
    return ", ".join(filter(None, (hilink.firmware(answers), parameters)))


def _build(options: Mapping[str, Setting]) -> hilink.Radar:
    nearer = int(options["nearer"])
    return hilink.Radar(
        _Report(),
        lambda frame: _facts(frame, nearer),
        questions=(hilink.FIRMWARE, _PARAMETERS),
        named=_named,
        empty=(_PARAMETERS, _empty),
    )


MODEL = Model(
    name="ld2451",
    title="HLK-LD2451 vehicle radar, 24 GHz, to 100 m",
    source="the maker's serial protocol V1.03, as esphome-ld2451 and SafeBaige read it; captures",
    baud=115200,
    bauds=(256000,),
    points=(
        PointRow(kind="presence", resource=_STATE, type=PointType.BOOL, title="a vehicle is in view"),
        PointRow(kind="presence", resource=_PRESENT, type=PointType.INT, title="how many are in view"),
        PointRow(kind="vehicles", resource=_COUNT, type=PointType.INT, title="how many are in view"),
        PointRow(
            kind="vehicles",
            resource=_DISTANCE,
            type=PointType.FLOAT,
            unit="m",
            title="distance of the nearest that comes nearer; 0 for none",
        ),
        PointRow(
            kind="vehicles",
            resource=_SPEED,
            type=PointType.FLOAT,
            unit="m/s",
            title="its speed; 0 for none",
        ),
        PointRow(
            kind="vehicles",
            resource=_ANGLE,
            type=PointType.INT,
            unit="deg",
            title="where it is seen, right of straight ahead",
            every_s=1.0,
        ),
    ),
    options=(
        Option(
            name="nearer",
            default="1",
            words=("1", "0"),
            says="the direction byte of who comes nearer: 1 in captures and in the paper's table, 0 in its example",
        ),
    ),
    silent_after_s=4.0,
    build=_build,
    verified=("reports: three targets (the maker's), none, heartbeat", "parameters (captured)"),
    recalled=("angles count to the right", "that it sees on as before after it was asked while nobody was in view"),
)
