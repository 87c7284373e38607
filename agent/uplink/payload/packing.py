"""Records to bytes. What is the same in each report of a metric is packed once. Pure."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from agent.uplink.payload import layout
from agent.uplink.payload.datatypes import DataType, natural, packer
from agent.uplink.payload.protobuf import pack_text, pack_varint
from agent.uplink.payload.records import (
    LONGEST_BYTES,
    LONGEST_NAME_BYTES,
    MOST_METRICS,
    MOST_PROPERTIES,
    Metric,
    Payload,
    Property,
)

_METRIC = pack_varint(layout.METRICS)
_SHORT_METRIC = tuple(_METRIC + pack_varint(size) for size in range(128))
_HISTORICAL = bytes([layout.IS_HISTORICAL, 1])
_NULL = bytes([layout.IS_NULL, 1])
_PROPERTIES, _VALUES = pack_varint(layout.PROPERTIES), pack_varint(layout.VALUES)


def encode(payload: Payload) -> bytes:
    """Return the bytes of a payload. ValueError for a value that does not fit its datatype, or what `decode` refuses.

    Without a datatype the value's own type decides: bool Boolean, int Int64, float Float, str String.
    """
    if len(payload.metrics) > MOST_METRICS:
        raise ValueError(f"expected at most {MOST_METRICS} metrics, found {len(payload.metrics)}")
    parts = [_pack_metric(metric) for metric in payload.metrics]
    if payload.timestamp_ms is not None:
        parts.insert(0, _pack_number(layout.TIMESTAMP, payload.timestamp_ms))
    if payload.seq is not None:
        parts.append(_pack_number(layout.SEQ, payload.seq))
    if payload.uuid:
        parts.append(_pack_name(layout.UUID, payload.uuid))
    packed = b"".join(parts)
    if len(packed) > LONGEST_BYTES:
        raise ValueError(f"expected at most {LONGEST_BYTES} bytes, found {len(packed)}")
    return packed


def _pack_metric(metric: Metric) -> bytes:
    value, datatype = metric.value, metric.datatype
    try:
        if datatype is None:
            name, typed, head, pack = _shape(metric.name, natural("" if value is None else value), False)
        else:
            name, typed, head, pack = _shape(metric.name, datatype, True)
        if metric.timestamp_ms is not None:
            name += _pack_stamp(metric.timestamp_ms)
        if metric.historical:
            typed += _HISTORICAL
        said = _pack_properties(metric.properties) if metric.properties else b""
        content = _pack_null(metric.unreadable) + said if value is None else said + head + pack(value)
    except ValueError as error:
        raise ValueError(f"metric {metric.name!r}: {error}") from None
    packed = name + typed + content
    size = len(packed)
    return (_SHORT_METRIC[size] if size < 128 else _METRIC + pack_varint(size)) + packed


@lru_cache(maxsize=4096)
def _shape(name: str, datatype: DataType, told: bool) -> tuple[bytes, bytes, bytes, Callable[[Any], bytes]]:
    """Return a metric's name and datatype, what stands before its value, and how the value is packed."""
    if not name:
        raise ValueError("expected a name")
    slot, pack = packer(datatype)
    typed = _pack_number(layout.METRIC_TYPE, datatype) if told else b""
    return _pack_name(layout.NAME, name), typed, pack_varint(layout.METRIC_VALUE[slot]), pack


@lru_cache(maxsize=64)
def _pack_stamp(timestamp_ms: int) -> bytes:
    return _pack_number(layout.METRIC_TIMESTAMP, timestamp_ms)


def _pack_null(unreadable: str) -> bytes:
    if unreadable:
        raise ValueError(f"expected a value, found {unreadable}")
    return _NULL


def _pack_properties(properties: tuple[Property, ...]) -> bytes:
    if len(properties) > MOST_PROPERTIES:
        raise ValueError(f"expected at most {MOST_PROPERTIES} properties, found {len(properties)}")
    names, values = b"", b""
    for each in properties:
        try:
            name, head, pack = _property_shape(each.name, each.type)
            value = head + pack(each.value)
        except ValueError as error:
            raise ValueError(f"property {each.name!r}: {error}") from None
        names += name
        values += _VALUES + pack_varint(len(value)) + value
    return _PROPERTIES + pack_varint(len(names) + len(values)) + names + values


@lru_cache(maxsize=256)
def _property_shape(name: str, datatype: DataType) -> tuple[bytes, bytes, Callable[[Any], bytes]]:
    """Return a property's name, what stands before its value, and how the value is packed."""
    slot, pack = packer(datatype)
    if slot not in layout.PROPERTY_VALUE:
        raise ValueError(f"no property is sent as {datatype.name}")
    typed = _pack_number(layout.PROPERTY_TYPE, datatype)
    return _pack_name(layout.KEYS, name), typed + pack_varint(layout.PROPERTY_VALUE[slot]), pack


def _pack_number(head: int, number: int) -> bytes:
    return pack_varint(head) + pack_varint(number)


def _pack_name(head: int, name: str) -> bytes:
    return pack_varint(head) + pack_text(name, LONGEST_NAME_BYTES)
