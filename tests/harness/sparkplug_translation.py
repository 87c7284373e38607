"""Payloads of protobuf's classes to our records and back, written apart from the codec: what it is held against."""

from __future__ import annotations

import struct
from typing import Any

import sparkplug_protobuf
from agent.uplink.payload import DataType, Metric, Payload, Property

FIELD = {
    **dict.fromkeys([DataType.INT8, DataType.INT16, DataType.INT32, DataType.UINT8, DataType.UINT16], "int_value"),
    **dict.fromkeys([DataType.INT64, DataType.UINT64, DataType.DATETIME], "long_value"),
    **dict.fromkeys([DataType.STRING, DataType.TEXT, DataType.UUID], "string_value"),
    DataType.FLOAT: "float_value",
    DataType.DOUBLE: "double_value",
    DataType.BOOLEAN: "boolean_value",
    DataType.BYTES: "bytes_value",
}
# What a property is whose sender did not say it.
_TOLD = {
    "int_value": 7,
    "long_value": 8,
    "float_value": 9,
    "double_value": 10,
    "boolean_value": 11,
    "string_value": 12,
    "bytes_value": 17,
}


def as_theirs(payload: Payload) -> Any:
    """Return our record as protobuf's message."""
    theirs = sparkplug_protobuf.Payload(timestamp=payload.timestamp_ms, seq=payload.seq, uuid=payload.uuid or None)
    for metric in payload.metrics:
        assert metric.datatype is not None
        made = theirs.metrics.add(name=metric.name, datatype=metric.datatype, timestamp=metric.timestamp_ms)
        if metric.historical:
            made.is_historical = True
        if metric.value is None:
            made.is_null = True
        else:
            setattr(made, FIELD[metric.datatype], unsigned(metric.datatype, metric.value))
        for each in metric.properties:
            made.properties.keys.append(each.name)
            value = made.properties.values.add(type=each.type)
            setattr(value, FIELD[each.type], unsigned(each.type, each.value))
    return theirs


def unsigned(kind: DataType, value: Any) -> Any:
    if FIELD[kind] == "int_value":
        return struct.unpack("<I", struct.pack("<i" if value < 0 else "<I", value))[0]
    if kind is DataType.INT64:
        return struct.unpack("<Q", struct.pack("<q", value))[0]
    return value


def as_ours(theirs: Any) -> Payload:
    """Return protobuf's message as our record."""
    return Payload(
        tuple(map(our_metric, theirs.metrics)),
        theirs.timestamp if theirs.HasField("timestamp") else None,
        theirs.seq if theirs.HasField("seq") else None,
        theirs.uuid,
    )


def our_metric(theirs: Any) -> Metric:
    value, unreadable = our_value(theirs, theirs.datatype)
    sets = zip(theirs.properties.keys, theirs.properties.values, strict=True)
    return Metric(
        theirs.name,
        value,
        DataType(theirs.datatype) if 1 <= theirs.datatype <= 34 else None,
        theirs.timestamp if theirs.HasField("timestamp") else None,
        theirs.is_historical,
        tuple(made for key, each in sets if (made := our_property(key, each)) is not None),
        unreadable,
    )


def our_property(key: str, theirs: Any) -> Property | None:
    value, _ = our_value(theirs, theirs.type)
    return None if value is None else Property(key, DataType(theirs.type or _TOLD[theirs.WhichOneof("value")]), value)


def our_value(theirs: Any, code: int) -> tuple[Any, str]:
    """Return what protobuf read, as the datatype `code`; or why that is nothing."""
    field = theirs.WhichOneof("value")
    if theirs.is_null or field is None:
        return None, "" if theirs.is_null else "no value"
    if field not in _TOLD or code > 34:
        return None, f"a value of datatype {code}"
    value = getattr(theirs, field)
    return typed(DataType(code), field, value) if code else (value, "")


def typed(kind: DataType, field: str, value: Any) -> tuple[Any, str]:
    """Return a value as its datatype, or why it is none."""
    if field != FIELD.get(kind) and not (kind is DataType.UINT32 and field in {"int_value", "long_value"}):
        return None, f"{kind.name} in a field for {field.removesuffix('_value').upper()}"
    if kind in {DataType.INT8, DataType.INT16, DataType.INT32}:
        value = struct.unpack("<i", struct.pack("<I", value))[0]
    elif kind is DataType.INT64:
        value = struct.unpack("<q", struct.pack("<Q", value))[0]
    bits = {DataType.INT8: 7, DataType.INT16: 15, DataType.UINT8: 8, DataType.UINT16: 16, DataType.UINT32: 32}.get(kind)
    if bits is not None and not -(2**bits) * (kind < DataType.INT64) <= value < 2**bits:
        return None, f"{value} is no {kind.name}"
    return value, ""
