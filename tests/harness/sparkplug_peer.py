"""What a platform reads and writes with Google's protobuf, as plain records."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from sparkplug_protobuf import Payload

_SIGNED_BITS = {1: 8, 2: 16, 3: 32, 4: 64}
_FIELDS = {3: "int_value", 4: "long_value", 9: "float_value", 11: "boolean_value", 12: "string_value", 13: "long_value"}


class ParsedMetric(NamedTuple):
    """A metric as a platform sees it; none = null."""

    name: str
    value: Any
    datatype: int
    timestamp: int | None
    historical: bool
    properties: dict[str, Any]


class Parsed(NamedTuple):
    """A payload as a platform sees it."""

    metrics: list[ParsedMetric]
    timestamp: int | None
    seq: int | None


def parse(raw: bytes) -> Parsed:
    """Read a payload."""
    payload = Payload.FromString(raw)
    return Parsed(
        [_metric(metric) for metric in payload.metrics],
        payload.timestamp if payload.HasField("timestamp") else None,
        payload.seq if payload.HasField("seq") else None,
    )


def build(metrics: Iterable[tuple[str, int, Any]], *, timestamp: int | None) -> bytes:
    """Write a command's payload: metrics as (name, datatype, value), none = null."""
    payload = Payload()
    if timestamp is not None:
        payload.timestamp = timestamp
    for name, datatype, value in metrics:
        metric = payload.metrics.add(name=name, datatype=datatype)
        if value is None:
            metric.is_null = True
        else:
            setattr(metric, _FIELDS[datatype], value)
    raw: bytes = payload.SerializeToString()
    return raw


def _metric(metric: Any) -> ParsedMetric:
    properties = {
        key: _value(value, value.type)
        for key, value in zip(metric.properties.keys, metric.properties.values, strict=True)
    }
    return ParsedMetric(
        metric.name,
        None if metric.is_null else _value(metric, metric.datatype),
        metric.datatype,
        metric.timestamp if metric.HasField("timestamp") else None,
        metric.is_historical,
        properties,
    )


def _value(holder: Any, datatype: int) -> Any:
    fields = [field for field in set(_FIELDS.values()) | {"double_value"} if holder.HasField(field)]
    assert len(fields) == 1, fields
    value = getattr(holder, fields[0])
    bits = _SIGNED_BITS.get(datatype)
    return value - (1 << bits) if bits and value >= 1 << bits - 1 else value
