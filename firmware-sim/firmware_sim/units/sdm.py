"""Eastron SDM120, SDM230, SDM630 and SDM72 v2 as tables. Source: the maker's protocol paper by way of its public readers.

Floats in two input registers, high word first. Readers take large blocks from 0: holes read as 0. A read has at most 40
values. How address and speed are set (by buttons, or registers that our sources do not list) is not here.
"""

from __future__ import annotations

from collections.abc import Iterable

from firmware_sim.link import Link
from firmware_sim.units.table import Row, Source, Table, growing, wave

_VOLTS, _WATTS, _VA, _VAR = 230.2, 412.0, 420.0, 81.0


def _phases(first: int, name: str, *values: Source) -> Iterable[Row]:
    for place, value in enumerate(values):
        yield Row(first + 2 * place, f"{name}_l{place + 1}" if len(values) > 1 else name, value, "float32")


def _one(first: int, name: str, value: Source) -> Row:
    return Row(first, name, value, "float32")


def _energy(first: int, import_kwh: float, name: str = "") -> Iterable[Row]:
    yield _one(first, f"import{name}_kwh", growing(import_kwh, _WATTS / 1000))
    yield _one(first + 2, f"export{name}_kwh", wave(0.0))


def _single(*more: Row) -> tuple[Row, ...]:
    return (
        *_phases(0x0000, "voltage_v", wave(_VOLTS, 1.5, 40)),
        *_phases(0x0006, "current_a", wave(_VA / _VOLTS)),
        *_phases(0x000C, "power_w", wave(_WATTS, 20, 50)),
        *_phases(0x0012, "apparent_va", wave(_VA)),
        *_phases(0x0018, "reactive_var", wave(_VAR)),
        *_phases(0x001E, "power_factor", wave(0.98)),
        _one(0x0046, "frequency_hz", wave(50.0, 0.02, 30)),
        *_energy(0x0048, 1520.4),
        _one(0x004C, "import_kvarh", wave(310.0)),
        _one(0x004E, "export_kvarh", wave(0.0)),
        _one(0x0156, "total_kwh", growing(1520.4, _WATTS / 1000)),
        _one(0x0158, "total_kvarh", wave(310.0)),
        *more,
    )


def _three_lines() -> tuple[Row, ...]:
    return (
        *_phases(0x0000, "voltage_v", wave(_VOLTS, 1.5, 40), wave(229.1, 1.5, 45), wave(231.0, 1.5, 50)),
        *_phases(0x0006, "current_a", *[wave(_VA / 3 / _VOLTS)] * 3),
        *_phases(0x000C, "power_w", *[wave(_WATTS / 3, 7, 50)] * 3),
        *_phases(0x0012, "apparent_va", *[wave(_VA / 3)] * 3),
        *_phases(0x0018, "reactive_var", *[wave(_VAR / 3)] * 3),
        *_phases(0x001E, "power_factor", *[wave(0.98)] * 3),
        _one(0x0034, "power_w", wave(_WATTS, 20, 50)),
        _one(0x0038, "apparent_va", wave(_VA)),
        _one(0x003C, "reactive_var", wave(_VAR)),
        _one(0x003E, "power_factor", wave(0.98)),
        _one(0x0046, "frequency_hz", wave(50.0, 0.02, 30)),
        *_energy(0x0048, 8120.5),
        _one(0x0156, "total_kwh", growing(8120.5, _WATTS / 1000)),
        _one(0x0158, "total_kvarh", wave(1310.0)),
    )


def _sdm630_more() -> tuple[Row, ...]:
    third = growing(2706.8, _WATTS / 3000)
    return (
        _one(0x0042, "phase_angle_deg", wave(11.2)),
        _one(0x004C, "import_kvarh", wave(1310.0)),
        _one(0x004E, "export_kvarh", wave(0.0)),
        *_phases(0x00EA, "voltage_thd_pct", wave(1.9), wave(2.0), wave(2.1)),
        _one(0x00F8, "voltage_thd_pct", wave(2.0)),
        *_phases(0x015A, "import_kwh", third, third, third),
        *_phases(0x0160, "export_kwh", *[wave(0.0)] * 3),
        *_phases(0x0166, "total_kwh", third, third, third),
        *_phases(0x016C, "import_kvarh", *[wave(436.7)] * 3),
        *_phases(0x0172, "export_kvarh", *[wave(0.0)] * 3),
        *_phases(0x0178, "total_kvarh", *[wave(436.7)] * 3),
    )


def _meter(product: str, title: str, baud: int, rows: tuple[Row, ...]) -> Table:
    return Table(
        product, title, frozenset({4}), Link(baud), input=rows,
        holes_input=(range(0x0100), range(0x0150, 0x0180)), turnaround_s=0.008, most_words=80,
    )  # fmt: skip


TABLES = (
    _meter("sdm120", "Eastron SDM120", 2400, _single()),
    _meter("sdm230", "Eastron SDM230", 2400, _single(_one(0x0024, "phase_angle_deg", wave(11.2)))),
    _meter("sdm630", "Eastron SDM630", 9600, _three_lines() + _sdm630_more()),
    _meter("sdm72", "Eastron SDM72D-M v2", 9600, _three_lines()),
)
