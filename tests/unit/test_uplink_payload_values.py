"""What a command's value means for the datatype of our birth, whatever number or field the peer took for it."""

from __future__ import annotations

from math import inf, isnan, nan

import pytest

from agent.uplink.payload import DataType, Metric, PayloadError, decode, value_as

TIME_MS = 1795000000123
LEVEL = "lamp/dimming_level"


@pytest.mark.parametrize(
    ("value", "told", "wanted", "means"),
    [
        (40, DataType.INT32, DataType.FLOAT, 40.0),
        (40, DataType.UINT64, DataType.FLOAT, 40.0),
        (40.5, DataType.DOUBLE, DataType.FLOAT, 40.5),
        (40.5, None, DataType.FLOAT, 40.5),
        (40, None, DataType.DOUBLE, 40.0),
        (600.0, DataType.FLOAT, DataType.INT64, 600),
        (600, DataType.UINT32, DataType.INT64, 600),
        (-5, DataType.INT8, DataType.INT64, -5),
        (2**64 - 5, None, DataType.INT64, -5),  # two's complement, where only the birth says that it is signed
        (2**32 - 5, None, DataType.INT32, -5),
        (2**32 - 5, None, DataType.INT64, 2**32 - 5),
        (2**64 - 5, None, DataType.UINT64, 2**64 - 5),
        (TIME_MS, DataType.DATETIME, DataType.DATETIME, TIME_MS),
        (TIME_MS, DataType.INT64, DataType.DATETIME, TIME_MS),
        (True, DataType.BOOLEAN, DataType.BOOLEAN, True),
        (False, None, DataType.BOOLEAN, False),
        ("a1", DataType.TEXT, DataType.STRING, "a1"),
        ("", None, DataType.STRING, ""),
    ],
)
def test_a_value_that_does(
    value: float | str, told: DataType | None, wanted: DataType, means: bool | float | str
) -> None:
    found = value_as(Metric(LEVEL, value, told), wanted)
    assert (found, type(found)) == (means, type(means))


@pytest.mark.parametrize(
    ("value", "told", "wanted"),
    [
        (None, DataType.FLOAT, DataType.FLOAT),
        (True, DataType.BOOLEAN, DataType.FLOAT),
        (True, None, DataType.INT64),
        ("40", DataType.STRING, DataType.FLOAT),
        ("40", None, DataType.INT64),
        (nan, DataType.FLOAT, DataType.FLOAT),
        (inf, DataType.DOUBLE, DataType.DOUBLE),
        (nan, DataType.DOUBLE, DataType.INT64),
        (-inf, None, DataType.INT64),
        (1e300, DataType.DOUBLE, DataType.FLOAT),
        (1e300, DataType.DOUBLE, DataType.INT64),
        (600.5, DataType.FLOAT, DataType.INT64),
        (2**64 - 1, DataType.UINT64, DataType.INT64),
        (-1, DataType.INT64, DataType.DATETIME),
        (TIME_MS, DataType.DATETIME, DataType.FLOAT),
        (TIME_MS, DataType.DATETIME, DataType.INT64),
        (1, DataType.INT32, DataType.BOOLEAN),
        (1.0, None, DataType.STRING),
        (b"a", DataType.BYTES, DataType.STRING),
        (b"a", DataType.BYTES, DataType.BYTES),
        (1, DataType.INT64, DataType.DATASET),
    ],
)
def test_a_value_that_does_not(value: float | str | bytes | None, told: DataType | None, wanted: DataType) -> None:
    with pytest.raises(PayloadError, match=rf"^{LEVEL}: expected .*, found "):
        value_as(Metric(LEVEL, value, told), wanted)


def test_what_is_not_finite_is_read_and_never_a_command() -> None:
    (metric,) = decode(bytes.fromhex("120a 0a0161 2009 650000c07f")).metrics
    assert isinstance(metric.value, float)
    assert isnan(metric.value)
    with pytest.raises(PayloadError, match=r"^a: expected a finite number in 32 bits, found nan$"):
        value_as(metric, DataType.FLOAT)
