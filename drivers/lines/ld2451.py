"""HLK-LD2451, a 24 GHz radar that sees vehicles up to 100 m away, with their speed. Pure.

Source: the maker's serial protocol, as public captures of it show. There is no checksum: a frame is believed by its head,
its length, its count of targets and its tail.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from drivers.lines import hilink
from drivers.lines.framer import Framer
from drivers.lines.instrument import Counts, Fact, Model, Option, PointRow, Setting
from drivers.points import PointType

_STATE, _PRESENT = "presence/state", "presence/count"
_COUNT, _DISTANCE, _SPEED, _ANGLE = "vehicles/count", "vehicles/distance", "vehicles/speed", "vehicles/angle"
_TARGET_BYTES = 5
_MOST_TARGETS = 8
_MIDDLE_DEG = 0x80
_KM_PER_H = 3.6


class _Target(msgspec.Struct, frozen=True, gc=False):
    """One target, in the maker's units."""

    angle_deg: int
    distance_m: int
    direction: int
    speed_km_per_h: int


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
        return "" if frame.endswith(b"\xf8\xf7\xf6\xf5") else "no tail where it should be"


class Ld2451:
    """Reports ten times a second by itself."""

    def __init__(self, nearer: int) -> None:
        """`nearer`: the direction byte of who comes nearer."""
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
        targets = _targets(frame)
        facts = [
            Fact(_STATE, bool(targets)),
            Fact(_PRESENT, len(targets)),
            Fact(_COUNT, len(targets)),
        ]
        coming = [target for target in targets if target.direction == self._nearer]
        if not coming:
            return [*facts, Fact(_DISTANCE, 0.0), Fact(_SPEED, 0.0), Fact(_ANGLE, 0)]
        nearest = min(coming, key=lambda target: target.distance_m)
        return [
            *facts,
            Fact(_DISTANCE, float(nearest.distance_m)),
            Fact(_SPEED, round(nearest.speed_km_per_h / _KM_PER_H, 2)),
            Fact(_ANGLE, nearest.angle_deg),
        ]


def _targets(frame: bytes) -> list[_Target]:
    """Return the targets of a report."""
    if len(frame) == 10:
        return []
    return [
        _Target(frame[at] - _MIDDLE_DEG, frame[at + 1], frame[at + 2], frame[at + 3])
        for at in range(8, len(frame) - 4, _TARGET_BYTES)
    ]


def _build(options: Mapping[str, Setting]) -> Ld2451:
    return Ld2451(int(options["nearer"]))


MODEL = Model(
    name="ld2451",
    title="HLK-LD2451 vehicle radar, 24 GHz, to 100 m",
    source="the maker's serial protocol, as captures and emulators in public code have it",
    baud=115200,
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
            says="the direction byte of who comes nearer: 1 in captures, 0 in one edition of the paper",
        ),
    ),
    silent_after_s=2.0,
    build=_build,
    verified=("reports: three targets (the maker's), none, heartbeat", "parameters (captured)"),
    recalled=("firmware is asked as of an LD2410", "angles count to the right"),
)
