"""What people type: levels, durations, patterns."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.cli import arguments


@pytest.mark.parametrize(
    ("text", "level"), [("40", 40), ("40%", 40), ("40 %", 40), ("0", 0), ("100", 100), ("2,5", 2.5)]
)
def test_levels(text: str, level: float) -> None:
    assert arguments.level_pct(text) == level


@pytest.mark.parametrize("text", ["101", "-1", "nan", "NaN", "inf", "null", "", "%", "4e1", "100.1", "٤٠", "0x10"])
def test_what_is_no_level_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="LEVEL: expected per cent of full light from 0 to 100") as refusal:
        arguments.level_pct(text)
    assert repr(text) in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("10m", 600), ("2h", 7200), ("1h30m", 5400), ("1s", 1), ("12h", 43200), ("1h0m30s", 3630)],
)
def test_durations(text: str, seconds: int) -> None:
    assert arguments.duration_s(text) == seconds


@pytest.mark.parametrize("text", ["10x", "", "10", "0s", "12h1s", "13h", "-1m", "1m1h", "1.5h", "m", "9" * 5000 + "s"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="--for: expected a time such as 10m or 1h30m, from 1 s to 12 h; found"):
        arguments.duration_s(text)


@given(st.text(max_size=12))
def test_any_text_is_a_bounded_number_or_refused(text: str) -> None:
    for read, low, high in ((arguments.level_pct, 0, 100), (arguments.duration_s, 1, 43200)):
        with contextlib.suppress(ValueError):
            assert low <= read(text) <= high


@given(st.integers(1, 43200))
def test_durations_read_back(seconds: int) -> None:
    hours, rest = divmod(seconds, 3600)
    assert arguments.duration_s(f"{hours}h{rest // 60}m{rest % 60}s") == seconds


@pytest.mark.parametrize("text", ["2026-11-20T21:30", "half past nine", "", "2026-13-01T00:00Z"])
def test_a_moment_needs_its_offset(text: str) -> None:
    with pytest.raises(ValueError, match="--street-time: expected a time with its offset"):
        arguments.moment(text)
    assert arguments.moment("2026-11-20T21:30+01:00").utcoffset() is not None


@pytest.mark.parametrize(
    ("typed", "glob"), [("*", "*"), ("lum-03", "lum-03/*"), ("lum-0?/lamp/*", "lum-0?/lamp/*"), ("a/b/c", "a/b/c")]
)
def test_a_bare_device_means_all_of_its_points(typed: str, glob: str) -> None:
    assert arguments.pattern(typed) == glob


@pytest.mark.parametrize(
    ("text", "value"),
    [("55", 55), ("-1", -1), ("1e3", 1000), ("0.5", 0.5), ("101", 101), ("1", 1), ("inf", float("inf"))],
)
def test_any_number_is_a_value(text: str, value: float) -> None:
    found = arguments.any_value(text)
    assert (type(found), found) == (float, value)


def test_words_are_values_too() -> None:
    assert [arguments.any_value(text) for text in ("true", "false", "null")] == [True, False, None]
    assert str(arguments.any_value("nan")) == "nan"


@pytest.mark.parametrize("text", ["", "on", "True", "55 %", "5,5", "0x10", "1_0", "٤٠", "--", "1e9999"])
def test_what_is_no_value_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="VALUE: expected a number, true, false or null"):
        arguments.any_value(text)


@given(text=st.text(max_size=30))
def test_any_text_is_a_value_or_refused(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert isinstance(arguments.any_value(text), bool | float | None)
    with contextlib.suppress(ValueError):
        device, metric = arguments.point(text)
        assert f"{device}/{metric}" == text
        assert "/" not in device
        assert metric.count("/") == 1


def test_points() -> None:
    assert arguments.point("lum-03/lamp/dimming_level") == ("lum-03", "lamp/dimming_level")


@pytest.mark.parametrize("text", ["", "lum-03", "a/b", "a//c", "/b/c", "a/b/", "a/b/c/d", "+/b/c", "#/b/c", "a\0/b/c"])
def test_what_is_no_point_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="POINT: expected device/function/resource"):
        arguments.point(text)


def test_any_time_is_read_and_its_bounds_are_the_nodes() -> None:
    assert arguments.any_duration_s("48h", "--for") == 172800
    assert arguments.any_duration_s("0s", "--for") == 0
    for text in ("", "10", "10x", "-1s"):
        with pytest.raises(ValueError, match="--for: expected a time"):
            arguments.any_duration_s(text, "--for")
