"""The codec both ways, for every type, order and scale: against other implementations, and against any bytes and values."""

from __future__ import annotations

import contextlib
import math
import struct
from fractions import Fraction
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.client.mixin import ModbusClientMixin

from drivers.modbus.codec import Code, NoValue, RegisterType, WordOrder, decode, encode
from drivers.points import PointType

THEIR = ModbusClientMixin.DATATYPE
JUDGED: dict[RegisterType, tuple[THEIR, str]] = {
    "u16": (THEIR.UINT16, "H"),
    "s16": (THEIR.INT16, "h"),
    "u32": (THEIR.UINT32, "I"),
    "s32": (THEIR.INT32, "i"),
    "u64": (THEIR.UINT64, "Q"),
    "s64": (THEIR.INT64, "q"),
    "float32": (THEIR.FLOAT32, "f"),
    "float64": (THEIR.FLOAT64, "d"),
}
WHOLE: dict[RegisterType, tuple[int, int]] = {
    "bool": (0, 1),
    "u16": (0, 2**16 - 1),
    "s16": (-(2**15), 2**15 - 1),
    "u32": (0, 2**32 - 1),
    "s32": (-(2**31), 2**31 - 1),
    "u64": (0, 2**64 - 1),
    "s64": (-(2**63), 2**63 - 1),
    "bcd16": (0, 9999),
    "bcd32": (0, 99999999),
}
ORDERS: st.SearchStrategy[WordOrder] = st.sampled_from(get_args(WordOrder))
TYPES: st.SearchStrategy[RegisterType] = st.sampled_from([type_ for type_ in get_args(RegisterType) if type_ != "text"])
SCALES = st.sampled_from([1.0, 0.001, 0.01, 0.1, 0.5, 2.0, 2.5, 10.0, -0.1, 100 / 254, 16 / 32768, math.pi, 1e-9])
OFFSETS = st.sampled_from([0.0, -40.0, 0.05, 100.0, math.e])
VALUES = st.one_of(st.floats(), st.integers(-(2**70), 2**70), st.booleans(), st.text(max_size=8))


def joined(words: list[int]) -> bytes:
    return b"".join(word.to_bytes(2, "big") for word in words)


def any_code(data: st.DataObject, type_: RegisterType) -> Code:
    """Draw a code of a type, with all that such a code can have."""
    order, scale, offset = data.draw(ORDERS, "order"), data.draw(SCALES, "scale"), data.draw(OFFSETS, "offset")
    if type_ == "text":
        return Code("text", order, length=data.draw(st.integers(1, 4), "length"))
    bit = data.draw(st.integers(0, 15), "bit") if type_ == "bits" else 0
    width = data.draw(st.integers(1, 16 - bit), "width") if type_ == "bits" else 1
    low, high = sorted(data.draw(st.lists(st.sampled_from([-math.inf, -5.0, 70.0, math.inf]), min_size=2, max_size=2)))
    errors = data.draw(st.sampled_from([(), (1, 7)]), "errors") if type_ != "bool" and width in {1, 16} else ()
    if type_ == "bits" and width == 1:
        errors = ()
    if type_ in {"u16", "s32", "bcd16"} and data.draw(st.booleans(), "named"):
        return Code(type_, order, errors=errors, names=((0, "off"), (3, "on")))
    return Code(type_, order, scale, offset, errors, bit, width, low=low, high=high)


@given(st.sampled_from(sorted(JUDGED)), st.booleans(), st.data())
def test_values_are_those_of_pymodbus(type_: RegisterType, swapped: bool, data: st.DataObject) -> None:
    theirs, _ = JUDGED[type_]
    order: WordOrder = "CDAB" if swapped else "ABCD"
    registers = data.draw(st.lists(st.integers(0, 65535), min_size=theirs.value[1], max_size=theirs.value[1]))
    value = ModbusClientMixin.convert_from_registers(registers, theirs, word_order="little" if swapped else "big")
    assert isinstance(value, int | float)
    if math.isfinite(value):
        assert decode(Code(type_, order), joined(registers)) == value
        written = ModbusClientMixin.convert_to_registers(value, theirs, word_order="little" if swapped else "big")
        assert encode(Code(type_, order), value) == written
    else:
        with pytest.raises(NoValue, match="finite"):
            decode(Code(type_, order), joined(registers))


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20))
def test_texts_are_those_of_pymodbus(said: str) -> None:
    registers = ModbusClientMixin.convert_to_registers(said, THEIR.STRING)
    code = Code("text", length=len(registers))
    assert decode(code, joined(registers)) == said
    assert encode(code, said) == registers


@given(st.sampled_from(sorted(JUDGED)), st.data())
def test_every_order_is_the_same_number_with_its_bytes_moved(type_: RegisterType, data: st.DataObject) -> None:
    form = JUDGED[type_][1]
    raw = data.draw(st.binary(min_size=struct.calcsize(form), max_size=struct.calcsize(form)))
    (value,) = struct.unpack(">" + form, raw)
    if not math.isfinite(value):
        return
    words = [raw[at : at + 2] for at in range(0, len(raw), 2)]
    on_wire: dict[WordOrder, bytes] = {
        "ABCD": raw,
        "CDAB": b"".join(words[::-1]),
        "BADC": b"".join(word[::-1] for word in words),
        "DCBA": raw[::-1],
    }
    for order, registers in on_wire.items():
        assert decode(Code(type_, order), registers) == value
        assert joined(encode(Code(type_, order), value)) == registers


