"""Soil probes sold as THC-S, CWT and 7-in-1. Sources: a bench log with captures, public READMEs. 4800 8N1 and unit 1.

0x0003 is salinity on the THC-S and pH on the others. When a change of address or speed counts is not said: here at once.
"""

from __future__ import annotations

from firmware_sim.link import Link
from firmware_sim.units.settings import BAUDS_FROM_2400, Choice, Commission
from firmware_sim.units.table import Row, Table, wave

_COMMISSION = Commission(address=0x07D0, addresses=range(1, 255), baud=Choice(0x07D1, BAUDS_FROM_2400))
_COMMON = (
    Row(0x0000, "moisture_pct", wave(31, 2, 900), scale=0.1),
    Row(0x0001, "temperature_cel", wave(22.5, 1, 900), "s16", 0.1),
    Row(0x0002, "conductivity_us_per_cm", wave(640, 30, 900)),
)


def _probe(product: str, title: str, *rows: Row) -> Table:
    return Table(
        product, title, frozenset({3, 6}), Link(4800), holding=_COMMON + rows, commission=_COMMISSION, turnaround_s=0.012
    )  # fmt: skip


THC_S = _probe("thc-s", "CWT-Soil-THC-S", Row(0x0003, "salinity_mg_per_l", wave(352, 10, 900)))
FOUR_IN_ONE = _probe("cwt-soil-4in1", "CWT soil 4-in-1", Row(0x0003, "ph", wave(5.6), scale=0.1))
SEVEN_IN_ONE = _probe(
    "cwt-soil-7in1", "CWT soil 7-in-1",
    Row(0x0003, "ph", wave(6.5), scale=0.1),
    Row(0x0004, "nitrogen_mg_per_kg", wave(30)),
    Row(0x0005, "phosphorus_mg_per_kg", wave(41)),
    Row(0x0006, "potassium_mg_per_kg", wave(90)),
)  # fmt: skip

TABLES = (THC_S, FOUR_IN_ONE, SEVEN_IN_ONE)
