"""Hostile bytes to records, and a command's value to the datatype of our birth. Pure.

Aliases, metadata and the body are skipped. A field that stands twice counts as it stood last.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agent.uplink.payload import layout
from agent.uplink.payload.datatypes import (
    FLOAT32,
    FLOAT64,
    LONGEST_RAW_BYTES,
    LONGEST_TEXT_BYTES,
    DataType,
    Slot,
    Value,
    convert,
    meaning,
    plain,
)
from agent.uplink.payload.protobuf import U32, PayloadError, read_bytes, read_fields, read_text
from agent.uplink.payload.records import (
    LONGEST_BYTES,
    LONGEST_NAME_BYTES,
    MOST_METRICS,
    MOST_PROPERTIES,
    Metric,
    Payload,
    Property,
)

_DATATYPES = {int(datatype): datatype for datatype in DataType}

_READERS: dict[Slot, Callable[[bytes, int, int], Value]] = {
    Slot.INT: lambda _raw, _start, number: number & U32,
    Slot.LONG: lambda _raw, _start, number: number,
    Slot.FLOAT: lambda raw, start, _end: float(FLOAT32.unpack_from(raw, start)[0]),
    Slot.DOUBLE: lambda raw, start, _end: float(FLOAT64.unpack_from(raw, start)[0]),
    Slot.BOOLEAN: lambda _raw, _start, number: number != 0,
    Slot.STRING: lambda raw, start, end: read_text(raw, start, end, LONGEST_TEXT_BYTES),
    Slot.BYTES: lambda raw, start, end: read_bytes(raw, start, end, LONGEST_RAW_BYTES),
}

_Fields = dict[int, tuple[int, int]]  # of each tag, the start and number of `read_fields` as they stood last


def decode(raw: bytes) -> Payload:
    """Read a payload. PayloadError, and nothing else, for bytes that are none: it names the metric and the byte.

    Properties that are null, nested or not of their type are left out.
    """
    if len(raw) > LONGEST_BYTES:
        raise PayloadError(f"expected at most {LONGEST_BYTES} bytes, found {len(raw)}")
    fields: _Fields = {}
    metrics: list[Metric] = []
    for head, start, number in read_fields(raw, 0, len(raw)):
        if head != layout.METRICS:
            fields[head] = start, number
            continue
        if len(metrics) == MOST_METRICS:
            raise PayloadError(f"byte {start}: expected at most {MOST_METRICS} metrics")
        try:
            metrics.append(_read_metric(raw, start, number))
        except PayloadError as error:
            raise PayloadError(f"metric {len(metrics) + 1}, {error}") from None
    timestamp_ms, seq = _number(fields, layout.TIMESTAMP), _number(fields, layout.SEQ)
    return Payload(tuple(metrics), timestamp_ms, seq, _name(raw, fields, layout.UUID))


def value_as(metric: Metric, wanted: DataType) -> bool | int | float | str:
    """Return what a command's value is as the datatype of our birth. PayloadError says why it is nothing.

    Any number does for any kind of number that holds it: whole for integers, finite for floats. True, false and texts
    are no numbers, a time is only a time, null is no value.
    """
    if metric.value is None:
        found = metric.unreadable or "null"
        raise PayloadError(f"{metric.name}: expected a value for {wanted.name}, found {found}")
    try:
        return convert(metric.value, metric.datatype, wanted)
    except ValueError as error:
        raise PayloadError(f"{metric.name}: {error}") from None


def _read_metric(raw: bytes, at: int, end: int) -> Metric:
    fields: _Fields = {}
    sets: list[tuple[int, int]] = []
    value_head = 0
    for head, start, number in read_fields(raw, at, end):
        fields[head] = start, number
        if head in layout.METRIC_SLOTS:
            value_head = head
        elif head == layout.PROPERTIES:
            sets.append((start, number))
    name = _name(raw, fields, layout.NAME)
    timestamp_ms = _number(fields, layout.METRIC_TIMESTAMP)
    historical = bool(_number(fields, layout.IS_HISTORICAL))
    properties = _read_properties(raw, sets) if sets else ()
    code = (_number(fields, layout.METRIC_TYPE) or 0) & U32
    value, unreadable = None, ""
    if not _number(fields, layout.IS_NULL):
        value, unreadable = _read_value(raw, code, layout.METRIC_SLOTS.get(value_head), fields.get(value_head))
    return Metric(name, value, _DATATYPES.get(code), timestamp_ms, historical, properties, unreadable)


def _read_properties(raw: bytes, sets: list[tuple[int, int]]) -> tuple[Property, ...]:
    keys: list[str] = []
    values: list[tuple[DataType, Any] | None] = []
    for at, end in sets:
        for head, start, number in read_fields(raw, at, end):
            if head == layout.KEYS:
                keys.append(read_text(raw, start, number, LONGEST_NAME_BYTES))
            elif head == layout.VALUES:
                values.append(_read_property(raw, start, number))
            if max(len(keys), len(values)) > MOST_PROPERTIES:
                raise PayloadError(f"byte {start}: expected at most {MOST_PROPERTIES} properties")
    if len(keys) != len(values):
        counts = f"{len(keys)} names and {len(values)} values"
        raise PayloadError(f"byte {sets[-1][0]}: expected properties with a value each, found {counts}")
    return tuple(Property(key, *value) for key, value in zip(keys, values, strict=True) if value is not None)


def _read_property(raw: bytes, at: int, end: int) -> tuple[DataType, Any] | None:
    fields: _Fields = {}
    value_head = 0
    for head, start, number in read_fields(raw, at, end):
        fields[head] = start, number
        if head in layout.PROPERTY_SLOTS:
            value_head = head
    slot = layout.PROPERTY_SLOTS.get(value_head)
    if slot is None or _number(fields, layout.PROPERTY_IS_NULL):
        return None
    code = (_number(fields, layout.PROPERTY_TYPE) or 0) & U32
    value, unreadable = _read_value(raw, code, slot, fields[value_head])
    return None if unreadable else (_DATATYPES[code] if code else plain(slot), value)


def _read_value(raw: bytes, code: int, slot: Slot | None, place: tuple[int, int] | None) -> tuple[Value | None, str]:
    """Return a value, or why it is not read; `code` is the number of its datatype, 0 where that was left out."""
    if slot is None or place is None:
        return None, "no value"
    if slot is Slot.OTHER or (code and code not in _DATATYPES):
        return None, f"a value of datatype {code}"
    value = _READERS[slot](raw, *place)
    try:
        return meaning(_DATATYPES[code] if code else plain(slot), slot, value), ""
    except ValueError as error:
        return None, str(error)


def _number(fields: _Fields, head: int) -> int | None:
    return fields[head][1] if head in fields else None


def _name(raw: bytes, fields: _Fields, head: int) -> str:
    return read_text(raw, *fields[head], LONGEST_NAME_BYTES) if head in fields else ""
