"""PZEM-016 meter: 32-bit values with the low word first. Source: a public template. 9600 8N1 and unit 1.

The template's scale of the energy (0.0001 with a type of kWh) is its own convention; here a count is one Wh.
"""

from __future__ import annotations

from firmware_sim.units.table import Row, Table, growing, wave

PZEM_016 = Table(
    "pzem-016", "Peacefair PZEM-016", frozenset({4}),
    input=(
        Row(0x0000, "voltage_v", wave(229.6, 1.5, 40), scale=0.1),
        Row(0x0001, "current_a", wave(0.42, 0.02, 40), "u32", 0.001, "CDAB"),
        Row(0x0003, "power_w", wave(95.4, 4, 40), "u32", 0.1, "CDAB"),
        Row(0x0005, "energy_wh", growing(70_000, 95.4), "u32", 1, "CDAB"),
        Row(0x0007, "frequency_hz", wave(50), scale=0.1),
        Row(0x0008, "power_factor", wave(0.98), scale=0.01),
    ),
    turnaround_s=0.03,
)  # fmt: skip

TABLES = (PZEM_016,)
