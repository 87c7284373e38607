"""What every simulated unit is to its line, and every dimmer to the street."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from firmware_sim import modbus
from firmware_sim.faults import Chance, Faults
from firmware_sim.link import Link
from firmware_sim.units.settings import Settings

OutputState = Literal["commanded", "safe mode", "power-up"]


@dataclass(frozen=True, slots=True)
class Output:
    """One 0-10 V output as a voltmeter sees it: `fraction` 0..1 of 10 V, and whose will it follows."""

    fraction: float
    state: OutputState


class Unit:
    """One box on a line. Silent while not `alive`. `turnaround_s`: from the end of a request to the answer's start.

    `link` is how its port is set; none: as its line is. `chance` holds what goes wrong with this unit alone.
    `answer` runs in the line's thread; everything else may be called from another one.
    """

    turnaround_s: float = 0.004

    def __init__(self, address: int, registers: modbus.Registers, settings: Settings | None = None) -> None:
        self.address = address
        self.alive = True
        self.link: Link | None = None
        self.chance = Chance(Faults())
        self._registers = registers
        self._settings = settings
        if settings is not None:
            settings.moved = self._moved

    @property
    def faults(self) -> Faults:
        """What goes wrong with this unit alone. May be replaced; chance then starts anew from its seed."""
        return self.chance.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self.chance = Chance(faults)

    def answer(self, pdu: bytes, now_s: float) -> bytes | None:
        """Take a request that was sent to this unit, or to all, at `now_s`; none if the unit stays silent."""
        if not self.alive:
            return None
        return modbus.answer(pdu, self._registers, now_s)

    def power_up(self, _now_s: float, /) -> None:
        """The supply comes (back) at this moment."""
        if self._settings is not None:
            self._settings.power_up()

    def place(self, address: int, link: Link | None) -> None:
        """An installer has given it this address and speed before. ValueError if it cannot have them."""
        if self._settings is not None:
            self._settings.place(address, link)
        self._moved(address, link)

    def _moved(self, address: int, link: Link | None) -> None:
        self.address, self.link = address, link


def kept(words: dict[int, int], address: int, low: int = 0, high: int = 0xFFFF) -> modbus.Cell:
    """A register that only remembers: what is written to it is read from it."""

    def write(value: int, _now_s: float) -> None:
        words[address] = value

    return modbus.Cell(lambda _now_s: words[address], write, low, high)


def fixed(value: int) -> modbus.Cell:
    """A read-only register that never changes."""
    return modbus.Cell(lambda _now_s: value)
