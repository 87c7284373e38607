"""Sparkplug's datatypes: their numbers, the protobuf field that carries each, the values that fit. Pure.

Source: Sparkplug 3.0, section 6.4.16. UInt32 is read and never sent: peers disagree about its field.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from math import isfinite
from struct import Struct
from typing import Any

from agent.uplink.payload.protobuf import U32, U64, pack_text, pack_varint

LONGEST_TEXT_BYTES = 32768  # a configuration is one
LONGEST_RAW_BYTES = 4096

Value = bool | int | float | str | bytes

FLOAT32 = Struct("<f")
FLOAT64 = Struct("<d")


class DataType(IntEnum):
    """Numbers of Sparkplug 3.0. Values of those from DATASET on are not read, but for BYTES."""

    INT8 = 1
    INT16 = 2
    INT32 = 3
    INT64 = 4
    UINT8 = 5
    UINT16 = 6
    UINT32 = 7
    UINT64 = 8
    FLOAT = 9
    DOUBLE = 10
    BOOLEAN = 11
    STRING = 12
    DATETIME = 13
    TEXT = 14
    UUID = 15
    DATASET = 16
    BYTES = 17
    FILE = 18
    TEMPLATE = 19
    PROPERTY_SET = 20
    PROPERTY_SET_LIST = 21
    INT8_ARRAY = 22
    INT16_ARRAY = 23
    INT32_ARRAY = 24
    INT64_ARRAY = 25
    UINT8_ARRAY = 26
    UINT16_ARRAY = 27
    UINT32_ARRAY = 28
    UINT64_ARRAY = 29
    FLOAT_ARRAY = 30
    DOUBLE_ARRAY = 31
    BOOLEAN_ARRAY = 32
    STRING_ARRAY = 33
    DATETIME_ARRAY = 34


class Slot(IntEnum):
    """The fields that a value may stand in, in the order in which metrics and properties number them."""

    INT = 0
    LONG = 1
    FLOAT = 2
    DOUBLE = 3
    BOOLEAN = 4
    STRING = 5
    BYTES = 6
    OTHER = 7  # data sets, templates, extensions


RANGES = {
    DataType.INT8: (-(2**7), 2**7 - 1),
    DataType.INT16: (-(2**15), 2**15 - 1),
    DataType.INT32: (-(2**31), 2**31 - 1),
    DataType.INT64: (-(2**63), 2**63 - 1),
    DataType.UINT8: (0, 2**8 - 1),
    DataType.UINT16: (0, 2**16 - 1),
    DataType.UINT32: (0, U32),
    DataType.UINT64: (0, U64),
    DataType.DATETIME: (0, U64),
}
FLOATS = frozenset({DataType.FLOAT, DataType.DOUBLE})
TEXTS = frozenset({DataType.STRING, DataType.TEXT, DataType.UUID})

_LONGS = {DataType.INT64, DataType.UINT64, DataType.DATETIME}
_SLOTS: dict[DataType, Slot] = {
    **{kind: Slot.LONG if kind in _LONGS else Slot.INT for kind in RANGES},
    **dict.fromkeys(TEXTS, Slot.STRING),
    DataType.FLOAT: Slot.FLOAT,
    DataType.DOUBLE: Slot.DOUBLE,
    DataType.BOOLEAN: Slot.BOOLEAN,
    DataType.BYTES: Slot.BYTES,
}
_PLAIN = (
    DataType.UINT32,
    DataType.UINT64,
    DataType.FLOAT,
    DataType.DOUBLE,
    DataType.BOOLEAN,
    DataType.STRING,
    DataType.BYTES,
)


def plain(slot: Slot) -> DataType:
    """Return the datatype of a value whose sender did not say it: what its field can hold."""
    return _PLAIN[slot]


def natural(value: Value) -> DataType:
    """Return the datatype that a Python value is sent as where its metric does not say it."""
    match value:
        case bool():
            return DataType.BOOLEAN
        case int():
            return DataType.INT64 if value <= RANGES[DataType.INT64][1] else DataType.UINT64
        case float():
            return DataType.FLOAT
        case str():
            return DataType.STRING
        case _:
            return DataType.BYTES


def meaning(datatype: DataType, slot: Slot, raw: Value) -> Value:
    """Return what a value that came in `slot` is as `datatype`. ValueError says why it is nothing."""
    if slot is not _SLOTS.get(datatype) and (datatype, slot) != (DataType.UINT32, Slot.LONG):
        raise ValueError(f"{datatype.name} in a field for {slot.name}")
    if isinstance(raw, bool) or not isinstance(raw, int):
        return raw
    low, high = RANGES[datatype]
    sign = 2**31 if slot is Slot.INT else 2**63
    number = raw - 2 * sign if low < 0 and raw >= sign else raw
    if not low <= number <= high:
        raise ValueError(f"{number} is no {datatype.name}")
    return number


def convert(value: Value, told: DataType | None, wanted: DataType) -> bool | int | float | str:
    """Return what a peer's value is as `wanted`; `told` is the peer's own datatype. ValueError says why it is nothing."""
    if wanted is DataType.BOOLEAN and isinstance(value, bool):
        return value
    if wanted in TEXTS and isinstance(value, str):
        return value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and (told is not DataType.DATETIME or wanted is DataType.DATETIME):
        if wanted in FLOATS:
            _PACKERS[_SLOTS[wanted]](value)
            return float(value)
        if wanted in RANGES:
            return _whole(value, told, wanted)
    raise _unfit(f"a value for {wanted.name}", value)


def packer(datatype: DataType) -> tuple[Slot, Callable[[Any], bytes]]:
    """Return the field of a datatype, and the function that packs a value for it.

    ValueError if nothing of that datatype is sent; so does the function, for a value that does not fit.
    """
    if datatype not in _SLOTS or datatype is DataType.UINT32:
        raise ValueError(f"nothing is sent as {datatype.name}")
    slot = _SLOTS[datatype]
    if datatype in RANGES:
        return slot, _packer_of_integers(*RANGES[datatype], U32 if slot is Slot.INT else U64)
    return slot, _PACKERS[slot]


def _whole(value: Any, told: DataType | None, wanted: DataType) -> int:
    low, high = RANGES[wanted]
    if isinstance(value, float) and not value.is_integer():
        raise _unfit("a whole number", value)
    number = int(value)
    if told is None and low < 0:  # the field holds two's complement, and only the birth says so
        if number >= 2**63:
            number -= 2**64
        elif 2**31 <= number <= U32 and high < U32:
            number -= 2**32
    if not low <= number <= high:
        raise _unfit(f"a whole number from {low} to {high}", value)
    return number


def _packer_of_integers(low: int, high: int, mask: int) -> Callable[[Any], bytes]:
    def pack(value: Any) -> bytes:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise _unfit(f"a whole number from {low} to {high}", value)
        return pack_varint(value if value >= 0 else value & mask)

    return pack


def _packer_of_floats(pack_number: Callable[[float], bytes], what: str) -> Callable[[Any], bytes]:
    def pack(value: Any) -> bytes:
        try:
            if not isinstance(value, bool) and isfinite(value):
                return pack_number(value)
        except (OverflowError, TypeError):
            pass
        raise _unfit(f"a finite number in {what}", value)

    return pack


def _pack_boolean(value: Any) -> bytes:
    if not isinstance(value, bool):
        raise _unfit("true or false", value)
    return pack_varint(value)


def _pack_string(value: Any) -> bytes:
    if not isinstance(value, str):
        raise _unfit("a text", value)
    return pack_text(value, LONGEST_TEXT_BYTES)


def _pack_bytes(value: Any) -> bytes:
    if not isinstance(value, bytes) or len(value) > LONGEST_RAW_BYTES:
        raise _unfit(f"at most {LONGEST_RAW_BYTES} bytes", value)
    return pack_varint(len(value)) + value


def _unfit(expected: str, found: object) -> ValueError:
    return ValueError(f"expected {expected}, found {found!r:.60}")


_PACKERS: dict[Slot, Callable[[Any], bytes]] = {
    Slot.FLOAT: _packer_of_floats(FLOAT32.pack, "32 bits"),
    Slot.DOUBLE: _packer_of_floats(FLOAT64.pack, "64 bits"),
    Slot.BOOLEAN: _pack_boolean,
    Slot.STRING: _pack_string,
    Slot.BYTES: _pack_bytes,
}
