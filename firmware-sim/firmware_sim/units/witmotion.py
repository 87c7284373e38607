"""WitMotion WTVB01-485 (vibration) and WT901C485 (tilt). Sources: the maker's SDK and manual. 9600 8N1, unit 0x50.

A setting needs the unlock before it, without which it is answered and not done; it counts when it is saved (the manual's
example saves at the old address). All registers of the block can be read; those that mean nothing here are 0.
"""

from __future__ import annotations

from firmware_sim.units.settings import Choice, Commission
from firmware_sim.units.table import Row, Table, wave

_G = 16 / 32768
_DEG = 180 / 32768
_DEG_PER_S = 2000 / 32768

_COMMISSION = Commission(
    address=0x1A, addresses=range(1, 128),
    baud=Choice(0x04, dict(enumerate((4800, 9600, 19200, 38400, 57600, 115200, 230400), 1))),
    effect="saved", unlock=(0x69, 0xB588), save=(0x00, 0),
)  # fmt: skip


def _sensor(product: str, title: str, *rows: Row) -> Table:
    return Table(
        product, title, frozenset({3, 6}), address=0x50, holding=rows, commission=_COMMISSION,
        holes_holding=(range(0x80),),
    )  # fmt: skip


WTVB01 = _sensor(
    "wtvb01-485", "WitMotion WTVB01-485 vibration",
    Row(0x34, "acceleration_x_g", wave(0.02, 0.02, 3), "s16", _G),
    Row(0x35, "acceleration_y_g", wave(0.01, 0.02, 4), "s16", _G),
    Row(0x36, "acceleration_z_g", wave(1.0, 0.02, 5), "s16", _G),
    Row(0x3A, "velocity_x_mm_per_s", wave(3, 2, 7), "s16"),
    Row(0x3B, "velocity_y_mm_per_s", wave(2, 1, 9), "s16"),
    Row(0x3C, "velocity_z_mm_per_s", wave(5, 3, 8), "s16"),
    Row(0x3D, "vibration_x_deg", wave(0.4, 0.2, 7), "s16", _DEG),
    Row(0x3E, "vibration_y_deg", wave(0.3, 0.2, 9), "s16", _DEG),
    Row(0x3F, "vibration_z_deg", wave(0.1, 0.1, 8), "s16", _DEG),
    Row(0x40, "temperature_cel", wave(21.4, 0.5, 600), "s16", 0.01),
    Row(0x41, "displacement_x_um", wave(40, 12, 7), "s16"),
    Row(0x42, "displacement_y_um", wave(31, 10, 9), "s16"),
    Row(0x43, "displacement_z_um", wave(77, 20, 8), "s16"),
    Row(0x44, "frequency_x_hz", wave(12.4, 0.3, 7), "s16", 0.1),
    Row(0x45, "frequency_y_hz", wave(12.1, 0.3, 9), "s16", 0.1),
    Row(0x46, "frequency_z_hz", wave(24.8, 0.3, 8), "s16", 0.1),
)  # fmt: skip

WT901C = _sensor(
    "wt901c485", "WitMotion WT901C485 tilt",
    Row(0x34, "acceleration_x_g", wave(0.01, 0.005, 3), "s16", _G),
    Row(0x35, "acceleration_y_g", wave(-0.02, 0.005, 4), "s16", _G),
    Row(0x36, "acceleration_z_g", wave(1.0, 0.005, 5), "s16", _G),
    Row(0x37, "gyro_x_deg_per_s", wave(0, 0.5, 5), "s16", _DEG_PER_S),
    Row(0x38, "gyro_y_deg_per_s", wave(0, 0.5, 6), "s16", _DEG_PER_S),
    Row(0x39, "gyro_z_deg_per_s", wave(0, 0.5, 7), "s16", _DEG_PER_S),
    Row(0x3D, "roll_deg", wave(-1.2, 0.2, 60), "s16", _DEG),
    Row(0x3E, "pitch_deg", wave(0.7, 0.2, 70), "s16", _DEG),
    Row(0x3F, "yaw_deg", wave(93, 0.5, 80), "s16", _DEG),
    Row(0x40, "temperature_cel", wave(20.1, 0.5, 600), "s16", 0.01),
)  # fmt: skip

TABLES = (WTVB01, WT901C)
