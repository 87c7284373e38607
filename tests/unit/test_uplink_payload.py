"""The payload codec: bytes that stay as they are, bounds, what is refused and in which words."""

from __future__ import annotations

from math import inf, nan

import pytest

from agent.uplink.payload import DataType, Metric, Payload, PayloadError, Property, decode, encode, value_as

TIME_MS = 1795000000123
LEVEL = "lamp/dimming_level"


def in_metric(content: bytes) -> bytes:
    """A payload of one metric; its content begins at byte 3 if it is longer than 127 bytes, else at byte 2."""
    size = len(content)
    return b"\x12" + (bytes([size]) if size < 128 else bytes([size % 128 + 128, size // 128])) + content


# ---- Bytes --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payload", "golden"),
    [
        (Payload(), ""),
        (
            Payload((Metric("bdSeq", 0, DataType.INT64, TIME_MS),), TIME_MS),
            "08fbbcd9f29e34 1212 0a056264536571 18fbbcd9f29e34 2004 5800",
        ),
        (
            Payload((Metric(LEVEL, 41.5, DataType.FLOAT, TIME_MS),), TIME_MS, 255),
            "08fbbcd9f29e34 1222 0a126c616d702f64696d6d696e675f6c6576656c 18fbbcd9f29e34 2009 6500002642 18ff01",
        ),
        (
            Payload(
                (Metric("a", -1, DataType.INT32, 1, True, (Property("Quality", DataType.INT32, 500),)),), 2, 0, "u"
            ),
            "0802 1221 0a0161 1801 2003 2801 4a10 0a075175616c697479 1205 0803 18f403 50ffffffff0f 1800 220175",
        ),
        (
            Payload((Metric("a", None, DataType.STRING, properties=(Property("x", DataType.BOOLEAN, True),)),)),
            "1212 0a0161 200c 3801 4a09 0a0178 1204 080b 3801",
        ),
        (Payload((Metric("a", -1, DataType.INT64),)), "1210 0a0161 2004 58ffffffffffffffffff01"),
        (Payload((Metric("a", b"\x00\xff", DataType.BYTES),)), "120a 0a0161 2011 820102 00ff"),
        (Payload((Metric("a", "Lygte", DataType.STRING),)), "120c 0a0161 200c 7a05 4c79677465"),
        (Payload((Metric("a", 0.1, DataType.DOUBLE),)), "120e 0a0161 200a 699a9999999999b93f"),
    ],
)
def test_golden_bytes(payload: Payload, golden: str) -> None:
    assert encode(payload).hex() == golden.replace(" ", "")


@pytest.mark.parametrize(
    ("value", "golden"),
    [
        (True, "7001"),
        (7, "5807"),
        (-1, "58ffffffffffffffffff01"),
        (2**64 - 1, "58ffffffffffffffffff01"),
        (2.0, "6500000040"),
        ("é", "7a02c3a9"),
        (b"\x01", "82010101"),
        (None, "3801"),
    ],
)
def test_without_a_datatype_the_value_decides(value: bool | float | str | bytes | None, golden: str) -> None:
    assert encode(Payload((Metric("a", value),))).hex()[4:] == "0a0161" + golden


@pytest.mark.parametrize("peer", ["50ffffffff0f", "58ffffffff0f"])
def test_uint32_is_read_in_both_fields(peer: str) -> None:
    (metric,) = decode(in_metric(bytes.fromhex("0a01612007" + peer))).metrics
    assert (metric.value, metric.datatype) == (2**32 - 1, DataType.UINT32)


@pytest.mark.parametrize(
    ("content", "value"),
    [
        ("0a0161 0a0162 2003 2009 50 05 65 0000803f", 1.0),  # the last datatype, the last value
        ("0a0162 2004 58 05 3801 3800", 5),
        ("0a0162 2004 3801 58 05", None),  # null wins over a value
        ("0a0162 2004 58 8500", 5),  # a varint longer than it need be
        ("0a0162 2003 50 feffffffffffffffff01", -2),  # sign-extended to 64 bits, as some encoders do
        ("0a0162 2004 58 05 5a0101", 5),  # the number of a known field with another wire type: unknown
    ],
)
def test_the_last_field_counts(content: str, value: float | None) -> None:
    (metric,) = decode(in_metric(bytes.fromhex(content))).metrics
    assert (metric.name, metric.value, metric.unreadable) == ("b", value, "")


@pytest.mark.parametrize(
    ("content", "datatype", "why"),
    [
        ("2004", DataType.INT64, "no value"),
        ("2010 8a0100", DataType.DATASET, "a value of datatype 16"),
        ("2016 82010101", DataType.INT8_ARRAY, "INT8_ARRAY in a field for BYTES"),
        ("2009 5801", DataType.FLOAT, "FLOAT in a field for LONG"),
        ("2001 508001", DataType.INT8, "128 is no INT8"),
        ("2063 5801", None, "a value of datatype 99"),
    ],
)
def test_a_value_that_is_not_read_is_told(content: str, datatype: DataType | None, why: str) -> None:
    (metric,) = decode(in_metric(b"\x0a\x01a" + bytes.fromhex(content))).metrics
    assert (metric.value, metric.datatype, metric.unreadable) == (None, datatype, why)
    with pytest.raises(PayloadError, match=f"^a: expected a value for FLOAT, found {why}$"):
        value_as(metric, DataType.FLOAT)
    with pytest.raises(ValueError, match=r"^metric 'a': "):
        encode(Payload((metric,)))


def test_properties_that_are_no_value_are_left_out() -> None:
    """Null, a nested set, a type that does not fit; one whose type is not said is what its field holds."""
    values = ["12041001 1801", "1202 4a00", "1204 0809 1801", "1202 1807"]
    content = bytes.fromhex("".join(["0a016e", "0a0173", "0a0174", "0a0175", *values]))
    (metric,) = decode(in_metric(b"\x4a" + bytes([len(content)]) + content)).metrics
    assert metric.properties == (Property("u", DataType.UINT32, 7),)


# ---- What is refused ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"\x08", "byte 1: expected a varint of at most 10 bytes and 64 bits"),
        (b"\x08" + b"\xff" * 9 + b"\x02", "byte 1: expected a varint of at most 10 bytes and 64 bits"),
        (b"\x08" + b"\x80" * 10 + b"\x00", "byte 1: expected a varint of at most 10 bytes and 64 bits"),
        (b"\x00\x00", "byte 0: expected a field number from 1 to 536870911"),
        (b"\x80\x80\x80\x80\x10\x00", "byte 0: expected a field number from 1 to 536870911"),
        (b"\x33\x34", "byte 0: expected wire type 0, 1, 2 or 5, found 3"),
        (b"\x37", "byte 0: expected wire type 0, 1, 2 or 5, found 7"),
        (b"\x22\x02a", "byte 2: expected 2 bytes, 1 are left"),
        (b"\x22\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01a", "byte 11: expected 18446744073709551615 bytes, 1 are left"),
        (b"\x31\x00\x00\x00\x00\x00\x00\x00", "byte 1: expected 8 bytes, 7 are left"),
        (b"\x22\x02a\xff", "byte 3: expected UTF-8"),
        (b"\x12\x00\x12\x03\x0a\x02a", "metric 2, byte 6: expected 2 bytes, 1 are left"),
        (b"\x12\x02\x0a\x02ab", "metric 1, byte 4: expected 2 bytes, 0 are left"),  # not beyond the metric
        (in_metric(b"\x18\x80") + b"\x01", "metric 1, byte 3: expected a varint of at most 10 bytes and 64 bits"),
        (in_metric(b"\x0a\x01\xc0"), "metric 1, byte 4: expected UTF-8"),
        (in_metric(b"\x7a\x02\xed\xa0"), "metric 1, byte 4: expected UTF-8"),
        (
            in_metric(b"\x4a\x03\x0a\x01k"),
            "metric 1, byte 4: expected properties with a value each, found 1 names and 0 values",
        ),
        (in_metric(b"\x4a\x22" + b"\x0a\x00" * 17), "metric 1, byte 38: expected at most 16 properties"),
        (in_metric(b"\x0a\x81\x02" + b"n" * 257), "metric 1, byte 6: expected at most 256 bytes, found 257"),
        (
            b"\x12\x85\x80\x02\x7a\x81\x80\x02" + b"t" * 32769,
            "metric 1, byte 8: expected at most 32768 bytes, found 32769",
        ),
        (in_metric(b"\x82\x01\x81\x20" + b"t" * 4097), "metric 1, byte 7: expected at most 4096 bytes, found 4097"),
        (in_metric(b"") * 513, "byte 1026: expected at most 512 metrics"),
        (bytes(65537), "expected at most 65536 bytes, found 65537"),
    ],
)
def test_bad_bytes_are_refused_with_their_place(raw: bytes, message: str) -> None:
    with pytest.raises(PayloadError) as refused:
        decode(raw)
    assert str(refused.value) == message


