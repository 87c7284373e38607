"""An instrument of no maker: frames `AB n value sum`, a question at the start; what the port of any instrument is tried on."""

from __future__ import annotations

import math
from collections.abc import Mapping

from drivers.lines.framer import Framer
from drivers.lines.instrument import Counts, Fact, Model, PointRow, Setting, bad
from drivers.points import PointType

HEAD = b"\xab"
QUESTION, ANSWER = b"who?", b"\xab\x01\xff\xab"
BROKEN = 0xEE  # a value that means: no value


def frame(value: int) -> bytes:
    body = bytes([0xAB, 1, value])
    return body + bytes([sum(body) & 0xFF])


class Form:
    head = HEAD
    longest = 4

    def length(self, start: bytes) -> int | None:
        if len(start) < 2:
            return None
        return 4 if start[1] == 1 else 0

    def fault(self, frame: bytes) -> str:
        return "" if sum(frame[:3]) & 0xFF == frame[3] else "wrong sum"


class Toy:
    """Asks who is there until it is told, three times at most, a second apart."""

    def __init__(self) -> None:
        self.counts = Counts()
        self.identity = ""
        self._framer = Framer(Form(), self.counts)
        self._asked = 0
        self._ask_s = math.inf

    def opened(self, now_s: float) -> None:
        self._framer.clear()
        self._asked, self._ask_s = 0, now_s

    def feed(self, data: bytes, _now_s: float) -> list[Fact]:
        facts = []
        for found in self._framer.feed(data):
            if found == ANSWER:
                self.identity, self._ask_s = "toy", math.inf
            elif found[2] == BROKEN:
                facts.append(bad("distance/sensor_value", "says that it is broken"))
            else:
                facts.append(Fact("distance/sensor_value", found[2] / 100))
        return facts

    def due(self, now_s: float) -> bytes:
        if now_s < self._ask_s:
            return b""
        self._asked += 1
        self._ask_s = now_s + 1 if self._asked < 3 else math.inf
        return QUESTION

    def next_s(self) -> float:
        return self._ask_s


def build(_: Mapping[str, Setting]) -> Toy:
    return Toy()


TOY = Model(
    name="toy",
    title="an instrument of no maker",
    source="this file",
    baud=9600,
    bauds=(19200,),
    points=(
        PointRow(
            kind="distance",
            resource="distance/sensor_value",
            type=PointType.FLOAT,
            unit="m",
            title="distance",
            deadband=0.02,
        ),
    ),
    silent_after_s=1.0,
    build=build,
)
