"""What a platform asks for: read, checked, refused with the reason."""

from __future__ import annotations

import contextlib
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.uplink.payload import DataType, Metric, Payload
from agent.uplink.wishes import Unwanted, Wish, freshness, from_line, read_line
from agent.uplink.wishes import from_payload as read

NOW_MS = 1_764_000_000_000
LEVEL = Metric("lamp/dimming_level", 55.0, DataType.FLOAT)


def from_payload(payload: Payload) -> Wish:
    return read(payload)[0]


def payload(*metrics: Metric) -> Payload:
    return Payload(metrics, NOW_MS)


def test_a_plain_write() -> None:
    assert from_payload(payload(LEVEL)) == Wish(f"@{NOW_MS}", 55.0, None, NOW_MS, None)


def test_with_an_envelope() -> None:
    wish = from_payload(
        payload(
            Metric("command/id", "a1", DataType.STRING),
            Metric("lamp/dimming_level", 55, DataType.INT32),
            Metric("command/for_s", 600, DataType.INT64),
            Metric("command/not_after", NOW_MS + 5000, DataType.DATETIME),
        )
    )
    assert wish == Wish("a1", 55.0, 600.0, NOW_MS, NOW_MS + 5000)


def test_release() -> None:
    assert from_payload(payload(Metric("command/release", True, DataType.BOOLEAN))).level_pct is None


@pytest.mark.parametrize(
    ("metrics", "says"),
    [
        ((), "expected either"),
        ((Metric("lamp/dimming_level", "55", DataType.STRING),), "lamp/dimming_level"),
        ((Metric("lamp/dimming_level", True, DataType.BOOLEAN),), "lamp/dimming_level"),
        ((Metric("lamp/dimming_level", None, DataType.FLOAT),), "lamp/dimming_level"),
        ((Metric("lamp/colour", 55.0, DataType.FLOAT),), "'lamp/colour': expected one of lamp/dimming_level"),
        ((LEVEL, LEVEL), "expected it once"),
        ((LEVEL, Metric("command/release", True, DataType.BOOLEAN)), "expected either"),
        ((Metric("command/release", False, DataType.BOOLEAN),), "expected true"),
        ((LEVEL, Metric("command/for_s", 1.5, DataType.FLOAT)), "command/for_s"),
        ((LEVEL, Metric("command/id", 7, DataType.INT64)), "command/id"),
    ],
)
def test_what_is_refused(metrics: tuple[Metric, ...], says: str) -> None:
    with pytest.raises(Unwanted) as refused:
        from_payload(payload(*metrics))
    assert says in str(refused.value)
    assert refused.value.status == "rejected"


def test_a_payload_without_a_time_is_refused() -> None:
    with pytest.raises(Unwanted, match="timestamp"):
        from_payload(Payload((LEVEL,)))


@pytest.mark.parametrize(
    ("age_ms", "status"), [(0, None), (29_900, None), (30_100, "expired"), (-29_900, None), (-30_100, "rejected")]
)
def test_freshness(age_ms: int, status: str | None) -> None:
    wish = Wish("a1", 55.0, None, NOW_MS - age_ms)
    if status is None:
        freshness(wish, NOW_MS, trusted=True)
        return
    with pytest.raises(Unwanted) as refused:
        freshness(wish, NOW_MS, trusted=True)
    assert refused.value.status == status
    freshness(wish, NOW_MS, trusted=False)  # without a trusted clock nobody can tell


def test_not_after() -> None:
    wish = Wish("a1", 55.0, None, NOW_MS, NOW_MS + 1000)
    freshness(wish, NOW_MS + 1000, trusted=True)
    with pytest.raises(Unwanted, match=r"came 0\.5 s after command/not_after"):
        freshness(wish, NOW_MS + 1500, trusted=True)


def test_plain_json() -> None:
    line = {"point": "lum-03/lamp/dimming_level", "value": 55, "for_s": 600, "id": "a1", "time": "2026-11-24T20:30:00Z"}
    assert from_line(read_line(json.dumps(line).encode()), NOW_MS) == (
        "lum-03",
        Wish("a1", 55.0, 600.0, 1_795_552_200_000),
    )
    assert from_line(read_line(b'{"point": "lum-03/command/release", "value": true}'), NOW_MS) == (
        "lum-03",
        Wish(f"@{NOW_MS}", None),
    )


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"", "expected such as"),
        (b"55", "expected such as"),
        (b'{"point": "lum-03/lamp/dimming_level"}', "value"),
        (b'{"point": "lum-03/lamp/dimming_level", "value": null}', "lamp/dimming_level"),
        (b'{"point": "lum-03/lamp/dimming_level", "value": "55"}', "lamp/dimming_level"),
        (b'{"point": "lum-03/lamp/dimming_level", "value": true}', "lamp/dimming_level"),
        (b'{"point": "lum-03/lamp/dimming_level", "value": NaN}', "expected such as"),
        (b'{"point": "lum-03/lamp/dimming_level", "value": 1e999}', ""),
        (b'{"point": "lum-03/lamp/commanded_level", "value": 55}', "point: expected"),
        (b'{"point": 3, "value": 55}', "point"),
        (b'{"point": "lum-03/lamp/dimming_level", "value": 55, "colour": "red"}', "colour"),
        (b'{"point": "lum-03/lamp/dimming_level", "value": 55, "time": "2026-11-24T20:30:00"}', "offset"),
        (
            b'{"point": "lum-03/lamp/dimming_level", "value": 55, "not_after": "2026-11-24T20:30:00"}',
            "not_after: expected",
        ),
        (b'{"point": "lum-03/lamp/dimming_level", "value": 55, "counter": 9223372036854775808}', "counter"),
        (b'{"point": "lum-03/command/release", "value": 1}', "command/release"),
        (b"\xff\xfe", "expected such as"),
        (b"[" * 10_000, "expected such as"),
    ],
)
def test_plain_json_that_is_refused(line: bytes, says: str) -> None:
    with pytest.raises(Unwanted) as refused:
        from_line(read_line(line), NOW_MS)
    assert says in str(refused.value)


@pytest.mark.parametrize(
    "line",
    [
        b'{"point": "%s", "value": 55, "id": "a1"}' % (b"x" * 4000),
        b'{"point": "lum-03/lamp/dimming_level", "value": 55, "%s": 1}' % (b"x" * 4000),
        b'{"point": "%s", "value": 55}' % (b"x" * 100_000),
    ],
)
def test_a_refusal_is_short_enough_to_be_told(line: bytes) -> None:
    """A reason that fits into no payload would end the uplink."""
    with pytest.raises(Unwanted) as refused:
        from_line(read_line(line), NOW_MS)
    assert len(str(refused.value)) <= 256


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_times_at_the_ends_of_the_calendar_are_read(time: str) -> None:
    line = {"point": "lum-03/lamp/dimming_level", "value": 55, "time": time}
    _, wish = from_line(read_line(json.dumps(line).encode()), NOW_MS)
    with pytest.raises(Unwanted):
        freshness(wish, NOW_MS, trusted=True)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_wish_or_unwanted(line: bytes) -> None:
    with contextlib.suppress(Unwanted):
        device, wish = from_line(read_line(line), NOW_MS)
        assert device
        assert wish.level_pct is None or math.isfinite(wish.level_pct)
