"""No text and no bytes whatever make the reader of recorded passages raise anything but its one error, with the place."""

from __future__ import annotations

import csv
import gzip
import io
import re
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_sim.passages import COLUMNS, Passage, PassagesError, between, parse, read_file

HEADER = ",".join(COLUMNS) + "\n"
GOOD = ["2014-12-01T20:15:00Z", "here", "1", "36", "4.2"]
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1)).map(  # noqa: DTZ001 (made aware at once)
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)
PASSAGES = st.builds(
    Passage,
    MOMENTS,
    st.sampled_from([1, 2]),
    st.integers(1, 250).map(lambda speed: speed / 3.6),
    st.integers(1, 255).map(lambda length: length / 10),
)
rubbish = st.text(st.characters(codec="utf-8"), max_size=30)
likely_rubbish = st.sampled_from(
    [
        "",
        "nan",
        "inf",
        "-1",
        "0",
        "1e999",
        "3",
        "2014-12-01",
        "24:00",
        "2014-12-01T20:15:00",
        '"',
        "\0",
        "\r",
        "\n",
        "x" * 500,
    ]
)


def written(passages: list[Passage], site: str) -> str:
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(COLUMNS)
    for one in passages:
        rows.writerow([one.utc.isoformat(), site, one.direction, f"{one.speed_m_per_s * 3.6:.0f}", one.length_m])
    return out.getvalue()


def refusal_of(text: str) -> str | None:
    try:
        parse(io.StringIO(text, newline=""), "f.csv", "here")
    except PassagesError as error:
        return str(error)
    return None


@given(st.lists(PASSAGES, min_size=1))
def test_what_was_written_is_read_in_the_order_of_time(passages: list[Passage]) -> None:
    read = parse(io.StringIO(written(passages, "here")), "f.csv", "here")
    assert read == sorted(passages, key=lambda passage: passage.utc)


@given(rubbish | likely_rubbish)
def test_any_text_is_refused_with_the_name_of_the_file(text: str) -> None:
    with pytest.raises(PassagesError, match=r"^f\.csv:"):
        parse(io.StringIO(text), "f.csv", "here")


@given(st.lists(st.just(",".join(GOOD)) | rubbish | likely_rubbish))
def test_any_lines_are_passages_or_are_refused_with_the_line(lines: list[str]) -> None:
    refused = refusal_of(HEADER + "\n".join(lines))
    named = r"f\.csv:\d+: expected|f\.csv:\d+: \w+: expected|f\.csv: no passages of site 'here'"
    assert refused is None or re.match(named, refused), refused


@given(st.sampled_from([0, 2, 3, 4]), rubbish | likely_rubbish, st.integers(0, 5))
def test_one_bad_value_is_named_with_its_line_and_column(column: int, value: str, good_lines: int) -> None:
    row = [value if place == column else good for place, good in enumerate(GOOD)]
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(row)
    refused = refusal_of(HEADER + (",".join(GOOD) + "\n") * good_lines + out.getvalue())
    if refused is None:
        assert float(value) > 0 if column else datetime.fromisoformat(value).tzinfo
        return
    assert re.match(rf"f\.csv:\d+: ({COLUMNS[column]}: )?expected", refused), refused
    line = int(refused.split(":")[1])
    breaks = len(re.findall(r"\r\n|\r|\n", value))  # a quoted value may have lines of its own
    assert good_lines + 2 <= line <= good_lines + 2 + breaks
    assert len(refused) < 600
    assert refused.isprintable()


@given(MOMENTS, st.integers(0, 48), st.lists(PASSAGES))
def test_a_span_has_its_beginning_and_not_its_end(begin: datetime, hours: int, passages: list[Passage]) -> None:
    end = begin + timedelta(hours=hours)
    edges = [Passage(moment, 1, 10.0, 4.0) for moment in (begin, end)]
    taken = between([*passages, *edges], begin, hours)
    assert taken == [one for one in [*passages, *edges] if begin <= one.utc < end]


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_are_refused_by_name(content: bytes, packed: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "f.csv.gz" if packed else "f.csv")
        path.write_bytes(content)
        with pytest.raises(PassagesError, match=re.escape(str(path))):
            read_file(path, "here")


@given(st.data())
def test_a_damaged_archive_is_refused_by_name_or_read_as_it_was(data: st.DataObject) -> None:
    text = HEADER + (",".join(GOOD) + "\n") * 3
    whole = gzip.compress(text.encode(), mtime=0)
    place = data.draw(st.integers(0, len(whole) - 1))
    damaged = whole[:place] + bytes([whole[place] ^ data.draw(st.integers(1, 255))]) + whole[place + 1 :]
    content = data.draw(st.sampled_from([damaged, whole[:place]]))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "f.csv.gz")
        path.write_bytes(content)
        outcome: object
        try:
            outcome = len(read_file(path, "here"))
        except PassagesError as error:
            outcome = str(error).partition(":")[0]
        assert outcome in {3, str(path)}
