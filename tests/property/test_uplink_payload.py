"""The payload codec against Google's protobuf, both ways, and against whatever bytes may come."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

import sparkplug_protobuf
from agent.uplink.payload import DataType, Metric, Payload, PayloadError, Property, decode, encode, value_as
from sparkplug_translation import FIELD, as_ours, as_theirs

names = st.text(min_size=1, max_size=30)
texts = st.text(max_size=60)
u64 = st.integers(0, 2**64 - 1)
float32 = st.floats(width=32, allow_nan=False, allow_infinity=False)
float64 = st.floats(allow_nan=False, allow_infinity=False)


def integers(bits: int, *, signed: bool) -> st.SearchStrategy[int]:
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else st.integers(0, 2**bits - 1)


# What we send: each datatype, and the values that fit it.
SENT: dict[DataType, st.SearchStrategy[Any]] = {
    DataType.INT8: integers(8, signed=True),
    DataType.INT16: integers(16, signed=True),
    DataType.INT32: integers(32, signed=True),
    DataType.INT64: integers(64, signed=True),
    DataType.UINT8: integers(8, signed=False),
    DataType.UINT16: integers(16, signed=False),
    DataType.UINT64: u64,
    DataType.FLOAT: float32,
    DataType.DOUBLE: float64,
    DataType.BOOLEAN: st.booleans(),
    DataType.STRING: texts,
    DataType.DATETIME: u64,
    DataType.TEXT: texts,
    DataType.UUID: texts,
    DataType.BYTES: st.binary(max_size=60),
}


@st.composite
def properties(draw: st.DrawFn) -> Property:
    kind = draw(st.sampled_from([kind for kind in SENT if kind is not DataType.BYTES]))
    return Property(draw(names), kind, draw(SENT[kind]))


@st.composite
def metrics(draw: st.DrawFn) -> Metric:
    kind = draw(st.sampled_from(list(SENT)))
    value = draw(st.none() | SENT[kind])
    stamp, is_late = draw(st.none() | u64), draw(st.booleans())
    return Metric(draw(names), value, kind, stamp, is_late, tuple(draw(st.lists(properties(), max_size=3))))


payloads = st.builds(
    Payload, st.lists(metrics(), max_size=4).map(tuple), st.none() | u64, st.none() | u64, st.text(max_size=20)
)


@given(payloads)
def test_what_we_encode_is_what_we_decode(payload: Payload) -> None:
    assert decode(encode(payload)) == payload


@given(payloads)
def test_protobuf_reads_and_writes_our_bytes(payload: Payload) -> None:
    """Not only with the same content: our fields stand in the order in which protobuf writes them."""
    assert encode(payload) == as_theirs(payload).SerializeToString(deterministic=True)


# ---- What peers send ----------------------------------------------------------------------------------------------------

# Each field of a value, with what may stand in it.
RAW: dict[str, st.SearchStrategy[Any]] = {
    "int_value": st.integers(0, 2**32 - 1) | st.sampled_from([0, 127, 128, 2**31 - 1, 2**31, 2**32 - 1, 2**32 - 128]),
    "long_value": u64 | st.integers(0, 300) | st.integers(2**64 - 300, 2**64 - 1),
    "float_value": st.floats(width=32, allow_nan=False),
    "double_value": st.floats(allow_nan=False),
    "boolean_value": st.booleans(),
    "string_value": texts,
}
codes = st.none() | st.integers(0, 40) | st.sampled_from([2**32 - 1])


def set_value(draw: st.DrawFn, message: Any, code_field: str, raw: dict[str, st.SearchStrategy[Any]]) -> None:
    """Set a datatype and a value; more often than not they fit each other."""
    code, field = draw(codes), draw(st.none() | st.sampled_from(list(raw)))
    if code in set(FIELD) and draw(st.integers(0, 3)):
        field = FIELD[DataType(code)] if FIELD[DataType(code)] in raw else field
    if code is not None:
        setattr(message, code_field, code)
    if field is not None:
        setattr(message, field, draw(raw[field]))
    if draw(st.integers(0, 5)) == 0:
        message.is_null = draw(st.booleans())


@st.composite
def their_metrics(draw: st.DrawFn) -> Any:
    metric = sparkplug_protobuf.Metric()
    if draw(st.booleans()):
        metric.name = draw(names)
    for flag in draw(st.sets(st.sampled_from(["is_historical", "is_transient"]))):
        setattr(metric, flag, draw(st.booleans()))
    for number in draw(st.sets(st.sampled_from(["alias", "timestamp"]))):
        setattr(metric, number, draw(u64))
    set_value(draw, metric, "datatype", RAW | {"bytes_value": st.binary(max_size=60)})
    if metric.WhichOneof("value") is None and draw(st.booleans()):
        metric.dataset_value.columns.extend(draw(st.lists(texts, max_size=2)))
    if draw(st.booleans()):
        metric.metadata.content_type = draw(texts)
    for key in draw(st.lists(names, max_size=3)):
        metric.properties.keys.append(key)
        value = metric.properties.values.add()
        set_value(draw, value, "type", RAW)
        if draw(st.integers(0, 5)) == 0:
            value.propertyset_value.keys.append("nested")
    return metric


@st.composite
def their_payloads(draw: st.DrawFn) -> Any:
    payload = sparkplug_protobuf.Payload(metrics=draw(st.lists(their_metrics(), max_size=4)))
    for number in draw(st.sets(st.sampled_from(["timestamp", "seq"]))):
        setattr(payload, number, draw(u64))
    if draw(st.booleans()):
        payload.uuid = draw(texts)
    if draw(st.booleans()):
        payload.body = draw(st.binary(max_size=20))
    return payload


strangers = st.builds(
    lambda varint, content, fixed: bytes(
        sparkplug_protobuf.Stranger(varint=varint, bytes=content, fixed32=fixed, fixed64=fixed).SerializeToString()
    ),
    u64,
    st.binary(max_size=8),
    float32,
)


@given(their_payloads(), st.randoms(use_true_random=False), strangers)
def test_we_read_what_protobuf_writes(theirs: Any, random: Random, unknown: bytes) -> None:
    """In whatever order the fields stand, and with unknown ones between them."""
    assert decode(sparkplug_protobuf.shuffled(theirs, random, unknown)) == as_ours(theirs)


@given(their_payloads())
def test_what_a_metric_means_is_a_value_or_told(theirs: Any) -> None:
    """No value is lost in silence: it is there, or null, or `unreadable` says why not."""
    for theirs_metric, metric in zip(theirs.metrics, decode(theirs.SerializeToString()).metrics, strict=True):
        assert (metric.value is None) == (theirs_metric.is_null or bool(metric.unreadable))


@given(their_payloads(), st.sampled_from(list(DataType)))
def test_a_command_is_a_value_of_the_wanted_type_or_refused(theirs: Any, wanted: DataType) -> None:
    for metric in decode(theirs.SerializeToString()).metrics:
        try:
            value = value_as(metric, wanted)
        except PayloadError:
            continue
        sent = DataType.UINT64 if wanted is DataType.UINT32 else wanted
        assert encode(Payload((Metric("m", value, sent),)))  # it fits, or this is a ValueError


# ---- Hostile bytes ------------------------------------------------------------------------------------------------------


def survives(raw: bytes) -> bool:
    """Whether it was read; it may be refused, and anything else fails the test."""
    try:
        decode(raw)
    except PayloadError:
        return False
    return True


@given(st.binary(max_size=400))
def test_random_bytes(raw: bytes) -> None:
    survives(raw)


@given(st.lists(st.tuples(st.integers(0, 20), st.sampled_from([0, 1, 2, 3, 4, 5, 6, 7]), st.binary(max_size=12))))
def test_random_fields(fields: list[tuple[int, int, bytes]]) -> None:
    """Deeper than random bytes come: heads that make sense, each with a wrong or right content, also in a metric."""
    raw = b"".join(sparkplug_protobuf.varint(number << 3 | wire) + content for number, wire, content in fields)
    survives(raw)
    for nested in (raw, b"\x4a" + sparkplug_protobuf.varint(len(raw)) + raw):
        survives(b"\x12" + sparkplug_protobuf.varint(len(nested)) + nested)


@given(payloads, st.data())
def test_truncated(payload: Payload, data: st.DataObject) -> None:
    raw = encode(payload)
    survives(raw[: data.draw(st.integers(0, len(raw)))])


@given(their_payloads(), st.data())
def test_bits_flipped(theirs: Any, data: st.DataObject) -> None:
    raw = bytearray(theirs.SerializeToString())
    for place in data.draw(st.lists(st.integers(0, max(len(raw) * 8 - 1, 0)), max_size=4)):
        if raw:
            raw[place // 8] ^= 1 << place % 8
    survives(bytes(raw))
