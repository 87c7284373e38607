"""Seeed SenseCAP ONE weather stations. Source: the maker's wiki page. 9600 8N1; every value s32, 0.001.

The page does not say what a smaller model answers for a sensor that it has not; here every model has them all.
"""

from __future__ import annotations

from firmware_sim.units.table import Row, Table, wave

_VALUES = (
    (0x00, "temperature_cel", wave(28.3, 2, 900)),
    (0x02, "humidity_pct", wave(61, 5, 900)),
    (0x04, "pressure_pa", wave(101_325, 60, 1800)),
    (0x06, "illuminance_lux", wave(420, 60, 300)),
    (0x08, "wind_direction_min_deg", wave(110, 20, 90)),
    (0x0A, "wind_direction_max_deg", wave(170, 20, 90)),
    (0x0C, "wind_direction_deg", wave(140, 20, 90)),
    (0x0E, "wind_speed_min_m_per_s", wave(0.8, 0.5, 40)),
    (0x10, "wind_speed_max_m_per_s", wave(5.1, 1.5, 40)),
    (0x12, "wind_speed_m_per_s", wave(2.6, 1, 40)),
    (0x14, "rain_mm", wave(4.2)),
    (0x16, "rain_s", wave(1800)),
    (0x18, "rain_mm_per_h", wave(1.2, 1, 600)),
    (0x1A, "rain_max_mm_per_h", wave(6.4)),
    (0x1C, "heater_cel", wave(31)),
    (0x1E, "tipped", wave(0)),
    (0x30, "pm2_5_ug_per_m3", wave(9, 3, 600)),
    (0x32, "pm10_ug_per_m3", wave(17, 5, 600)),
    (0x40, "co2_ppm", wave(430, 15, 600)),
)
_ADDRESSES = {"s200": 44, "s500": 10, "s700": 20, "s900": 38, "s1000": 43}

TABLES = tuple(
    Table(
        f"sensecap-{model}", f"SenseCAP ONE {model.upper()}", frozenset({4}), address=address,
        input=tuple(Row(register, name, value, "s32", 0.001) for register, name, value in _VALUES),
        turnaround_s=0.02,
    )
    for model, address in _ADDRESSES.items()
)  # fmt: skip
