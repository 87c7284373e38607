"""DALI gateways: ECOdim GW2 (Modbus RTU) and Arlight DALI-LOGIC-LITE-PS-x1 (Modbus TCP). Source: public device templates.

The templates write levels of groups and of everybody, and never read them: here a read of such a register is refused. ECOdim's
reads come out of its buffer for as long as its buffer period; Arlight's cached level is what was last written, not what is.
"""

from __future__ import annotations

from collections.abc import Callable

from firmware_sim.link import Link
from firmware_sim.modbus import Cell, Registers
from firmware_sim.units.dali import GO_TO_SCENE, LAMP_FAILED, LAMP_ON, MASK, DaliBus, Lamp, few_lamps
from firmware_sim.units.unit import Unit, kept

GROUPS, DEVICES = 16, 64
TRUE = 2  # flags are halved by their readers
BUFFER_S = 38
RESET = 0x55

Who = Callable[[], list[Lamp]]


class EcodimGw2(Unit):
    """Its own address and speed are not in our source: nothing changes them here."""

    turnaround_s = 0.02
    LINK = Link(9600)

    def __init__(self, address: int = 1, dali: DaliBus | None = None) -> None:
        self.dali = few_lamps() if dali is None else dali
        self._words = {30: 0, BUFFER_S: 5}
        self._raw: tuple[int, int] = (0, 0)  # status and answer of the last raw command
        self._buffer: dict[int, tuple[float, int]] = {}  # by register: when fetched, and what
        holding = self._system() | self._targets(1000, self.dali.all) | {1005: self._colour(self.dali.all)}
        for group in range(GROUPS):
            who = self._group(group)
            holding |= self._targets(2000 + 5 * group, who) | {2620 + 5 * group: self._colour(who)}
        for device in range(DEVICES):
            holding |= self._device(3000 + 5 * device, device)
        super().__init__(address, Registers(frozenset({3, 6, 16}), holding=holding))

    def _system(self) -> dict[int, Cell]:
        return {
            24: Cell(lambda _now_s: self._raw[0]),
            25: Cell(None, self._send_raw),
            26: Cell(lambda _now_s: self._raw[1]),
            29: Cell(lambda _now_s: int(not self.dali.up)),
            30: kept(self._words, 30, high=18),
            31: Cell(lambda _now_s: len(self.dali.all())),
            32: Cell(None, self._reset, codes=frozenset({RESET})),
            BUFFER_S: kept(self._words, BUFFER_S),
            55: Cell(lambda _now_s: 3 if self.dali.up else 0),
        }

    def _targets(self, base: int, who: Who) -> dict[int, Cell]:
        def any_of(bits: int) -> Callable[[float], int]:
            return lambda now_s: TRUE if any(lamp.status(now_s) & bits for lamp in who()) else 0

        return self._orders(base, who) | {
            base + 2: self._buffered(base + 2, lambda _now_s: TRUE if who() else 0),
            base + 3: self._buffered(base + 3, any_of(LAMP_FAILED)),
            base + 4: self._buffered(base + 4, any_of(LAMP_ON)),
        }

    def _device(self, base: int, address: int) -> dict[int, Cell]:
        def told(what: Callable[[Lamp, float], int]) -> Callable[[float], int]:
            return lambda now_s: next((what(lamp, now_s) for lamp in self.dali.one(address)), 0)

        return self._orders(base, lambda: self.dali.one(address)) | {
            base + 2: self._buffered(base + 2, told(lambda _lamp, _now_s: TRUE)),
            base + 3: self._buffered(base + 3, told(Lamp.status)),
            base + 4: self._buffered(base + 4, told(Lamp.level)),
        }

    def _orders(self, base: int, who: Who) -> dict[int, Cell]:
        return {base: _level(who), base + 1: _command(who)}

    def _group(self, group: int) -> Who:
        return lambda: self.dali.group(group)

    def _colour(self, who: Who) -> Cell:
        def write(kelvin: int, _now_s: float) -> None:
            for lamp in who():
                lamp.kelvin = kelvin

        return Cell(None, write, 1000, 10_000)

    def _buffered(self, register: int, fetch: Callable[[float], int]) -> Cell:
        def read(now_s: float) -> int:
            known = self._buffer.get(register)
            if known is None or not known[0] <= now_s < known[0] + self._words[BUFFER_S]:
                known = (now_s, fetch(now_s))
                self._buffer[register] = known
            return known[1]

        return Cell(read)

    def _send_raw(self, word: int, now_s: float) -> None:
        answer = self.dali.frame(word, now_s)
        self._raw = (int(answer is not None), answer or 0)

    def _reset(self, _value: int, _now_s: float) -> None:
        self._buffer.clear()
        self._raw = (0, 0)


class Arlight(Unit):
    """Modbus TCP. A level that was never written reads as 255 from the cache; a gear that is not there has status 255."""

    turnaround_s = 0.01

    def __init__(self, address: int = 1, dali: DaliBus | None = None) -> None:
        self.dali = few_lamps() if dali is None else dali
        self._cache = {2560 + place: MASK for place in range(DEVICES)} | {2688 + place: MASK for place in range(GROUPS)}
        self._scenes = {512 + place: 0 for place in range(DEVICES)} | {640 + place: 0 for place in range(GROUPS)}
        holding = {}
        for place in range(DEVICES):
            one = self._one(place)
            holding[place] = self._status(one)
            holding |= self._orders(256 + place, 512 + place, 1792 + place, 2560 + place, one)
        for place in range(GROUPS):
            holding |= self._orders(384 + place, 640 + place, 1920 + place, 2688 + place, self._group(place))
        super().__init__(address, Registers(frozenset({3, 6, 16}), holding=holding))

    def _one(self, address: int) -> Who:
        return lambda: self.dali.one(address)

    def _group(self, group: int) -> Who:
        return lambda: self.dali.group(group)

    def _status(self, who: Who) -> Cell:
        return Cell(lambda now_s: next((lamp.status(now_s) for lamp in who()), MASK))

    def _orders(self, level: int, scene: int, colour: int, cache: int, who: Who) -> dict[int, Cell]:
        def write_level(value: int, now_s: float) -> None:
            self._cache[cache] = value
            for lamp in who():
                lamp.go(value, now_s)

        def write_scene(value: int, now_s: float) -> None:
            self._scenes[scene] = value
            for lamp in who():
                lamp.obey(GO_TO_SCENE + value, now_s)

        def write_colour(mirek: int, _now_s: float) -> None:
            for lamp in who():
                lamp.kelvin = round(1_000_000 / mirek)

        return {
            level: Cell(None, write_level, high=254),
            scene: Cell(lambda _now_s: self._scenes[scene], write_scene, high=15),
            colour: Cell(None, write_colour, 80, 1000),
            cache: Cell(lambda _now_s: self._cache[cache]),
        }


def _level(who: Who) -> Cell:
    def write(level: int, now_s: float) -> None:
        for lamp in who():
            lamp.go(level, now_s)

    return Cell(None, write, high=254)


def _command(who: Who) -> Cell:
    def write(command: int, now_s: float) -> None:
        for lamp in who():
            lamp.obey(command, now_s)

    return Cell(None, write, high=31)
