"""What a Sparkplug payload costs, beside Google's protobuf doing the same."""

from collections.abc import Callable
from time import process_time
from typing import Any

import sparkplug_protobuf
from agent.uplink.payload import DataType, Metric, Payload, decode, encode
from figures import Figure, figure

NAME = "payload"
TITLE = "Sparkplug payloads: records to bytes and back"

TIME_MS = 1795000000123
RUNS = 15
REPORT = (
    ("lamp/dimming_level", 41.5, DataType.FLOAT),
    ("lamp/commanded_level", 60.0, DataType.FLOAT),
    ("lamp/sent_level", 42.0, DataType.FLOAT),
    ("presence/counter", 123456, DataType.INT64),
    ("meter/energy", 98765432, DataType.INT64),
)
MANY = tuple(
    (f"function_{i // 5}/resource_{i}", value, kind)
    for i in range(0, 200, 5)
    for value, kind in (
        (i * 0.25, DataType.FLOAT),
        (i * 0.1, DataType.DOUBLE),
        (i * 1000, DataType.INT64),
        (i % 2 == 0, DataType.BOOLEAN),
        (f"text {i}", DataType.STRING),
    )
)
FIELDS = {
    DataType.FLOAT: "float_value",
    DataType.DOUBLE: "double_value",
    DataType.INT64: "long_value",
    DataType.BOOLEAN: "boolean_value",
    DataType.STRING: "string_value",
}

Rows = tuple[tuple[str, Any, DataType], ...]


def run() -> list[Figure]:
    """CPU time, the best of fifteen runs, one thread; the records are built anew each time."""
    raw = ours(MANY, 0)
    assert raw == theirs(MANY, 0)
    encoded, encoded_by_protobuf = _us(lambda i: ours(MANY, i), 100), _us(lambda i: theirs(MANY, i), 100)
    decoded, decoded_by_protobuf = _us(lambda _: decode(raw), 100), _us(lambda _: read_by_protobuf(raw), 100)
    note = f"{len(raw)} bytes"
    return [
        figure("5 metrics to bytes", _us(lambda i: ours(REPORT, i), 2000), "us", 10.0, f"{len(ours(REPORT, 0))} bytes"),
        figure("200 metrics to bytes", encoded, "us", 100.0, note),
        figure("200 metrics to bytes, protobuf", encoded_by_protobuf, "us", None, note),
        figure("bytes to 200 metrics", decoded, "us", None, note),
        figure("bytes to 200 metrics, protobuf", decoded_by_protobuf, "us", None, "name, datatype, time, value read"),
        figure("65536 hostile bytes", _us(lambda _: decode(b"\x08\x00" * 32768), 1), "us", None, "the most that come"),
    ]


def ours(rows: Rows, i: int) -> bytes:
    """Encode by our codec; each message has a time of its own."""
    stamp = TIME_MS + i
    return encode(Payload(tuple([Metric(name, value, kind, stamp) for name, value, kind in rows]), stamp, i % 256))


def theirs(rows: Rows, i: int) -> bytes:
    """Encode the same by protobuf."""
    stamp = TIME_MS + i
    payload = sparkplug_protobuf.Payload(timestamp=stamp, seq=i % 256)
    add = payload.metrics.add
    for name, value, kind in rows:
        setattr(add(name=name, timestamp=stamp, datatype=kind), FIELDS[kind], value)
    return bytes(payload.SerializeToString())


def read_by_protobuf(raw: bytes) -> list[tuple[str, int, int, Any]]:
    """Decode by protobuf, and take out what our records hold."""
    payload = sparkplug_protobuf.Payload.FromString(raw)
    return [
        (metric.name, metric.datatype, metric.timestamp, getattr(metric, metric.WhichOneof("value")))
        for metric in payload.metrics
    ]


def _us(job: Callable[[int], object], times: int) -> float:
    job(0)
    runs = []
    for turn in range(RUNS):
        start = process_time()
        for i in range(times):
            job(turn * times + i)
        runs.append((process_time() - start) / times * 1e6)
    return min(runs)
