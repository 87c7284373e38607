"""Wiren Board WB-MS v2 and WB-MSW v3. Source: the maker's device templates. 9600, unit id on the label (here 1).

Stop bits (two), the unit's own address at 128 and its speed at 110 are what all units of this maker have, as recalled.
"""

from __future__ import annotations

from firmware_sim.link import Link
from firmware_sim.units.settings import Choice, Commission, per
from firmware_sim.units.table import Row, Table, wave

SPEED = Choice(110, per(100, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200))
COMMISSION = Commission(address=128, baud=SPEED)
LINK = Link(9600, "none", 2)

WB_MS = Table(
    "wb-ms-v2", "WB-MS v2", frozenset({3, 4, 6, 16}), LINK,
    input=(
        Row(2, "illuminance_lux", wave(240, 30, 120)),
        Row(4, "temperature_cel", wave(19.3, 0.6, 900), "s16", 0.01, error=0x7FFF),
        Row(5, "humidity_pct", wave(48, 3, 900), "s16", 0.01, error=0xFFFF),
        Row(11, "voc_ppb", wave(220, 40, 600)),
    ),
    commission=COMMISSION, turnaround_s=0.004,
)  # fmt: skip

WB_MSW = Table(
    "wb-msw-v3", "WB-MSW v3", frozenset({3, 4, 6, 16}), LINK,
    input=(
        Row(3, "sound_db", wave(38, 4, 30), scale=0.01),
        Row(8, "co2_ppm", wave(520, 60, 900)),
        Row(9, "illuminance_lux", wave(180, 30, 120), "u32", 0.01, error=0xFFFFFFFF),
        Row(280, "motion_max", wave(310, 90, 60)),
        Row(283, "motion", wave(40, 40, 20)),
    ),
    commission=COMMISSION, turnaround_s=0.004,
)  # fmt: skip

TABLES = (WB_MS, WB_MSW)
