"""Saifuli MTDX62-MB millimetre-wave presence sensor with a light sensor.

Source: the maker's register list as public readers carry it. 9600 8N1 and unit 1 from the factory; the clear delay
leaves the factory at 30 s, the street is commissioned with 5 s. Address and port settings
count after a restart, as the list warns.
"""

from __future__ import annotations

from firmware_sim.link import Link
from firmware_sim.modbus import READ_HOLDING, READ_INPUT, WRITE_REGISTER, Cell, Registers
from firmware_sim.units.settings import Choice, Commission, Setting, Settings, per
from firmware_sim.units.unit import Unit, fixed

ENTRY_DELAY, CLEAR_DELAY = 0x02, 0x03
SELF_TEST_PASSED = 1

_SETTINGS = (
    Setting(0x00, 600, 60, 1000),  # range, 0.01 m
    Setting(0x01, 60, 60, 1000),  # shielding distance, 0.01 m
    Setting(ENTRY_DELAY, 10, 10, 500),  # 0.01 s
    Setting(CLEAR_DELAY, 5, 5, 1500),  # s
    Setting(0x04, 5, 1, 9),  # sensitivity to a movement
    Setting(0x05, 5, 1, 9),  # sensitivity while present
    Setting(0x06, 60, 0, 1000),  # entrance distance reduction, 0.01 m
)
LINK = Link(9600)
_COMMISSION = Commission(
    address=0x07,
    baud=Choice(0x08, per(1, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)),
    parity=Choice(0x09, {0: "none", 1: "odd", 2: "even"}),
    effect="restart",
)


class Mtdx62(Unit):
    """The world calls `movement`; presence begins an entry delay after it and ends a clear delay after the last one."""

    turnaround_s = 0.005

    def __init__(self, address: int) -> None:
        self.lux = 0.0
        self.distance_m = 0.0
        self._words = Settings(_COMMISSION, _SETTINGS, address, LINK)
        self._moved_s: tuple[float, float] | None = None  # first and last movement of the visit
        seen = {
            0x00: Cell(lambda now_s: int(self.present(now_s))),
            0x01: Cell(lambda _now_s: min(round(self.lux * 10), 0x7FFF)),
            0x02: Cell(lambda now_s: min(round(self.distance_m * 100), 0x7FFF) if self.present(now_s) else 0),
            0x03: fixed(SELF_TEST_PASSED),
        }
        functions = frozenset({READ_HOLDING, READ_INPUT, WRITE_REGISTER})
        super().__init__(address, Registers(functions, holding=self._words.cells(), input=seen), self._words)

    def movement(self, now_s: float) -> None:
        """Somebody moves in the field of view at this moment."""
        moved = self._moved_s
        first_s = moved[0] if moved and now_s < moved[1] + self._words[CLEAR_DELAY] else now_s
        self._moved_s = (first_s, now_s)

    def present(self, now_s: float) -> bool:
        """What the presence register says at this moment."""
        moved = self._moved_s
        if moved is None:
            return False
        return moved[0] + self._words[ENTRY_DELAY] / 100 <= now_s < moved[1] + self._words[CLEAR_DELAY]

    def power_up(self, now_s: float, /) -> None:
        super().power_up(now_s)
        self._moved_s = None