@given(st.sampled_from(sorted(WHOLE)), ORDERS, st.data())
def test_whole_numbers_come_back(type_: RegisterType, order: WordOrder, data: st.DataObject) -> None:
    value = data.draw(st.integers(*WHOLE[type_]))
    code = Code(type_, order)
    words = encode(code, value)
    assert len(words) == code.words
    assert decode(code, joined(words)) == value


@given(st.sampled_from(sorted(WHOLE)), ORDERS, SCALES, OFFSETS, st.data())
def test_scaled_numbers_come_back(
    type_: RegisterType, order: WordOrder, scale: float, offset: float, data: st.DataObject
) -> None:
    low, high = WHOLE[type_]
    raw = data.draw(st.integers(max(low, -(2**40)), min(high, 2**40)))
    code = Code(type_, order, scale, offset)
    words = encode(Code(type_, order), raw)
    value = decode(code, joined(words))
    if not math.isclose(
        float(value), offset, rel_tol=1e-6
    ):  # where a tiny step drowns in the offset nothing can bring it back
        assert encode(code, value) == words


@given(st.sampled_from(sorted({*WHOLE} - {"bool"})), st.integers(0, 6), st.integers(-1000, 1000), st.data())
def test_decimal_scales_leave_no_dust(type_: RegisterType, digits: int, offset: int, data: st.DataObject) -> None:
    """What is printed has no more digits than the scale: the value is the float nearest to the true number."""
    low, high = WHOLE[type_]
    raw = data.draw(st.integers(max(low, -(2**53)), min(high, 2**53)))
    code = Code(type_, scale=float(f"1e-{digits}"), offset=offset / 10)
    value = decode(code, joined(encode(Code(type_), raw)))
    assert value == float(Fraction(raw, 10**digits) + Fraction(offset, 10))


@given(st.integers(0, 15), st.data())
def test_a_field_is_its_bits_and_no_others(bit: int, data: st.DataObject) -> None:
    width = data.draw(st.integers(1, 16 - bit))
    word = data.draw(st.integers(0, 65535))
    code = Code("bits", bit=bit, width=width)
    value = decode(code, joined([word]))
    assert value == int(f"{word:016b}"[16 - bit - width : 16 - bit], 2)
    assert isinstance(value, bool) == (width == 1)
    assert encode(code, value) == [word & (2**width - 1) << bit]


@given(ORDERS, st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_floats_come_back(order: WordOrder, value: float) -> None:
    for type_ in ("float32", "float64"):
        code = Code(type_, order)
        assert decode(code, joined(encode(code, value))) == value


@given(st.sampled_from(get_args(RegisterType)), st.binary(max_size=10), st.data())
def test_any_bytes_are_a_value_of_the_type_or_none(type_: RegisterType, registers: bytes, data: st.DataObject) -> None:
    code = any_code(data, type_)
    try:
        value = decode(code, registers)
    except NoValue:
        return
    assert len(registers) == 2 * code.words
    kind = {PointType.BOOL: bool, PointType.INT: int, PointType.FLOAT: float, PointType.TEXT: str}[code.point_type]
    assert type(value) is kind
    if not isinstance(value, str):
        assert math.isfinite(value)
        assert code.low <= value <= code.high


@given(st.sampled_from(get_args(RegisterType)), VALUES, st.data())
def test_any_value_is_registers_that_say_so_or_refused(
    type_: RegisterType, value: float | str, data: st.DataObject
) -> None:
    code = any_code(data, type_)
    try:
        words = encode(code, value)
    except ValueError:
        return
    read = decode(code, joined(words))
    if isinstance(value, str) or code.type in {"float32", "float64"}:
        assert read == value or code.type == "float32" or not code.plain
    else:
        assert not isinstance(read, str)
        assert abs(read - value) <= abs(code.scale) / 2 + abs(value) * 2**-50 + abs(code.offset) * 2**-50


@given(st.sampled_from(sorted(WHOLE)), st.floats())
def test_what_does_not_fit_is_refused(type_: RegisterType, value: float) -> None:
    code = Code(type_)
    low, high = WHOLE[type_]
    if math.isfinite(value) and low <= round(value) <= high:
        assert decode(code, joined(encode(code, value))) == round(value)
    else:
        with pytest.raises(ValueError, match=r"fit|finite"):
            encode(code, value)


@given(TYPES, ORDERS, SCALES)
def test_a_code_is_one_for_all(type_: RegisterType, order: WordOrder, scale: float) -> None:
    """Codes that are equal are one key: what decodes is worked out once."""
    with contextlib.suppress(ValueError):
        assert hash(Code(type_, order, scale)) == hash(Code(type_, order, scale))
