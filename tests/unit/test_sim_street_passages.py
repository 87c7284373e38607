"""Each mistake in a file of recorded passages is told with its file, line and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmware_sim.passages import PassagesError, parse, read_file

HEADER = "time_utc,site,direction,speed_km_per_h,length_m"
GOOD = "2014-12-01T20:15:00Z,here,1,36,4.2"


def refusal_of(*lines: str) -> str:
    with pytest.raises(PassagesError) as refused:
        parse([f"{line}\n" for line in lines], "f.csv", "here")
    return str(refused.value)


def test_a_passage() -> None:
    [passage] = parse([HEADER, "2014-12-01T20:15:00+01:00,there,2,20,4", GOOD], "f.csv", "here")
    assert passage.utc.isoformat() == "2014-12-01T20:15:00+00:00"
    assert (passage.direction, passage.speed_m_per_s, passage.length_m) == (1, 10.0, 4.2)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            "2014-12-01T20:15:00,here,1,36,4.2",
            "time_utc: expected such as 2014-12-01T20:15:00Z, found '2014-12-01T20:15:00'",
        ),
        ("yesterday,here,1,36,4.2", "time_utc: expected such as 2014-12-01T20:15:00Z, found 'yesterday'"),
        ("2014-12-01T20:15:00Z,here,3,36,4.2", "direction: expected 1 or 2, found '3'"),
        ("2014-12-01T20:15:00Z,here,1,0,4.2", "speed_km_per_h: expected above 0, at most 250; found '0'"),
        ("2014-12-01T20:15:00Z,here,1,nan,4.2", "speed_km_per_h: expected above 0, at most 250; found 'nan'"),
        ("2014-12-01T20:15:00Z,here,1,36,101", "length_m: expected above 0, at most 100; found '101'"),
        ("2014-12-01T20:15:00Z,here,1,36,", "length_m: expected above 0, at most 100; found ''"),
        ("2014-12-01T20:15:00Z,here,1,36", "expected 5 values, found 4"),
        ("", "expected 5 values, found 0"),
    ],
)
def test_a_bad_line(line: str, told: str) -> None:
    assert refusal_of(HEADER, GOOD, line) == f"f.csv:3: {told}"


def test_a_bad_header() -> None:
    columns = "time_utc, site, direction, speed_km_per_h, length_m"
    assert refusal_of() == f"f.csv:1: expected the columns {columns}; found ''"
    assert refusal_of("a,b") == f"f.csv:1: expected the columns {columns}; found 'a, b'"
    assert refusal_of("x" * 200_000) == "f.csv:1: expected CSV: field larger than field limit (131072)"
    assert len(refusal_of("x" * 100_000)) < 400


def test_a_site_that_is_not_there() -> None:
    assert refusal_of(HEADER, GOOD.replace("here", "b"), GOOD.replace("here", "a")) == (
        "f.csv: no passages of site 'here'; there are 'a, b'"
    )


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    for name in ("missing.csv", "missing.csv.gz"):
        with pytest.raises(PassagesError, match=f"{name}: expected a readable file of passages: .*No such file"):
            read_file(tmp_path / name, "here")
    with pytest.raises(PassagesError, match=r"expected a readable file of passages: .*directory"):
        read_file(tmp_path, "here")
