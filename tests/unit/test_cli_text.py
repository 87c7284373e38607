"""Lines, tables and colours."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.cli import format as fmt
from agent.cli.text import Column, Depth, Span, clip, length, line, plain, render, table, wrap

TEXTS = st.text(st.characters(codec="ascii", exclude_categories=["C"]), max_size=30)


@given(st.lists(TEXTS, max_size=5), st.integers(0, 60))
def test_a_line_is_never_wider_than_asked(parts: list[str], width: int) -> None:
    whole = line(*parts)
    cut = clip(whole, width)
    assert length(cut) <= width
    if length(whole) <= width:
        assert cut == whole


@given(st.lists(st.lists(TEXTS, min_size=3, max_size=3), max_size=4), st.integers(8, 60))
def test_a_table_is_never_wider_than_asked(rows: list[list[str]], width: int) -> None:
    columns = [Column("a"), Column("b", right=True, spare=1), Column("c", spare=2)]
    lines = table(columns, rows, width)
    assert len(lines) == len(rows) + 1
    assert all(length(one) <= width for one in lines)


@given(st.lists(st.text("abc", min_size=1, max_size=9), min_size=1), st.integers(12, 40))
def test_wrapping_keeps_every_word(words: list[str], width: int) -> None:
    lines = [plain(one) for one in wrap(" ".join(words), width, first="! ", rest="  ")]
    assert all(len(one) <= width for one in lines)
    assert " ".join(one[2:] for one in lines) == " ".join(words)


def test_the_most_spare_column_goes_first() -> None:
    columns = [Column("name"), Column("spare", spare=2), Column("sparer", spare=3), Column("number", right=True)]
    rows = [["lum-01", "x", "y", "40 %"]]
    assert [plain(one) for one in table(columns, rows, 80)] == [
        "name    spare  sparer  number",
        "lum-01  x      y         40 %",
    ]
    assert plain(table(columns, rows, 28)[0]) == "name    spare  number"
    assert plain(table(columns, rows, 15)[1]) == "lum-01    40 %"


def test_colours_by_what_the_terminal_can() -> None:
    lamp = line(Span("x", "bad"), Span("#", light=1.0, ground=0.0))
    assert render(lamp, Depth.NONE) == "x#"
    assert render(lamp, Depth.BASIC) == "\x1b[1;31mx\x1b[0m#"
    assert render(lamp, Depth.MANY) == "\x1b[1;31mx\x1b[0m\x1b[38;5;255;48;5;232m#\x1b[0m"
    assert render(lamp, Depth.TRUE) == "\x1b[1;31mx\x1b[0m\x1b[38;2;255;214;150;48;2;0;0;0m#\x1b[0m"


@given(st.floats(allow_nan=False), st.sampled_from([Depth.MANY, Depth.TRUE]))
def test_any_brightness_is_a_colour(share: float, depth: Depth) -> None:
    numbers = [int(n) for n in re.findall(r"\d+", render(line(Span("#", light=share)), depth))]
    assert all(0 <= number <= 255 for number in numbers)


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (None, "W", "-"),
        (True, "", "yes"),
        (False, "", "no"),
        (40.0, "%", "40 %"),
        (0.1234, "lx", "0.123 lx"),
        (12345.678, "kWh", "12345.7 kWh"),
        (-3.5, "Cel", "-3.5 °C"),
        (7, "", "7"),
        ("adaptive", "", "adaptive"),
    ],
)
def test_values_have_their_unit(value: bool | float | str | None, unit: str, shown: str) -> None:
    assert fmt.value(value, unit) == shown


@pytest.mark.parametrize(
    ("time_s", "shown"),
    [
        (None, "never"),
        (0.62, "0.6 s"),
        (-0.1, "0.0 s"),
        (12.4, "12 s"),
        (59.6, "1 min"),
        (90, "1 min 30 s"),
        (600, "10 min"),
        (5400, "1 h 30 min"),
        (14400, "4 h"),
        (200000, "2 d 7 h"),
    ],
)
def test_lengths_of_time(time_s: float | None, shown: str) -> None:
    assert fmt.span(time_s) == shown


def test_local_time_knows_summer() -> None:
    assert fmt.local("2026-11-24T20:41:00Z", "Europe/Copenhagen") == "21:41"
    assert fmt.local("2026-07-24T20:41:00.000Z", "Europe/Copenhagen") == "22:41"
    assert fmt.local(None, "Europe/Copenhagen") == "-"
