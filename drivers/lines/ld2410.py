"""HLK-LD2410, a 24 GHz radar that sees people up to 6 m away, also when they stand still. Pure.

Source: the maker's serial protocol, as ESPHome's ld2410.cpp and Tasmota's xsns_102_ld2410.ino read it; captures, also those of
aio-ld2410's tests. There is no checksum: a frame is believed by its head, its length, its marks and its tail.
"""

from __future__ import annotations

from collections.abc import Mapping

from drivers.lines import hilink
from drivers.lines.instrument import Fact, Model, PointRow, Setting
from drivers.points import PointType

_STATE, _DISTANCE, _MOTION, _STILL = "presence/state", "presence/distance", "presence/motion", "presence/still"
_SIZES = {2: 13, 1: 35}  # of what is between length and tail: a basic report, one with each gate's energy
_NOBODY, _MOVING, _BOTH = 0, 1, 3  # states; 2: standing still
_DETECTED_AT = 15
_FARTHEST_CM = 1000  # gates end at 6.75 m; a figure beyond this was not made by one


class _Report:
    """`F4 F3 F2 F1`, length, type, AA, state, two targets, distance, (energies of the gates,) 55, 00, `F8 F7 F6 F5`."""

    head = b"\xf4\xf3\xf2\xf1"
    longest = 45

    def length(self, start: bytes) -> int | None:
        """Return the frame's length, by its type."""
        if len(start) < 8:
            return None
        size = _SIZES.get(start[6])
        return 10 + size if size == int.from_bytes(start[4:6], "little") and start[7] == 0xAA else 0

    def fault(self, frame: bytes) -> str:
        """Return what is wrong with it."""
        if not frame.endswith(b"\x55\x00\xf8\xf7\xf6\xf5"):
            return "no tail where it should be"
        if frame[8] > _BOTH:
            return f"state {frame[8]}, expected 0 to 3"
        if max(frame[11], frame[14]) > 100:
            return "energy above 100 %"
        if max(_number(frame, 9), _number(frame, 12), _number(frame, _DETECTED_AT)) > _FARTHEST_CM:
            return "a distance that it cannot see"
        return ""


def _facts(frame: bytes) -> list[Fact]:
    """Return what a report says. The state rules: distances may be filled in while nobody is there.

    Captures of three radars have who stands still in the place of who moves, and 0 in the others: so a place that is 0
    is none, and the next is taken.
    """
    state = frame[8]
    own, other = (9, 12) if state & _MOVING else (12, 9)
    distance_cm = 0
    if state != _NOBODY:
        distance_cm = _number(frame, own) or _number(frame, _DETECTED_AT) or _number(frame, other)
    return [
        Fact(_STATE, state != _NOBODY),
        Fact(_DISTANCE, distance_cm / 100),
        Fact(_MOTION, frame[11]),
        Fact(_STILL, frame[14]),
    ]


def _number(frame: bytes, at: int) -> int:
    return frame[at] | frame[at + 1] << 8


def _build(_: Mapping[str, Setting]) -> hilink.Radar:
    return hilink.Radar(_Report(), _facts)


MODEL = Model(
    name="ld2410",
    title="HLK-LD2410 presence radar, 24 GHz, people to 6 m",
    source="the maker's serial protocol, as ESPHome ld2410.cpp and Tasmota xsns_102_ld2410.ino read it; aio-ld2410",
    baud=256000,
    bauds=(115200,),
    points=(
        PointRow(kind="presence", resource=_STATE, type=PointType.BOOL, title="somebody is there, moving or still"),
        PointRow(
            kind="presence",
            resource=_DISTANCE,
            type=PointType.FLOAT,
            unit="m",
            title="how far away; 0 for nobody",
            deadband=0.1,
            every_s=1.0,
        ),
        PointRow(
            kind="presence",
            resource=_MOTION,
            type=PointType.INT,
            unit="%",
            title="energy of who moves",
            deadband=5,
            every_s=1.0,
        ),
        PointRow(
            kind="presence",
            resource=_STILL,
            type=PointType.INT,
            unit="%",
            title="energy of who stands still",
            deadband=5,
            every_s=1.0,
        ),
    ),
    silent_after_s=2.0,
    build=_build,
    verified=(
        "reports: nobody, moving, still (captured of three radars)",
        "a report with the energies of the gates (captured)",
        "firmware (captured)",
    ),
    recalled=("states above 3 do not occur in reports", "115200 as the other speed that people set"),
)
