"""Eastron SDM230 single-phase meter: IEEE-754 floats in two input registers each, high word first.

Source: the maker's protocol paper by way of its public readers. 2400 8N1 from the factory. Its brothers are in `sdm`.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass

from firmware_sim.modbus import READ_INPUT, Cell, Registers
from firmware_sim.units.unit import Unit, fixed

FREQUENCY_HZ = 50.0
LEADING_BLOCK = range(0x0050)
"""Readers of this family take the block from 0 in one request: its holes read as 0 and do not refuse."""


@dataclass(frozen=True, slots=True)
class _Load:
    """What flows since `since_s`, and the energy imported until then."""

    power_w: float = 0.0
    voltage_v: float = 230.0
    energy_wh: float = 0.0
    since_s: float = 0.0

    def energy_at(self, now_s: float) -> float:
        return self.energy_wh + self.power_w * max(0.0, now_s - self.since_s) / 3600


class Sdm230(Unit):
    """Measures what `set` says, at power factor 1. Energy integrates over time, current follows from the two."""

    turnaround_s = 0.008

    def __init__(self, address: int) -> None:
        self._load = _Load()
        self._shown = self._load
        floats: dict[int, Callable[[float], float]] = {
            0x0000: lambda _now_s: self._shown.voltage_v,
            0x0006: lambda _now_s: self._shown.power_w / self._shown.voltage_v if self._shown.voltage_v else 0.0,
            0x000C: lambda _now_s: self._shown.power_w,
            0x0012: lambda _now_s: self._shown.power_w,  # apparent
            0x001E: lambda _now_s: 1.0,  # power factor
            0x0046: lambda _now_s: FREQUENCY_HZ,
            0x0048: lambda now_s: self._shown.energy_at(now_s) / 1000,  # import, kWh
            0x0156: lambda now_s: self._shown.energy_at(now_s) / 1000,  # total, kWh
            0x0158: lambda _now_s: 0.0,  # total, kvarh
        }
        table = dict.fromkeys(LEADING_BLOCK, fixed(0))
        for register, value in floats.items():
            table |= {register: _half(value, 0), register + 1: _half(value, 2)}
        super().__init__(address, Registers(frozenset({READ_INPUT}), input=table))

    def answer(self, pdu: bytes, now_s: float) -> bytes | None:
        self._shown = self._load  # all words of an answer are of one moment
        return super().answer(pdu, now_s)

    def set(self, power_w: float, voltage_v: float, now_s: float) -> None:
        """From now on the load is this."""
        if not (math.isfinite(power_w) and math.isfinite(voltage_v)):
            raise ValueError(f"a meter measures finite values, not {power_w} W at {voltage_v} V")
        self._load = _Load(power_w, voltage_v, self._load.energy_at(now_s), now_s)

    def energy_wh(self, now_s: float) -> float:
        """Imported energy since the start."""
        return self._load.energy_at(now_s)


def _half(value: Callable[[float], float], at: int) -> Cell:
    return Cell(lambda now_s: int.from_bytes(struct.pack(">f", value(now_s))[at : at + 2], "big"))
