"""Eastron SDM230 single-phase meter: IEEE-754 floats in two input registers each, high word first.

Source: the maker's protocol paper by way of its public readers. 2400 8N1 from the factory.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable

from firmware_sim.modbus import READ_INPUT, Cell, Registers
from firmware_sim.units.unit import Unit, fixed

FREQUENCY_HZ = 50.0
LEADING_BLOCK = range(0x0050)
"""Readers of this family take the block from 0 in one request: its holes read as 0 and do not refuse."""


class Sdm230(Unit):
    """Measures what `set` says. Power 0..; energy integrates over time, current follows from power and voltage."""

    turnaround_s = 0.008

    def __init__(self, address: int) -> None:
        self._power_w = 0.0
        self._voltage_v = 230.0
        self._energy_wh = 0.0
        self._since_s: float | None = None
        floats: dict[int, Callable[[float], float]] = {
            0x0000: lambda _now_s: self._voltage_v,
            0x0006: lambda _now_s: self._power_w / self._voltage_v if self._voltage_v else 0.0,
            0x000C: lambda _now_s: self._power_w,
            0x0012: lambda _now_s: self._power_w,  # apparent power: a lamp load at power factor 1
            0x001E: lambda _now_s: 1.0,
            0x0046: lambda _now_s: FREQUENCY_HZ,
            0x0048: lambda now_s: self.energy_wh(now_s) / 1000,
            0x0156: lambda now_s: self.energy_wh(now_s) / 1000,
            0x0158: lambda _now_s: 0.0,
        }
        table = dict.fromkeys(LEADING_BLOCK, fixed(0))
        for address_, value in floats.items():
            table |= {address_: _half(value, 0), address_ + 1: _half(value, 2)}
        super().__init__(address, Registers(frozenset({READ_INPUT}), input=table))

    def set(self, power_w: float, voltage_v: float, now_s: float) -> None:
        """From now on the load is this."""
        if not (math.isfinite(power_w) and math.isfinite(voltage_v)):
            raise ValueError(f"a meter measures finite values, not {power_w} W at {voltage_v} V")
        self._energy_wh = self.energy_wh(now_s)
        self._since_s = now_s
        self._power_w = power_w
        self._voltage_v = voltage_v

    def energy_wh(self, now_s: float) -> float:
        """Imported energy since the start."""
        if self._since_s is None:
            return 0.0
        return self._energy_wh + self._power_w * max(0.0, now_s - self._since_s) / 3600


def _half(value: Callable[[float], float], at: int) -> Cell:
    return Cell(lambda now_s: int.from_bytes(struct.pack(">f", value(now_s))[at : at + 2], "big"))
