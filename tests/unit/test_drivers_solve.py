"""What registers mean by a value that is known: the makers' own frames, each found first; and any bytes."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.modbus.code import Code, RegisterType, WordOrder
from drivers.modbus.codec import decode, encode
from drivers.modbus.solve import solve

FINITE = st.floats(-1e9, 1e9, allow_nan=False)


@pytest.mark.parametrize(
    ("registers", "value", "tolerance", "first"),
    [
        ("43 66 33 34", 230.2, 0.05, (0, "float32", "ABCD", 1.0)),  # SDM: voltage
        ("00 02 06 F6", 132854, 0, (0, "u32", "ABCD", 1.0)),  # JXCT: lux
        ("00 00 01 28", 296, 0, (1, "u16", "ABCD", 1.0)),  # NHZD210: the low word alone
        ("00 00 00 E1 00 00", 22.5, 0, (1, "u16", "ABCD", 0.1)),  # THC-S: temperature
        ("02 92 FF 9B", -10.1, 0, (1, "s16", "ABCD", 0.1)),  # JXCT T/H: below zero
        ("02 92 FF 9B", 65.8, 0.5, (0, "u16", "ABCD", 0.1)),
        ("00 00 6E 8C", 28.3, 0, (1, "u16", "ABCD", 0.001)),  # SenseCAP: temperature
        ("07 0B", 1803, 0, (0, "u16", "ABCD", 1.0)),  # SEN0492: mm
        ("05 DC", 1500, 0, (0, "u16", "ABCD", 1.0)),  # JXBS: uS/cm
        ("12 34 00 01", 70.196, 0.0005, (0, "u32", "CDAB", 0.001)),  # PZEM: low word first
        ("00 11 00 01 00 1A", 2.6, 0, (2, "u16", "ABCD", 0.1)),  # QDY30A: level
        ("E8 03", 1000, 0, (0, "u16", "BADC", 1.0)),  # bytes swapped
        ("12 34", 1234, 0, (0, "bcd16", "ABCD", 1.0)),
    ],
)
def test_the_true_meaning_is_the_first(
    registers: str, value: float, tolerance: float, first: tuple[int, str, str, float]
) -> None:
    found = solve(bytes.fromhex(registers), value, tolerance)
    assert found
    assert (found[0].offset, found[0].type, found[0].order, found[0].scale) == first


def test_a_double_is_found_among_others() -> None:
    found = solve(b"\x00\x07" + struct.pack(">d", 1234.5678), 1234.5678)
    assert [(one.offset, one.type, one.order) for one in found] == [(1, "float64", "ABCD")]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_has_no_meaning(value: float) -> None:
    assert solve(bytes(8), value) == []


@given(st.binary(max_size=16), FINITE, st.floats(allow_nan=True, allow_infinity=True))
def test_any_bytes_have_meanings_that_hold_or_none(registers: bytes, value: float, tolerance: float) -> None:
    for one in solve(registers, value, tolerance):
        code = Code(one.type, one.order, one.scale)
        reads = decode(code, registers[2 * one.offset : 2 * (one.offset + code.words)])
        assert not isinstance(reads, str)
        assert abs(reads - value) == one.error
        assert one.error <= max(abs(tolerance) if math.isfinite(tolerance) else 0, 1e-6 * abs(value))


@given(st.integers(-30000, 30000).filter(bool), st.sampled_from([1.0, 0.1, 0.01, 0.001]), st.integers(0, 3))
def test_a_small_number_is_always_found_where_it_stands(raw: int, scale: float, before: int) -> None:
    registers = bytes(2 * before) + (raw & 0xFFFF).to_bytes(2, "big")
    found = solve(registers, raw * scale)
    kind = "u16" if raw > 0 else "s16"
    assert (before, kind, "ABCD", scale) in {(one.offset, one.type, one.order, one.scale) for one in found}


def test_a_value_that_could_be_two_things_is_listed_as_both() -> None:
    """SenseCAP, -1.0 Cel: the high word alone is -1, too."""
    found = {(one.offset, one.type, one.scale) for one in solve(bytes.fromhex("FF FF FC 18"), -1.0)}
    assert {(0, "s16", 1.0), (0, "s32", 0.001)} <= found


@pytest.mark.parametrize("order", ["ABCD", "CDAB", "BADC", "DCBA"])
@pytest.mark.parametrize(("type_", "value"), [("u32", 65536), ("u32", 131072), ("u64", 2**32 + 2), ("u64", 2**48)])
def test_a_number_with_words_of_nought_is_found_unless_they_are_its_high_half(
    type_: RegisterType, order: WordOrder, value: int
) -> None:
    registers = b"".join(word.to_bytes(2, "big") for word in encode(Code(type_, order), value))
    found = solve(registers, value)
    assert (0, type_, order, 1.0) in {(one.offset, one.type, one.order, one.scale) for one in found}
