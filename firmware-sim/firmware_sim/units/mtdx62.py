"""Saifuli MTDX62-MB millimetre-wave presence sensor with a light sensor.

Source: the maker's register list as public readers carry it. 9600 8N1 and unit 1 from the factory; the clear delay
leaves the factory at 30 s, the street is commissioned with 5 s.
"""

from __future__ import annotations

from firmware_sim.modbus import READ_HOLDING, READ_INPUT, WRITE_REGISTER, Cell, Registers
from firmware_sim.units.unit import Unit, fixed, kept

ENTRY_DELAY, CLEAR_DELAY = 0x02, 0x03
SELF_TEST_PASSED = 1

# register: (value at start, lowest, highest)
_CONFIGURATION = {
    0x00: (600, 60, 1000),  # range, 0.01 m
    0x01: (60, 60, 1000),  # shielding distance, 0.01 m
    ENTRY_DELAY: (10, 10, 500),  # 0.01 s
    CLEAR_DELAY: (5, 5, 1500),  # s
    0x04: (5, 1, 9),  # sensitivity to a movement
    0x05: (5, 1, 9),  # sensitivity while present
    0x06: (60, 0, 1000),  # entrance distance reduction, 0.01 m
    0x08: (9600, 1200, 57600),  # baud
    0x09: (0, 0, 2),  # parity
}


class Mtdx62(Unit):
    """The world calls `movement`; presence begins an entry delay after it and ends a clear delay after the last one."""

    turnaround_s = 0.005

    def __init__(self, address: int) -> None:
        self.lux = 0.0
        self.distance_m = 0.0
        self._words = {register: start for register, (start, _, _) in _CONFIGURATION.items()}
        self._moved: tuple[float, float] | None = None  # first and last movement of the visit
        holding = {
            register: kept(self._words, register, low, high) for register, (_, low, high) in _CONFIGURATION.items()
        }
        holding[0x07] = Cell(lambda _now_s: self.address, self._move, low=1, high=247)
        seen = {
            0x00: Cell(lambda now_s: int(self.present(now_s))),
            0x01: Cell(lambda _now_s: min(round(self.lux * 10), 0x7FFF)),
            0x02: Cell(lambda now_s: min(round(self.distance_m * 100), 0x7FFF) if self.present(now_s) else 0),
            0x03: fixed(SELF_TEST_PASSED),
        }
        functions = frozenset({READ_HOLDING, READ_INPUT, WRITE_REGISTER})
        super().__init__(address, Registers(functions, holding=holding, input=seen))

    def movement(self, now_s: float) -> None:
        """Somebody moves in the field of view at this moment."""
        first_s = self._moved[0] if self._moved and now_s < self._moved[1] + self._words[CLEAR_DELAY] else now_s
        self._moved = (first_s, now_s)

    def present(self, now_s: float) -> bool:
        """What the presence register says at this moment."""
        moved = self._moved
        if moved is None:
            return False
        return moved[0] + self._words[ENTRY_DELAY] / 100 <= now_s < moved[1] + self._words[CLEAR_DELAY]

    def _move(self, address: int, _now_s: float) -> None:
        self.address = address
