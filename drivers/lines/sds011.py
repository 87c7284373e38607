"""SDS011, a particulate counter: `AA C0` PM2.5 PM10 id sum `AB`, each second while it is awake; commands of 19 bytes. Pure.

Form: Nova Fitness, "Laser Dust Sensor Control Protocol V1.3". Its life is limited, so it may sleep between readings. It is
put to sleep and woken by command 6, not by its own period (command 8), which works for 30 s only, the time that it needs to
spin up, and is written to the instrument for ever; a period that somebody has set is set to 0, and so is its query mode.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from drivers.lines.duty import Duty, silent_s
from drivers.lines.framer import Framer
from drivers.lines.instrument import Counts, Fact, Model, Option, PointRow, Setting, bad
from drivers.points import PointType, Quality

PM2_5, PM10 = "air/pm2_5", "air/pm10"
_MODE, _QUERY, _WORK, _FIRMWARE, _PERIOD = 2, 4, 6, 7, 8
_SLEEP, _WAKE = b"\x01\x00", b"\x01\x01"  # set, asleep or at work
_ASK, _SET_NONE = b"\x00\x00", b"\x01\x00"
_MOST = 9999  # tenths of ug/m3
_AGAIN_S, _TRIES = 1.0, 3
_QUERY_EVERY_S = 3.0  # the maker's shortest
_AWAKE_SILENT_S = 5.0


class Form:
    """`AA`, `C0` (values) or `C5` (an answer), 6 bytes, their sum, `AB`."""

    head = b"\xaa"
    longest = 10

    def length(self, start: bytes) -> int | None:
        """Return 10 if the second byte says so."""
        if len(start) < 2:
            return None
        return 10 if start[1] in {0xC0, 0xC5} else 0

    def fault(self, frame: bytes) -> str:
        """Return what is wrong with it."""
        if frame[9] != 0xAB:
            return "wrong tail"
        return "" if sum(frame[2:8]) & 0xFF == frame[8] else "wrong sum"


class Sds011:
    """Listens to what it reports; asks what it is, and what was set in it."""

    def __init__(self, period_min: float) -> None:
        self.counts = Counts()
        self._id = ""
        self._firmware = ""
        self._framer = Framer(Form(), self.counts)
        self._duty = Duty(period_min)
        self._questions: dict[bytes, int] = {}  # commands that are not answered yet, and how often each was sent
        self._question_s = math.inf
        self._query_s = math.inf

    @property
    def identity(self) -> str:
        """Its id and firmware, as far as it has said them."""
        return " ".join(filter(None, ("SDS011", self._id, self._firmware))) if self._id else ""

    def opened(self, now_s: float) -> None:
        """Wake it, and ask it."""
        self._framer.clear()
        self._duty.begin(now_s)
        self._questions = {command(_FIRMWARE, b""): 0, command(_MODE, _ASK): 0, command(_PERIOD, _ASK): 0}

    def feed(self, data: bytes, now_s: float) -> list[Fact]:
        """Return the concentrations that bytes tell. While it should be asleep it says nothing to be believed."""
        facts: list[Fact] = []
        for frame in self._framer.feed(data):
            self._duty.heard(now_s)
            self._id = f"id {frame[6:8].hex().upper()}"
            if frame[1] == 0xC0:
                self._query_s = now_s + _QUERY_EVERY_S
                if not self._duty.asleep:
                    facts += concentrations(frame, settled=self._duty.settled(now_s))
            else:
                self._answered(frame)
        return facts

    def due(self, now_s: float) -> bytes:
        """Return the command that is due."""
        word = self._duty.due(now_s)
        if word == "wake":
            self._questions = dict.fromkeys(self._questions, 0)
            self._question_s, self._query_s = now_s + _AGAIN_S, now_s + _QUERY_EVERY_S
            return command(_WORK, _WAKE)
        if word == "sleep":
            return command(_WORK, _SLEEP)
        if not self._duty.awake:
            return b""
        if self._questions and now_s >= self._question_s:
            self._question_s = now_s + _AGAIN_S
            question = min(self._questions, key=lambda one: self._questions[one])
            if self._questions[question] < _TRIES:
                self._questions[question] += 1
                return question
            self._question_s = math.inf  # it does not answer, and is listened to all the same
        if now_s >= self._query_s:  # awake, and reports nothing
            self._query_s = now_s + _QUERY_EVERY_S
            return command(_QUERY, b"")
        return b""

    def next_s(self) -> float:
        """Return when something is due."""
        if not self._duty.awake:
            return self._duty.next_s()
        return min(self._duty.next_s(), self._question_s if self._questions else math.inf, self._query_s)

    def _answered(self, frame: bytes) -> None:
        """Take an answer to a question; set what was found set otherwise."""
        what, data = frame[2], frame[3:5]
        if what == _FIRMWARE:
            self._firmware = f"firmware {frame[3]:02}-{frame[4]:02}-{frame[5]:02}"
            self._questions.pop(command(_FIRMWARE, b""), None)
        elif what in {_MODE, _PERIOD}:
            asked = command(what, _ASK if data[0] == 0 else _SET_NONE)
            if self._questions.pop(asked, None) is not None and data[0] == 0 and data[1] != 0:
                self._questions[command(what, _SET_NONE)] = 0


def command(what: int, data: bytes) -> bytes:
    """Return a command to whichever instrument is on the line."""
    body = bytes([what]) + data.ljust(12, b"\x00") + b"\xff\xff"
    return b"\xaa\xb4" + body + bytes([sum(body) & 0xFF]) + b"\xab"


def concentrations(frame: bytes, *, settled: bool) -> list[Fact]:
    """Return what a frame of values says. Air in which there is nothing at all is not measured yet (so PyPMS)."""
    if not any(frame[2:6]):
        return [bad(resource, "it has not measured yet") for resource in (PM2_5, PM10)]
    return [
        _concentration(PM2_5, int.from_bytes(frame[2:4], "little"), settled=settled),
        _concentration(PM10, int.from_bytes(frame[4:6], "little"), settled=settled),
    ]


def _concentration(resource: str, tenths: int, *, settled: bool) -> Fact:
    if tenths > _MOST:
        return bad(resource, f"an absurd concentration, {tenths / 10} ug/m3, of 999.9 that it can tell")
    if not settled:
        return Fact(resource, tenths / 10, Quality.UNCERTAIN, "spinning up")
    return Fact(resource, tenths / 10)


def _build(options: Mapping[str, Setting]) -> Sds011:
    return Sds011(float(options["period_min"]))


def _silent_s(options: Mapping[str, Setting]) -> float:
    return silent_s(float(options["period_min"]), _AWAKE_SILENT_S)


MODEL = Model(
    name="sds011",
    title="Nova SDS011 particulate counter",
    source="Laser Dust Sensor Control Protocol V1.3; ESPHome sds011.cpp; Tasmota xsns_20",
    baud=9600,
    points=(
        PointRow(
            kind="air", resource=PM2_5, type=PointType.FLOAT, unit="ug/m3", title="particles up to 2.5 um", deadband=0.5
        ),
        PointRow(
            kind="air", resource=PM10, type=PointType.FLOAT, unit="ug/m3", title="particles up to 10 um", deadband=0.5
        ),
    ),
    options=(
        Option(
            name="period_min",
            default=5,
            says="a reading in so many minutes, asleep in between; 0: always awake, which wears it out in a year",
            low=0,
            high=30,
        ),
    ),
    silent_after_s=_AWAKE_SILENT_S,
    silent_s=_silent_s,
    build=_build,
    verified=(
        "values, mode, sleep, period and firmware (the maker's frames)",
        "values, firmware (frames of an instrument)",
    ),
    recalled=("8,000 h of life", "that nothing but a command to work wakes it (one user; the maker: any command)"),
)
