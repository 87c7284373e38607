"""Records to bytes. What is the same in each report of a metric is packed once. Pure."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from agent.uplink.names import NUMBER_PROPERTY
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

MOST_SHAPES = 1024  # of a datatype
_Shape = tuple[bytes, bytes, bytes, bytes, Callable[[Any], bytes]]
_SHAPES: list[dict[str, _Shape]] = [{} for _ in range(max(DataType) + 1)]  # by datatype, by name


def encode(payload: Payload, *, typed: bool = True) -> bytes:
    """Return the bytes of a payload. ValueError for a value that does not fit its datatype, or what `decode` refuses.

    Without a datatype the value's own type decides: bool Boolean, int Int64, float Float, str String. If not `typed`,
    datatypes only say how values are packed.
    """
    if len(payload.metrics) > MOST_METRICS:
        raise ValueError(f"expected at most {MOST_METRICS} metrics, found {len(payload.metrics)}")
    parts = [] if payload.timestamp_ms is None else [_pack_number(layout.TIMESTAMP, payload.timestamp_ms)]
    stamp_ms, stamp = None, b""
    for metric in payload.metrics:  # mostly of one moment
        if metric.timestamp_ms != stamp_ms:
            stamp_ms, stamp = metric.timestamp_ms, _pack_stamp(metric)
        parts.append(_pack_metric(metric, stamp, typed))
    if payload.seq is not None:
        parts.append(_pack_number(layout.SEQ, payload.seq))
    if payload.uuid:
        parts.append(_pack_name(layout.UUID, payload.uuid))
    packed = b"".join(parts)
    if len(packed) > LONGEST_BYTES:
        raise ValueError(f"expected at most {LONGEST_BYTES} bytes, found {len(packed)}")
    return packed


def _pack_metric(metric: Metric, stamp: bytes, typed: bool) -> bytes:
    metric_name, value, datatype = metric.name, metric.value, metric.datatype
    try:
        if datatype is None:
            datatype, typed = natural("" if value is None else value), False
        name, told, head, both, pack = _SHAPES[datatype].get(metric_name) or _shape(metric_name, datatype)
        if value is None or metric.properties or metric.historical:
            packed = name + stamp + (told if typed else b"") + _pack_rest(metric)
            if value is not None:
                packed += head + pack(value)
        elif metric.number:
            packed = name + stamp + (told if typed else b"") + _pack_number_property(metric.number) + head + pack(value)
        elif typed:
            packed = name + stamp + both + pack(value)
        else:
            packed = name + stamp + head + pack(value)
    except ValueError as error:
        raise ValueError(f"metric {metric_name!r}: {error}") from None
    size = len(packed)
    return (_SHORT_METRIC[size] if size < 128 else _METRIC + pack_varint(size)) + packed


def _pack_stamp(metric: Metric) -> bytes:
    try:
        return b"" if metric.timestamp_ms is None else _pack_number(layout.METRIC_TIMESTAMP, metric.timestamp_ms)
    except ValueError as error:
        raise ValueError(f"metric {metric.name!r}: {error}") from None


def _pack_rest(metric: Metric) -> bytes:
    """Return what only some metrics have: late, null, properties."""
    late = _HISTORICAL if metric.historical else b""
    null = _pack_null(metric.unreadable) if metric.value is None else b""
    if not metric.properties:
        return late + null + (_pack_number_property(metric.number) if metric.number else b"")
    number = (Property(NUMBER_PROPERTY, DataType.INT64, metric.number),) if metric.number else ()
    return late + null + _pack_properties(number + metric.properties)


def _shape(name: str, datatype: DataType) -> _Shape:
    """Return what is the same each time: name, datatype, what stands before the value, these two, how that is packed."""
    if not name:
        raise ValueError("expected a name")
    slot, pack = packer(datatype)
    told, head = _pack_number(layout.METRIC_TYPE, datatype), pack_varint(layout.METRIC_VALUE[slot])
    shapes = _SHAPES[datatype]
    if len(shapes) >= MOST_SHAPES:
        shapes.clear()
    shapes[name] = shape = _pack_name(layout.NAME, name), told, head, told + head, pack
    return shape


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


def _before_number(size: int) -> bytes:
    """Return what stands before a number of so many bytes that is the only property."""
    name, head, _ = _property_shape(NUMBER_PROPERTY, DataType.INT64)
    value = _VALUES + pack_varint(len(head) + size) + head
    return _PROPERTIES + pack_varint(len(name) + len(value) + size) + name + value


def _pack_number_property(number: int) -> bytes:
    packed = pack_varint(number)
    return _NUMBERED[len(packed)] + packed


def _pack_number(head: int, number: int) -> bytes:
    return pack_varint(head) + pack_varint(number)


def _pack_name(head: int, name: str) -> bytes:
    return pack_varint(head) + pack_text(name, LONGEST_NAME_BYTES)


_NUMBERED = tuple(map(_before_number, range(11)))  # each live metric has one
