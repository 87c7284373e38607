"""The codec by worked examples: registers as devices send them, and what may not be believed."""

from __future__ import annotations

import re

import msgspec
import pytest

from drivers.bus.reading import reader
from drivers.modbus.codec import Code, NoValue, decode, encode
from drivers.points import PointType, Quality, Reading
from drivers.profile import Row


def row(**options: object) -> Row:
    """Return a row of a profile with these options."""
    given = {"point": "sample/a", "title": "a", "space": "holding", "address": 0, "type": "u16", **options}
    return msgspec.convert(given, Row, str_keys=True)


@pytest.mark.parametrize(
    ("code", "registers", "value"),
    [
        (Code("u16", scale=0.1), "08FE", 230.2),
        (Code("s16", scale=0.1), "FF9B", -10.1),
        (Code("s16", scale=0.1, offset=-40.0), "0191", 0.1),
        (Code("u32"), "0002 06F6", 132854),
        (Code("u32", "CDAB", 0.001), "03E9 0000", 1.001),
        (Code("s32", scale=0.001), "0000 6E8C", 28.3),
        (Code("s32", scale=0.001), "FFFF FC18", -1.0),
        (Code("float32"), "4366 3334", 230.20001220703125),
        (Code("float32", scale=1000.0), "3FC0 0000", 1500.0),
        (Code("u64", "CDAB"), "0004 0003 0002 0001", 0x0001_0002_0003_0004),
        (Code("s64", "DCBA"), "FEFF FFFF FFFF FFFF", -2),
        (Code("float64", "BADC"), "F83F 0000 0000 0000", 1.5),
        (Code("u16", "BADC"), "3412", 0x1234),
        (Code("u16", "DCBA"), "3412", 0x1234),
        (Code("u16", "CDAB"), "1234", 0x1234),
        (Code("bcd16"), "1234", 1234),
        (Code("bcd32", "CDAB", 0.01), "5678 1234", 123456.78),
        (Code("bits", bit=8, width=8), "0203", 2),
        (Code("bits", bit=1), "0002", True),
        (Code("bits", bit=2), "0002", False),
        (Code("bits", bit=4, width=2, names=((0, "ok"), (2, "hot"))), "0020", "hot"),
        (Code("bool"), "0002", True),
        (Code("bool", scale=100.0), "0001", 100.0),
        (Code("u16", names=((0x11, "cm"), (0x12, "m"))), "0012", "m"),
        (Code("s16", names=((0xFFFF, "none"),)), "FFFF", "none"),
        (Code("u16", scale=100 / 254), "00FE", 100.0),
        (Code("u16", scale=100 / 254), "007F", 50.0),
        (Code("s16", scale=16 / 32768), "0800", 1.0),
        (Code("text", length=3), "4142 4300 0000", "ABC"),
        (Code("text", length=3), "0057 0042 0036", "WB6"),
        (Code("text", "BADC", length=2), "4241 2043", "ABC"),
        (Code("text", length=2), "0000 0000", ""),
    ],
)  # fmt: skip
def test_registers_are_values_and_values_registers(code: Code, registers: str, value: object) -> None:
    raw = bytes.fromhex(registers)
    decoded = decode(code, raw)
    assert (decoded, type(decoded)) == (value, type(value))
    if code.type not in {"bool", "bits", "text"}:
        assert b"".join(word.to_bytes(2, "big") for word in encode(code, decoded)) == raw


@pytest.mark.parametrize(
    ("code", "registers", "reason"),
    [
        (Code("s16", scale=0.1, errors=(0x7FFF,)), "7FFF", "the device reports no value (0x7FFF)"),
        (Code("s16", errors=(0xFFFF,)), "FFFF", "the device reports no value (0xFFFF)"),
        (Code("u32", errors=(0xFFFFFFFF,)), "FFFFFFFF", "the device reports no value (0xFFFFFFFF)"),
        (Code("float32", errors=(-999,)), "C479 C000", "the device reports no value (-999)"),
        (Code("float32"), "7FC0 0000", "not a finite number (0x7FC00000)"),
        (Code("float64", scale=1e300), "7FE0 0000 0000 0000", "not a finite number (0x7FE0000000000000)"),
        (Code("u64", scale=1e300), "FFFF FFFF FFFF FFFF", "not a finite number after its scale"),
        (Code("bcd16"), "12A4", "not a number of decimal digits (0x12A4)"),
        (Code("bcd32"), "0000 000F", "not a number of decimal digits (0xF)"),
        (Code("u16", names=((0, "ok"), (1, "fault"))), "0007", "expected one of ok, fault, reads 7"),
        (Code("bool", names=((0, "shut"), (1, "open"))), "0002", "expected one of shut, open, reads 2"),
        (Code("u16", scale=0.1, low=0.0, high=100.0), "03E9", "expected 0 to 100, reads 100.1"),
        (Code("s16", low=0.0), "FFFF", "expected at least 0, reads -1"),
        (Code("float32", high=60.0), "42F0 0000", "expected at most 60, reads 120"),
        (Code("text", length=2), "41FF 0000", "not a text (0x41FF0000)"),
        (Code("text", length=1), "410A", "not a text (0x410A)"),
        (Code("u16"), "", "expected 2 bytes, got 0"),
        (Code("u32", "CDAB"), "0000 0000 00", "expected 4 bytes, got 5"),
        (Code("u64", "BADC"), "0000 0000 0000 0000 00", "expected 8 bytes, got 9"),
        (Code("text", length=2), "4142", "expected 4 bytes, got 2"),
    ],
)  # fmt: skip
def test_what_is_no_value_says_why(code: Code, registers: str, reason: str) -> None:
    with pytest.raises(NoValue) as caught:
        decode(code, bytes.fromhex(registers))
    assert str(caught.value) == reason


