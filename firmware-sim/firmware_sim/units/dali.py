"""A DALI bus with lamps on it. Source: IEC 62386-102 as commonly described (levels, fade times, status bits, commands)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

MASK = 255
FULL = 254
OFF_COMMAND, UP, DOWN, STEP_UP, STEP_DOWN, RECALL_MAX, RECALL_MIN, STEP_DOWN_AND_OFF, ON_AND_STEP_UP = range(9)
LAST_ACTIVE = 10
GO_TO_SCENE = 16
QUERY_STATUS, QUERY_PRESENT, QUERY_LEVEL = 0x90, 0x91, 0xA0
UP_DOWN_STEPS = 9  # 200 ms at the fade rate from the factory, 44.7 steps a second

GEAR_FAILED, LAMP_FAILED, LAMP_ON, FADING, POWER_CYCLED = 0x01, 0x02, 0x04, 0x10, 0x80


def fade_s(code: int) -> float:
    """The time of a fade for its code 0..15; code 0 is none."""
    return 0.5 * math.sqrt(2**code) if code else 0.0


def light_pct(level: int) -> float:
    """Light for an arc power level: 0 is off, 1..254 go from 0.1 to 100 % by the logarithmic curve."""
    return 10 ** ((level - 1) * 3 / 253 - 1) if level else 0.0


@dataclass(slots=True)
class Lamp:
    """One gear and the lamp on it. `failed`: the lamp gives no light; not `present`: the gear says nothing at all."""

    address: int
    groups: frozenset[int] = frozenset()
    fade_code: int = 4
    lowest: int = 1
    highest: int = FULL
    power_on_level: int = FULL
    failure_level: int = FULL
    scenes: dict[int, int] = field(default_factory=dict)
    failed: bool = False
    present: bool = True
    kelvin: int = 4000
    _start: float = FULL
    _goal: int = FULL
    _since_s: float = 0.0
    _fade_s: float = 0.0
    _last_active: int = FULL
    _cycled: bool = True

    def level(self, now_s: float) -> int:
        """The arc power level at this moment, 0..254."""
        if now_s >= self._since_s + self._fade_s:
            return self._goal
        return round(self._start + (self._goal - self._start) * max(0.0, now_s - self._since_s) / self._fade_s)

    def light_pct(self, now_s: float) -> float:
        """What comes out."""
        return 0.0 if self.failed else light_pct(self.level(now_s))

    def status(self, now_s: float) -> int:
        """The status byte."""
        level = self.level(now_s)
        lit = LAMP_FAILED if self.failed else LAMP_ON if level else 0
        fading = FADING if now_s < self._since_s + self._fade_s else 0
        return lit | fading | (POWER_CYCLED if self._cycled else 0)

    def go(self, level: int, now_s: float, *, fade: bool = True) -> None:
        """Set the arc power; 255 stops a fade."""
        here = self.level(now_s)
        goal = here if level == MASK else 0 if level == 0 else min(max(level, self.lowest), self.highest)
        self._start, self._goal, self._since_s = here, goal, now_s
        self._fade_s = fade_s(self.fade_code) if fade and level != MASK else 0.0
        self._cycled = False
        if goal:
            self._last_active = goal

    def obey(self, command: int, now_s: float) -> None:
        """One of the commands 0..31."""
        here = self.level(now_s)
        if command == OFF_COMMAND or (command == STEP_DOWN_AND_OFF and here <= self.lowest):
            self.go(0, now_s, fade=False)
        elif command in {UP, DOWN} and here:
            self.go(max(self.lowest, here + (UP_DOWN_STEPS if command == UP else -UP_DOWN_STEPS)), now_s, fade=False)
        elif command in {STEP_UP, STEP_DOWN, STEP_DOWN_AND_OFF} and here:
            self.go(max(self.lowest, here + (1 if command == STEP_UP else -1)), now_s, fade=False)
        elif command == ON_AND_STEP_UP:
            self.go(here + 1 if here else self.lowest, now_s, fade=False)
        elif command in {RECALL_MAX, RECALL_MIN}:
            self.go(self.highest if command == RECALL_MAX else self.lowest, now_s, fade=False)
        elif command == LAST_ACTIVE:
            self.go(self._last_active, now_s)
        elif command >= GO_TO_SCENE and (scene := self.scenes.get(command - GO_TO_SCENE, MASK)) != MASK:
            self.go(scene, now_s)

    def power_up(self, now_s: float) -> None:
        """The mains come back."""
        self.go(self.power_on_level, now_s, fade=False)
        self._cycled = True


class DaliBus:
    """The lamps behind a gateway. Not `up`: the pair is shorted or without supply, and each lamp goes to its failure level."""

    def __init__(self, lamps: Sequence[Lamp]) -> None:
        self.lamps = {lamp.address: lamp for lamp in lamps}
        self.up = True

    def fail(self, now_s: float) -> None:
        """The pair is shorted."""
        self.up = False
        for lamp in self.lamps.values():
            lamp.go(lamp.failure_level, now_s, fade=False)

    def restore(self) -> None:
        """The pair is whole again."""
        self.up = True

    def all(self) -> list[Lamp]:
        """Every gear that hears."""
        return self._hearing(self.lamps.values())

    def group(self, group: int) -> list[Lamp]:
        """Every gear of a group that hears."""
        return self._hearing(lamp for lamp in self.lamps.values() if group in lamp.groups)

    def one(self, address: int) -> list[Lamp]:
        """The gear of a short address, if it hears."""
        return self._hearing(lamp for lamp in self.lamps.values() if lamp.address == address)

    def frame(self, word: int, now_s: float) -> int | None:
        """A forward frame of 16 bits; the answer of a gear to a query, if there is one."""
        to, what = word >> 8, word & 0xFF
        if to & 0x80 == 0:
            heard = self.one(to >> 1)
        elif to & 0xE0 == 0x80:
            heard = self.group(to >> 1 & 0x0F)
        else:
            heard = self.all() if to >= 0xFE else []
        answer = None
        for lamp in heard:
            if to & 1 == 0:
                lamp.go(what, now_s)
            elif what < 32:
                lamp.obey(what, now_s)
            elif what in {QUERY_STATUS, QUERY_PRESENT, QUERY_LEVEL}:
                known = {QUERY_STATUS: lamp.status(now_s), QUERY_PRESENT: 0xFF, QUERY_LEVEL: lamp.level(now_s)}
                answer = known[what] if answer is None else answer | known[what]  # several answers run into each other
        return answer

    def _hearing(self, lamps: Iterable[Lamp]) -> list[Lamp]:
        return [lamp for lamp in lamps if lamp.present and self.up]


def few_lamps() -> DaliBus:
    """Six lamps, as behind a gateway in a cabinet: group 0 the road, group 1 the path."""
    scenes = {0: FULL, 1: 170, 2: 85, 3: 0}
    return DaliBus([Lamp(place, frozenset({0} if place < 4 else {1}), scenes=dict(scenes)) for place in range(6)])
