"""JXCT RS485 illuminance head. Source: the maker's manual. 9600 8N1 and unit 1 from the factory."""

from __future__ import annotations

from firmware_sim.modbus import READ_HOLDING, WRITE_REGISTER, Cell, Registers
from firmware_sim.units.unit import Unit, kept


class JxctLux(Unit):
    """`lux` (0..4294967295) is what the head sees; read as u32, high word first."""

    turnaround_s = 0.006

    def __init__(self, address: int) -> None:
        self.lux = 0.0
        self._shown = 0
        words = {0x0101: 2}  # baud code
        holding = {
            0x0007: Cell(lambda _now_s: self._shown >> 16),
            0x0008: Cell(lambda _now_s: self._shown & 0xFFFF),
            0x0100: Cell(lambda _now_s: self.address, self._move, low=1, high=254),
            0x0101: kept(words, 0x0101, high=7),
        }
        super().__init__(address, Registers(frozenset({READ_HOLDING, WRITE_REGISTER}), holding=holding))

    def answer(self, pdu: bytes, now_s: float) -> bytes | None:
        self._shown = min(max(round(self.lux), 0), 0xFFFFFFFF)  # both words of an answer are of one moment
        return super().answer(pdu, now_s)

    def _move(self, address: int, _now_s: float) -> None:
        self.address = address