@pytest.mark.parametrize(
    ("code", "value", "reason"),
    [
        (Code("u16"), 65536, "65536: does not fit into u16"),
        (Code("u16", scale=0.1), 6553.6, "6553.6: does not fit into u16 with scale 0.1"),
        (Code("bcd16"), 10000, "10000: does not fit into bcd16"),
        (Code("bits", bit=4, width=2), 4, "4: does not fit into bits"),
        (Code("float32"), 1e39, "1e+39: does not fit into float32"),
        (Code("float64", scale=1e-300), 1e300, "1e+300: not a finite number (0x7FF0000000000000)"),
        (Code("u16"), "7", "7: expected a number"),
        (Code("u16"), float("nan"), "nan: expected a finite number"),
        (Code("u16", errors=(7,)), 7, "7: the device reports no value (0x0007)"),
        (Code("u16", low=2.0, high=9.0), 1, "1: expected 2 to 9, reads 1"),
        (Code("u16", names=((0, "off"), (1, "on"))), "dim", "dim: expected one of off, on"),
        (Code("u16", names=((0, "off"), (1, "on"))), 1, "1: expected one of off, on"),
        (Code("text", length=1), "ABC", "'ABC': expected at most 2 characters"),
        (Code("text", length=1), " A", "' A': expected a text of printable ASCII, without spaces around it"),
        (Code("text", length=1), 7, "7: expected a text of printable ASCII, without spaces around it"),
    ],
)  # fmt: skip
def test_what_cannot_be_written_says_why(code: Code, value: float | str, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(reason)}$"):
        encode(code, value)


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"type": "text"}, "words: expected 1 to 125"),
        ({"type": "u16", "length": 2}, "words: expected 1 to 125"),
        ({"type": "u16", "bit": 3}, "bit: expected no bit"),
        ({"type": "bits", "bit": 12, "width": 5}, "width: expected bits from 0 to 15, found 5 from bit 12"),
        ({"type": "u16", "scale": 0.0}, "scale: expected a finite number that is not 0, found 0"),
        ({"type": "u16", "scale": float("nan")}, "scale: expected a finite number"),
        ({"type": "u16", "offset": float("inf")}, "offset: expected a finite number"),
        ({"type": "u16", "low": 5.0, "high": 4.0}, "low: expected at most high (4), found 5"),
        ({"type": "u16", "low": float("nan")}, "low: expected at most high"),
        ({"type": "float32", "names": ((0, "a"),)}, 'enum: expected none for type "float32"'),
        ({"type": "u16", "names": ((0, "a"),), "scale": 2.0}, "scale: expected no scale"),
        ({"type": "u16", "names": ((0, "a"),), "low": 2.0}, "low: expected no low"),
        ({"type": "u16", "names": ((65536, "a"),)}, "enum: expected raw values that u16 has"),
        ({"type": "bool", "errors": (1,)}, 'errors: expected none for type "bool"'),
        ({"type": "s16", "errors": (65536,)}, "errors: expected raw values that s16 has, found 65536"),
        ({"type": "bits", "width": 2, "errors": (4,)}, "errors: expected raw values that bits has, found 4"),
    ],
)
def test_a_code_that_makes_no_sense_is_refused(options: dict[str, object], fault: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(fault)}"):
        Code(**options)  # type: ignore[arg-type]


def test_the_type_of_a_point_follows_from_its_code() -> None:
    assert Code("bool").point_type is PointType.BOOL
    assert Code("bits", bit=3).point_type is PointType.BOOL
    assert Code("bits", bit=3, width=2).point_type is PointType.INT
    assert Code("u16").point_type is PointType.INT
    assert Code("bool", scale=100.0).point_type is PointType.FLOAT
    assert Code("u16", scale=0.1).point_type is PointType.FLOAT
    assert Code("float64").point_type is PointType.FLOAT
    assert Code("u16", names=((0, "a"),)).point_type is PointType.TEXT
    assert Code("text", length=1).point_type is PointType.TEXT


def test_a_row_reads_a_value_or_bad_quality_with_the_reason() -> None:
    read = reader(row(scale=0.1, low=0, high=100), None)
    assert read(bytes.fromhex("0064"), 5.0) == Reading(10.0, Quality.GOOD, "", 5.0)
    assert read(bytes.fromhex("FFFF"), 6.0) == Reading(None, Quality.BAD, "expected 0 to 100, reads 6553.5", 6.0)
    assert read(b"", 7.0) == Reading(None, Quality.BAD, "expected 2 bytes, got 0", 7.0)


def test_what_is_in_doubt_is_uncertain_and_never_good() -> None:
    read = reader(row(doubt="derived from conductivity", errors=[7]), None)
    assert read(bytes.fromhex("0003"), 1.0) == Reading(3, Quality.UNCERTAIN, "derived from conductivity", 1.0)
    assert read(bytes.fromhex("0007"), 1.0).quality is Quality.BAD


def test_a_bit_is_itself_a_name_or_a_level() -> None:
    coil = {"space": "coil", "type": "bool"}
    assert [reader(row(**coil), 3)(bytes([byte]), 2.0).value for byte in (0x08, 0xF7)] == [True, False]
    named = reader(row(**coil, enum={"0": "shut", "1": "open"}), 0)
    assert [named(bytes([byte]), 2.0).value for byte in (1, 0)] == ["open", "shut"]
    level = reader(row(**coil, scale=100, doubt="a relay"), 0)
    assert level(b"\x01", 2.0) == Reading(100.0, Quality.UNCERTAIN, "a relay", 2.0)
    assert level(b"", 2.0).quality is Quality.BAD
