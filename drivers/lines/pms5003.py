"""PMS5003, PMS7003 and their relatives, particulate counters: `42 4D`, a length, words, their sum; commands of 7 bytes. Pure.

Forms: Plantower's manuals of PMS3003 (length 20), PMS5003 and PMS7003 (28), PMS5003ST (36); answers as captured in public
code. Its laser is made for about 8,000 h, so it may sleep between readings.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from drivers.lines.duty import Duty, silent_s
from drivers.lines.framer import Framer
from drivers.lines.instrument import Counts, Fact, Model, Option, PointRow, Setting, bad
from drivers.points import PointType, Quality

MASSES = ("air/pm1", "air/pm2_5", "air/pm10")
NUMBERS = (
    "air/count_0_3",
    "air/count_0_5",
    "air/count_1",
    "air/count_2_5",
)  # the larger ones are not in every relative
_ANSWER, _SHORT, _USUAL, _LONG = 4, 20, 28, 36
_MODE, _READ, _WORK = 0xE1, 0xE2, 0xE4
_RANGE, _ABSURD = 1000, 10_000  # ug/m3
_AGAIN_S, _TRIES = 1.0, 3
_AWAKE_SILENT_S = 10.0  # 2.3 s lie between two reports where little changes


class Form:
    """`42 4D`, the length of what follows, words, the sum of all that is before it; big-endian."""

    head = b"\x42\x4d"
    longest = 4 + _LONG

    def length(self, start: bytes) -> int | None:
        """Return the frame's length if it is one of those known."""
        if len(start) < 4:
            return None
        size = int.from_bytes(start[2:4], "big")
        return 4 + size if size in {_ANSWER, _SHORT, _USUAL, _LONG} else 0

    def fault(self, frame: bytes) -> str:
        """Return what is wrong with it."""
        return "" if sum(frame[:-2]) == int.from_bytes(frame[-2:], "big") else "wrong sum"


class Pms5003:
    """Listens to what it reports, or asks for it."""

    def __init__(self, period_min: float, ask_s: float) -> None:
        """`ask_s`: how often it is asked for a report; 0: it reports by itself."""
        self.counts = Counts()
        self.identity = ""
        self._ask_s = ask_s
        self._framer = Framer(Form(), self.counts)
        self._duty = Duty(period_min)
        self._mode = command(_MODE, 0 if ask_s else 1)
        self._mode_s = math.inf  # when it is to be told its mode
        self._tries = 0
        self._read_s = math.inf  # when it is to be asked for a report

    def opened(self, now_s: float) -> None:
        """Wake it, and tell it how to report."""
        self._framer.clear()
        self._duty.begin(now_s)

    def feed(self, data: bytes, now_s: float) -> list[Fact]:
        """Return the concentrations that bytes tell. While it should be asleep it says nothing to be believed."""
        facts: list[Fact] = []
        for frame in self._framer.feed(data):
            self._duty.heard(now_s)
            if len(frame) == 4 + _ANSWER:
                if frame[4] == _MODE:
                    self._mode_s = math.inf
                continue
            self.identity = identity(frame)
            if not self._duty.asleep:
                facts += report(frame, settled=self._duty.settled(now_s))
        return facts

    def due(self, now_s: float) -> bytes:
        """Return the command that is due."""
        word = self._duty.due(now_s)
        if word == "sleep":
            self._mode_s = self._read_s = math.inf
            return command(_WORK, 0)
        if word == "wake":  # in what mode it wakes no paper says
            self._mode_s, self._tries = now_s + _AGAIN_S, 0
            self._read_s = now_s + 2 * _AGAIN_S if self._ask_s else math.inf
            return command(_WORK, 1)
        if now_s >= self._mode_s:
            self._tries += 1
            self._mode_s = now_s + _AGAIN_S if self._tries < _TRIES else math.inf
            return self._mode
        if now_s >= self._read_s:
            self._read_s = now_s + self._ask_s
            return command(_READ, 0)
        return b""

    def next_s(self) -> float:
        """Return when something is due."""
        return min(self._duty.next_s(), self._mode_s, self._read_s)


def command(what: int, value: int) -> bytes:
    """Return a command."""
    body = bytes([0x42, 0x4D, what, 0, value])
    return body + sum(body).to_bytes(2, "big")


def identity(frame: bytes) -> str:
    """Return what a report says of who sent it: its length, and a version that a PMS3003 does not tell."""
    size = len(frame) - 4
    return f"PMS, length {size}" + ("" if size == _SHORT else f", version {frame[-4]:02X}")


