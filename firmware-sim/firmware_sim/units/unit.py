"""What every simulated unit is to its line, and every dimmer to the street."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from firmware_sim import modbus

OutputState = Literal["commanded", "safe mode", "power-up"]


@dataclass(frozen=True, slots=True)
class Output:
    """One 0-10 V output as a voltmeter sees it: `fraction` 0..1 of 10 V, and whose will it follows."""

    fraction: float
    state: OutputState


class Unit:
    """One box on a line. Silent while not `alive`. `turnaround_s`: from the end of a request to the answer's start.

    `answer` runs in the line's thread; everything else may be called from another one.
    """

    turnaround_s: float = 0.004

    def __init__(self, address: int, registers: modbus.Registers) -> None:
        self.address = address
        self.alive = True
        self._registers = registers

    def answer(self, pdu: bytes, now_s: float) -> bytes | None:
        """Take a request that was sent to this unit, or to all, at `now_s`; none if the unit stays silent."""
        if not self.alive:
            return None
        return modbus.answer(pdu, self._registers, now_s)


def kept(words: dict[int, int], address: int, low: int = 0, high: int = 0xFFFF) -> modbus.Cell:
    """A register that only remembers: what is written to it is read from it."""

    def write(value: int, _now_s: float) -> None:
        words[address] = value

    return modbus.Cell(lambda _now_s: words[address], write, low, high)


def fixed(value: int) -> modbus.Cell:
    """A read-only register that never changes."""
    return modbus.Cell(lambda _now_s: value)
