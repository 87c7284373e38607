"""Level and distance: QDY30A (submersible), DFRobot SEN0676 (radar) and SEN0492 (laser); and that maker's light sensor SEN0644.

Sources: a capture of a QDY30A and public code about it; the maker's wiki pages of the others.
"""

from __future__ import annotations

from firmware_sim.link import Link
from firmware_sim.modbus import Cell
from firmware_sim.units.settings import BAUDS_FROM_1200, Choice, Commission, Setting, per
from firmware_sim.units.table import Row, Table, TableUnit, wave

UNIT, DECIMALS, ZERO, SPAN = 0x0002, 0x0003, 0x0005, 0x0006
CM, M, KPA = 0x11, 0x12, 0x13  # as one source has it; the other one has 16 m, 17 cm, 18 mm
_COUNTS_PER_CM = {CM: 1.0, M: 0.01, KPA: 0.0980665}

# The capture has code 3 for 9600; the other codes are those that 3 = 9600 is common for.
QDY30A = Table(
    "qdy30a", "QDY30A submersible level", frozenset({3, 6}),
    settings=(Setting(UNIT, CM, CM, KPA), Setting(DECIMALS, 1, 0, 3), Setting(ZERO, 0), Setting(SPAN, 5000)),
    holding=(Row(0x0004, "level_cm", wave(142, 12, 300), "s16", 0.1),),
    commission=Commission(
        address=0x0000, addresses=range(1, 256), baud=Choice(0x0001, BAUDS_FROM_1200), effect="at once", save=(0x000F, 0)
    ),
    turnaround_s=0.02, silent=True,
)  # fmt: skip

SEN0676 = Table(
    "sen0676", "DFRobot SEN0676 radar level", frozenset({3, 6}), Link(115200),
    holding=(Row(0x0001, "empty_mm", wave(2600, 200, 300)),),
    settings=(Setting(0x0005, 400, 0, 6500), Setting(0x07D4, 10, 1, 40)),  # installation height cm, range m
    commission=Commission(
        address=0x03F4, baud=Choice(0x03F6, per(100, 4800, 9600, 19200, 38400, 57600, 115200)), effect="at once"
    ),
)  # fmt: skip

SEN0492 = Table(
    "sen0492", "DFRobot SEN0492 laser distance", frozenset({3, 6}), Link(115200), 0x50,
    holding=(Row(0x0034, "distance_mm", wave(1803, 400, 45)),),
    settings=(Setting(0x0002, 1000, 40, 4000),),  # alarm, mm
)  # fmt: skip

# Scale disputed: 0.001 in one code base, 0.01 in another. In blocks its settings read as 0.
SEN0644 = Table(
    "sen0644", "DFRobot SEN0644 light", frozenset({3, 6}),
    holding=(Row(0x0002, "illuminance_lux", wave(35, 5, 120), "u32", 0.001),),
    settings=(Setting(0x0065, 3),),  # a neighbour whose meaning is not known
    commission=Commission(address=0x0064), alone=range(0x0064, 0x0066), silent=True,
)  # fmt: skip

TABLES = (SEN0492, SEN0644)


class Qdy30a(TableUnit):
    """The level in its register follows the unit and the decimals set."""

    def __init__(self, address: int = 1) -> None:
        super().__init__(QDY30A, address)

    def more_cells(self) -> dict[int, Cell]:
        def read(now_s: float) -> int:
            level_cm = self.shown("level_cm", now_s)
            count = round(level_cm * _COUNTS_PER_CM[self.settings[UNIT]] * (1, 10, 100, 1000)[self.settings[DECIMALS]])
            return min(max(count, -0x8000), 0x7FFF) & 0xFFFF

        return {0x0004: Cell(read)}


class Sen0676(TableUnit):
    """Measures from above: what is empty and what is full make the installation height together."""

    def __init__(self, address: int = 1) -> None:
        super().__init__(SEN0676, address)

    def more_cells(self) -> dict[int, Cell]:
        def level_mm(now_s: float) -> int:
            return min(max(10 * self.settings[0x0005] - round(self.shown("empty_mm", now_s)), 0), 0xFFFF)

        return {0x0003: Cell(level_mm)}