def report(frame: bytes, *, settled: bool) -> list[Fact]:
    """Return what a report says: masses as in the open air, numbers in a litre."""
    words = [int.from_bytes(frame[at : at + 2], "big") for at in range(4, len(frame) - 2, 2)]
    masses, numbers = words[3:6], words[6:10] if len(frame) > 4 + _SHORT else []
    trouble = _trouble(frame, words, masses, numbers)
    if trouble:
        facts = [bad(resource, trouble) for resource in (*MASSES, *NUMBERS)]
    else:
        facts = [_mass(resource, mass, settled=settled) for resource, mass in zip(MASSES, masses, strict=True)]
        facts += [
            _told(resource, 10.0 * number, settled=settled) for resource, number in zip(NUMBERS, numbers, strict=False)
        ]
    if not numbers:
        facts = facts[:3] + [bad(resource, "a PMS3003 does not count") for resource in NUMBERS]
    return facts


def _trouble(frame: bytes, words: list[int], masses: list[int], numbers: list[int]) -> str:
    """Return why nothing of a report can be believed; nothing if it can."""
    if numbers and (error := frame[-3]):
        return f"the instrument tells of an error, {error:02X}"
    if not any(words):
        return "it has not measured yet"
    if numbers and not numbers[0] and masses[2]:
        return f"it does not fit together: {masses[2]} ug/m3, and no particle seen"
    return ""


def _mass(resource: str, mass: int, *, settled: bool) -> Fact:
    if mass > _ABSURD:
        return bad(resource, f"an absurd concentration, {mass} ug/m3")
    if mass > _RANGE:
        return Fact(resource, float(mass), Quality.UNCERTAIN, f"beyond the {_RANGE} ug/m3 that it is made for")
    return _told(resource, float(mass), settled=settled)


def _told(resource: str, value: float, *, settled: bool) -> Fact:
    if settled:
        return Fact(resource, value)
    return Fact(resource, value, Quality.UNCERTAIN, "warming up")


def _build(options: Mapping[str, Setting]) -> Pms5003:
    ask_s = float(options["ask_s"]) if options["mode"] == "passive" else 0.0
    return Pms5003(float(options["period_min"]), ask_s)


def _silent_s(options: Mapping[str, Setting]) -> float:
    asked_s = 3 * float(options["ask_s"]) if options["mode"] == "passive" else 0.0
    return silent_s(float(options["period_min"]), max(_AWAKE_SILENT_S, asked_s))


def _row(resource: str, unit: str, title: str, deadband: float, every_s: float) -> PointRow:
    return PointRow(
        kind="air",
        resource=resource,
        type=PointType.FLOAT,
        unit=unit,
        title=title,
        deadband=deadband,
        every_s=every_s,
    )


MODEL = Model(
    name="pms5003",
    title="Plantower PMS5003, PMS7003 and relatives, particulate counters",
    source="Plantower manuals of PMS3003, PMS5003 (V2.3), PMS7003, PMS5003ST (V2.6); ESPHome pmsx003.cpp; Tasmota xsns_18",
    baud=9600,
    points=(
        _row(MASSES[0], "ug/m3", "particles up to 1 um", 1.0, 0.0),
        _row(MASSES[1], "ug/m3", "particles up to 2.5 um", 1.0, 0.0),
        _row(MASSES[2], "ug/m3", "particles up to 10 um", 1.0, 0.0),
        _row(NUMBERS[0], "1/l", "particles larger than 0.3 um in a litre", 100.0, 10.0),
        _row(NUMBERS[1], "1/l", "particles larger than 0.5 um in a litre", 50.0, 10.0),
        _row(NUMBERS[2], "1/l", "particles larger than 1 um in a litre", 20.0, 10.0),
        _row(NUMBERS[3], "1/l", "particles larger than 2.5 um in a litre", 10.0, 10.0),
    ),
    options=(
        Option(
            name="period_min",
            default=5,
            says="a reading in so many minutes, asleep in between; 0: always awake, which wears it out in a year",
            low=0,
            high=30,
        ),
        Option(
            name="mode", default="active", says="whether it reports by itself or is asked", words=("active", "passive")
        ),
        Option(name="ask_s", default=2.0, says="how often it is asked, if passive", low=1, high=60),
    ),
    silent_after_s=_AWAKE_SILENT_S,
    silent_s=_silent_s,
    build=_build,
    verified=(
        "masses and numbers of length 28, masses of length 20 (captured frames)",
        "answers to mode and sleep (captured frames)",
    ),
    recalled=(
        "which number stands for which error",
        "the order of length 36 after the numbers",
        "a PMS5003S, whose last word is formaldehyde and not an error, is not told apart and not supported",
        "in what mode it wakes",
    ),
)
