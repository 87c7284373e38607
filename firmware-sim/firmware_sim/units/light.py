"""NHZD210 illuminance. Source: public code with the maker's example: unit 10, 9600. Changes count after a restart."""

from __future__ import annotations

from firmware_sim.link import Link
from firmware_sim.units.settings import BAUDS_FROM_1200, Choice, Commission
from firmware_sim.units.table import Row, Table, wave

NHZD210 = Table(
    "nhzd210", "NHZD210 illuminance", frozenset({3, 4, 6}), Link(9600), 10,
    input=(Row(0x0000, "illuminance_lux", wave(296, 40, 120), "u32"),),
    commission=Commission(address=0x0042, baud=Choice(0x0040, BAUDS_FROM_1200), effect="restart"),
    turnaround_s=0.015, silent=True,
)  # fmt: skip

TABLES = (NHZD210,)
