"""GNSS receivers by NMEA 0183: where the pole is, and what time. RMC and GGA are read, each by its checksum. Pure.

The time is that of the second for which the sentence speaks; its last character comes some 0.1 to 0.6 s later. Two digits
of a year below 80 are of this century.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from drivers.lines.framer import TextLines, shown
from drivers.lines.instrument import Counts, Fact, Model, PointRow, Setting, bad
from drivers.points import PointType

_LATITUDE, _LONGITUDE, _ALTITUDE = "location/latitude", "location/longitude", "location/altitude"
_SATELLITES, _HDOP = "location/used_satellites", "location/hdop"
_SPEED, _TIME = "location/speed", "location/utc"
_OF_RMC = (_LATITUDE, _LONGITUDE, _SPEED, _TIME)
_OF_GGA = (_ALTITUDE, _SATELLITES, _HDOP)

_LONGEST = 100  # the standard says 82, receivers know better
_TALKERS = ("GP", "GN", "GL", "GA", "GB", "BD", "GQ", "GI")
_CLOCK = re.compile(r"(\d{2})(\d{2})(\d{2})(\.\d{1,9})?", re.ASCII)
_DATE = re.compile(r"(\d{2})(\d{2})(\d{2})", re.ASCII)
_ANGLE = re.compile(r"(\d{2,3})(\d{2}(?:\.\d{1,10})?)", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,7}(?:\.\d{1,10})?", re.ASCII)
_M_PER_S = 1852 / 3600
_CENTURY = 80


class _Wrong(Exception):
    """A field that is not what it should be."""


class Nmea:
    """Listens; asks nothing."""

    def __init__(self) -> None:
        self.counts = Counts()
        self.identity = ""
        self._lines = TextLines(_LONGEST, self.counts)

    def opened(self, _now_s: float) -> None:
        """Forget half a sentence."""
        self._lines.clear()

    def feed(self, data: bytes, _now_s: float) -> list[Fact]:
        """Return what sentences tell."""
        facts: list[Fact] = []
        for line in self._lines.feed(data):
            facts += self._sentence(line)
        return facts

    def due(self, _now_s: float) -> bytes:
        """Return nothing."""
        return b""

    def next_s(self) -> float:
        """Return that nothing is ever due."""
        return math.inf

    def _sentence(self, line: bytes) -> Sequence[Fact]:
        begin = line.rfind(b"$")
        body, star, sum_ = line[begin + 1 :].partition(b"*")
        if begin < 0 or not star or not body.isascii():
            return self._refuse(line, "no sentence with a checksum")
        if len(sum_) != 2 or f"{_xor(body):02X}".encode() != sum_.upper():
            return self._refuse(line, f"checksum is {_xor(body):02X}")
        self.counts.frames += 1
        fields = body.decode("ascii").split(",")
        talker, kind = fields[0][:2], fields[0][2:]
        if talker not in _TALKERS or kind not in {"RMC", "GGA"}:
            return ()
        self.identity = f"talker {talker}"
        try:
            return _rmc(fields) if kind == "RMC" else _gga(fields)
        except _Wrong as wrong:
            self.counts.last_error = f"{wrong}: {line.decode('ascii', 'replace')}"
            return [bad(resource, str(wrong)) for resource in (_OF_RMC if kind == "RMC" else _OF_GGA)]

    def _refuse(self, line: bytes, why: str) -> Sequence[Fact]:
        self.counts.bad_frames += 1
        self.counts.last_error = f"{why}: {shown(line)}"
        return ()


def _rmc(fields: Sequence[str]) -> list[Fact]:
    """Read time, status, position, speed in knots, course, date."""
    if len(fields) < 10:
        raise _Wrong(f"RMC with {len(fields)} fields")
    if fields[2] != "A":
        raise _Wrong("no fix")
    return [
        Fact(_LATITUDE, _angle(fields[3], fields[4], "NS", 90)),
        Fact(_LONGITUDE, _angle(fields[5], fields[6], "EW", 180)),
        Fact(_SPEED, round(_number(fields[7], "speed") * _M_PER_S, 2)) if fields[7] else bad(_SPEED, "not told"),
        Fact(_TIME, _utc(fields[1], fields[9])),
    ]


def _gga(fields: Sequence[str]) -> list[Fact]:
    """Read quality of the fix, satellites, dilution, altitude."""
    if len(fields) < 10:
        raise _Wrong(f"GGA with {len(fields)} fields")
    if fields[6] in {"", "0"}:
        raise _Wrong("no fix")
    return [
        Fact(_ALTITUDE, _number(fields[9], "altitude")) if fields[9] else bad(_ALTITUDE, "not told"),
        Fact(_SATELLITES, int(_number(fields[7], "satellites"))),
        Fact(_HDOP, _number(fields[8], "dilution")) if fields[8] else bad(_HDOP, "not told"),
    ]


def _angle(text: str, side: str, sides: str, most_deg: float) -> float:
    """Read ddmm.mmmm with N or S, E or W, as degrees."""
    match = _ANGLE.fullmatch(text)
    if match is None or side not in set(sides) or len(match[1]) != (2 if most_deg == 90 else 3):
        raise _Wrong(f"no position in {text!r} {side!r}")
    degrees, minutes = int(match[1]), float(match[2])
    value = degrees + minutes / 60
    if minutes >= 60 or value > most_deg:
        raise _Wrong(f"{text} is no position")
    return round(-value if side == sides[1] else value, 7)


def _number(text: str, what: str) -> float:
    if _NUMBER.fullmatch(text) is None:
        raise _Wrong(f"no {what} in {text!r}")
    return float(text)


def _utc(clock: str, date: str) -> str:
    """Read hhmmss.sss and ddmmyy. A leap second is the first second of the next minute."""
    time, day = _CLOCK.fullmatch(clock), _DATE.fullmatch(date)
    if time is None or day is None:
        raise _Wrong(f"no time in {clock!r} {date!r}")
    second = int(time[3])
    year = int(day[3])
    try:
        moment = datetime(
            year + (1900 if year >= _CENTURY else 2000),
            int(day[2]),
            int(day[1]),
            int(time[1]),
            int(time[2]),
            min(second, 59),
            tzinfo=UTC,
        )
    except ValueError:
        raise _Wrong(f"{clock} {date} is no time") from None
    if second > 60 or (second == 60 and (time[1], time[2]) != ("23", "59")):
        raise _Wrong(f"{clock} is no time")
    moment += timedelta(seconds=second - min(second, 59) + float(time[4] or 0))
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _xor(body: bytes) -> int:
    """Return the checksum of what is between $ and *."""
    sum_ = 0
    for byte in body:
        sum_ ^= byte
    return sum_


def _row(resource: str, unit: str, title: str, deadband: float, every_s: float = 60.0) -> PointRow:
    return PointRow(
        kind="location",
        resource=resource,
        type=PointType.FLOAT,
        unit=unit,
        title=title,
        deadband=deadband,
        every_s=every_s,
    )


def _build(_: Mapping[str, Setting]) -> Nmea:
    return Nmea()


MODEL = Model(
    name="nmea",
    title="GNSS receiver, NMEA 0183 (RMC, GGA)",
    source="NMEA 0183 as receivers' manuals and public decoders have it",
    baud=9600,
    bauds=(4800, 38400, 115200),
    points=(
        _row(_LATITUDE, "lat", "latitude, north above 0", 0.00002),
        _row(_LONGITUDE, "lon", "longitude, east above 0", 0.00002),
        _row(_ALTITUDE, "m", "altitude above mean sea level", 2.0),
        PointRow(
            kind="location",
            resource=_SATELLITES,
            type=PointType.INT,
            title="satellites in use",
            every_s=60.0,
        ),
        _row(_HDOP, "", "horizontal dilution of precision", 0.2),
        _row(_SPEED, "m/s", "speed; a pole that moves is being stolen", 0.5, 10.0),
        PointRow(
            kind="location", resource=_TIME, type=PointType.TEXT, title="time, as satellites tell it", every_s=60.0
        ),
    ),
    silent_after_s=5.0,
    build=_build,
    verified=("checksums and positions of the well-known examples",),
    recalled=("talkers GQ and GI", "how late sentences come"),
)
