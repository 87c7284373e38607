"""URM06 over RS-485 (SEN0149), an ultrasonic head that is asked: `55 AA address 00 02 sum`, answered in mm. Pure.

Form: wiki.dfrobot.com/sen0149. An answer has no number. So after a distance that was not answered in time the temperature
is asked: heads answer in order, and when that answer is there, the distance of before cannot come any more.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from drivers.lines.framer import Framer
from drivers.lines.instrument import Counts, Fact, Model, Option, PointRow, Setting, bad
from drivers.points import PointType

DISTANCE, TEMPERATURE = "distance/sensor_value", "temperature/sensor_value"
_ASK_DISTANCE, _ASK_TEMPERATURE = 2, 3
_NOTHING = 0xFFFF
_NEAREST_MM, _FARTHEST_MM = 200, 10_000
_PATIENCE_S = 0.3  # sound takes 60 ms to 10 m and back
_OVER_S = 2.0  # an answer is not so late
_TEMPERATURE_EVERY_S = 60.0
_TEMPERATURE_AGAIN_S = 10.0


class Form:
    """`55 AA address 02 command H L sum`: its answers only. A question has no data, so an adapter's echo is none."""

    longest = 8

    def __init__(self, address: int) -> None:
        self.head = bytes([0x55, 0xAA, address])

    def length(self, start: bytes) -> int | None:
        """Return 8 for an answer."""
        if len(start) < 5:
            return None
        return 8 if start[3] == 2 and start[4] in {_ASK_DISTANCE, _ASK_TEMPERATURE} else 0

    def fault(self, frame: bytes) -> str:
        """Return what is wrong with it."""
        return "" if sum(frame[:7]) & 0xFF == frame[7] else "wrong sum"


class Urm:
    """Asks at a period, one question at a time."""

    def __init__(self, address: int, every_s: float) -> None:
        self.counts = Counts()
        self.identity = ""
        self._address = address
        self._every_s = every_s
        self._framer = Framer(Form(address), self.counts)
        self._distance_s = math.inf  # when it is to be asked
        self._temperature_s = math.inf
        self._asked = 0  # the command that is under way, or none
        self._asked_s = -math.inf
        self._owed: dict[int, float] = {}  # commands that were not answered in time, and when they were asked

    def opened(self, now_s: float) -> None:
        """Ask from now on; what was asked before is waited for no more."""
        self._framer.clear()
        self._distance_s = self._temperature_s = now_s
        if self._asked:
            self._owed[self._asked] = self._asked_s
        self._asked = 0

    def feed(self, data: bytes, now_s: float) -> list[Fact]:
        """Return what answers tell. One that was not waited for is left out."""
        facts = []
        for frame in self._framer.feed(data):
            command = frame[4]
            if command != self._asked:
                self._owed.pop(command, None)  # late: now it has come
                self.counts.last_error = "an answer that came too late"
                continue
            self._asked = 0
            self._owed.clear()  # all that was asked before is over
            if command == _ASK_DISTANCE:
                facts.append(distance(int.from_bytes(frame[5:7], "big")))
            else:
                self._temperature_s = now_s + _TEMPERATURE_EVERY_S
                facts.append(temperature(int.from_bytes(frame[5:7], "big", signed=True)))
        return facts

    def due(self, now_s: float) -> bytes:
        """Return the question that is due."""
        if self._asked:
            if now_s < self._asked_s + _PATIENCE_S:
                return b""
            self._owed[self._asked] = self._asked_s
            if self._asked == _ASK_TEMPERATURE:
                self._temperature_s = now_s + _TEMPERATURE_AGAIN_S  # a relative may have none
            self._asked = 0
        self._owed = {command: asked_s for command, asked_s in self._owed.items() if now_s < asked_s + _OVER_S}
        command = self._command(now_s)
        if not command:
            return b""
        self._asked, self._asked_s = command, now_s
        if command == _ASK_DISTANCE:
            self._distance_s += self._every_s
            if self._distance_s <= now_s:
                self._distance_s = now_s + self._every_s
        return question(self._address, command)

    def next_s(self) -> float:
        """Return when the next question is due."""
        if self._asked:
            return self._asked_s + _PATIENCE_S
        times = []
        if _ASK_DISTANCE not in self._owed:
            times.append(self._distance_s)
        if _ASK_TEMPERATURE not in self._owed:
            times.append(self._temperature_s if not self._owed else -math.inf)
        return min(times, default=min(self._owed.values(), default=math.inf) + _OVER_S)

    def _command(self, now_s: float) -> int:
        """Return what may be asked now: nothing whose answer may still be on its way from before."""
        if _ASK_DISTANCE in self._owed:
            return 0 if _ASK_TEMPERATURE in self._owed else _ASK_TEMPERATURE
        if now_s >= self._distance_s:
            return _ASK_DISTANCE
        if now_s >= self._temperature_s and _ASK_TEMPERATURE not in self._owed:
            return _ASK_TEMPERATURE
        return 0


def question(address: int, command: int) -> bytes:
    """Return a question."""
    body = bytes([0x55, 0xAA, address, 0, command])
    return body + bytes([sum(body) & 0xFF])


def distance(distance_mm: int) -> Fact:
    """Return what a head says of how far it is."""
    if distance_mm == _NOTHING:
        return bad(DISTANCE, "no object in view")
    if not _NEAREST_MM <= distance_mm <= _FARTHEST_MM:
        return bad(DISTANCE, f"{distance_mm} mm, of {_NEAREST_MM} to {_FARTHEST_MM} that it can see")
    return Fact(DISTANCE, distance_mm / 1000)


def temperature(tenths: int) -> Fact:
    """Return what a head says of the air. It is made for -10 to 70 degrees."""
    if not -400 <= tenths <= 850:
        return bad(TEMPERATURE, f"an absurd temperature, {tenths / 10} Cel")
    return Fact(TEMPERATURE, tenths / 10)


def _build(options: Mapping[str, Setting]) -> Urm:
    return Urm(int(options["address"]), float(options["every_s"]))


def _silent_s(options: Mapping[str, Setting]) -> float:
    return 3 * float(options["every_s"]) + _OVER_S


MODEL = Model(
    name="urm",
    title="DFRobot URM06 RS-485 ultrasonic head (SEN0149), 0.2-10 m",
    source="wiki.dfrobot.com/sen0149/docs/20327; DFRobot_UART_protocol_V1.0",
    baud=19200,
    points=(
        PointRow(
            kind="distance",
            resource=DISTANCE,
            type=PointType.FLOAT,
            unit="m",
            title="distance",
            deadband=0.005,
            every_s=0.2,
        ),
        PointRow(
            kind="distance",
            resource=TEMPERATURE,
            type=PointType.FLOAT,
            unit="Cel",
            title="air at the head",
            deadband=0.2,
        ),
    ),
    options=(
        Option(name="address", default=0x11, says="the head's address (factory: 17)", low=0x11, high=0x80),
        Option(name="every_s", default=0.5, says="how often it is asked", low=0.1, high=60),
    ),
    silent_after_s=3.5,
    silent_s=_silent_s,
    build=_build,
    verified=("distance and temperature (the maker's frames)",),
    recalled=("FFFF for nothing in view (of its relative URM04)",),
)