def test_the_bounds_themselves_are_read() -> None:
    metric = Metric("n" * 256, "t" * 4096, DataType.STRING)
    many = tuple(Property(f"p{i}", DataType.BOOLEAN, False) for i in range(16))
    payload = Payload(
        (metric, *(Metric(f"m{i}", i, DataType.INT64, properties=many[: i % 2 * 16]) for i in range(511)))
    )
    assert decode(encode(payload)) == payload


@pytest.mark.parametrize(
    ("datatype", "value"),
    [
        (DataType.INT8, 128), (DataType.INT8, -129), (DataType.INT64, 2**63), (DataType.UINT64, -1), (DataType.DATETIME, -1),
        (DataType.INT64, True), (DataType.INT64, 1.0), (DataType.INT64, "1"), (DataType.BOOLEAN, 1), (DataType.BOOLEAN, "true"),
        (DataType.FLOAT, nan), (DataType.FLOAT, inf), (DataType.FLOAT, 3.5e38), (DataType.FLOAT, True), (DataType.FLOAT, "1"),
        (DataType.DOUBLE, -inf), (DataType.DOUBLE, 10**400), (DataType.STRING, 1), (DataType.STRING, b"a"),
        (DataType.STRING, "\ud800"), (DataType.STRING, "é" * 16385), (DataType.BYTES, "a"), (DataType.BYTES, bytes(4097)),
        (DataType.UINT32, 1), (DataType.DATASET, 1), (DataType.FILE, b"a"),
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_not_sent(datatype: DataType, value: bool | float | str | bytes) -> None:
    with pytest.raises(ValueError, match=r"^metric 'm': "):
        encode(Payload((Metric("m", value, datatype),)))
    if not isinstance(value, bytes):
        with pytest.raises(ValueError, match=r"^metric 'm': property 'p': "):
            encode(Payload((Metric("m", 1, properties=(Property("p", datatype, value),)),)))


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (Payload((Metric("", 1),)), "metric '': expected a name"),
        (Payload((Metric("n" * 257, 1),)), "expected a text of at most 256 bytes, found 257"),
        (
            Payload((Metric("m", 1, timestamp_ms=-1),)),
            "metric 'm': expected a number from 0 to 18446744073709551615, found -1",
        ),
        (Payload(timestamp_ms=2**64), "expected a number from 0 to 18446744073709551615, found 18446744073709551616"),
        (Payload(seq=-1), "expected a number from 0 to 18446744073709551615, found -1"),
        (Payload((Metric("m", 1),) * 513), "expected at most 512 metrics, found 513"),
        (Payload((Metric("m", "t" * 4096),) * 16), "expected at most 65536 bytes, found 65"),
        (
            Payload((Metric("m", 1, properties=(Property("p", DataType.INT8, 1),) * 17),)),
            "at most 16 properties, found 17",
        ),
        (Payload((Metric("m", 1, properties=(Property("p", DataType.BYTES, 1),)),)), "no property is sent as BYTES"),
    ],
)
def test_what_decode_refuses_is_not_sent(payload: Payload, message: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - its whole message is looked at
        encode(payload)
    assert message in str(refused.value)


def test_a_number_is_packed_for_its_own_datatype_after_an_equal_one_of_another() -> None:
    """What is kept of a metric's shape does not leak to one of the same name."""
    for kind, tail in ((DataType.INT32, "20035001"), (DataType.INT64, "20045801"), (DataType.FLOAT, "2009650000803f")):
        assert encode(Payload((Metric("same", 1, kind),))).hex().endswith(tail)
    assert encode(Payload((Metric("same", 1),))).hex().endswith("616d655801")
