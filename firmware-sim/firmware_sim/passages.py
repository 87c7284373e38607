"""Recorded single passages: CSV of time_utc, site, direction, speed_km_per_h, length_m; gzip by its name."""

from __future__ import annotations

import csv
import gzip
import math
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

COLUMNS = ("time_utc", "site", "direction", "speed_km_per_h", "length_m")
FASTEST_KM_PER_H = 250.0
LONGEST_SHOWN = 200


class PassagesError(Exception):
    """A file of passages that cannot be used. The text names file, line and what was expected."""


@dataclass(frozen=True, slots=True)
class Passage:
    """One vehicle or bicycle: when, which way (1 or 2), how fast and how long."""

    utc: datetime
    direction: int
    speed_m_per_s: float
    length_m: float


def parse(lines: Iterable[str], name: str, site: str) -> list[Passage]:
    """Passages of one site in the order of time. PassagesError for the first line that is not in order."""
    reader = csv.reader(lines)
    passages = []
    sites = set()
    try:
        header = tuple(next(reader, ()))
        if header != COLUMNS:
            raise PassagesError(
                f"{name}:1: expected the columns {', '.join(COLUMNS)}; found {_shown(', '.join(header))}"
            )
        for row in reader:
            place = f"{name}:{reader.line_num}"
            if len(row) != len(COLUMNS):
                raise PassagesError(f"{place}: expected {len(COLUMNS)} values, found {len(row)}")
            sites.add(row[1])
            if row[1] == site:
                passages.append(_passage(row, place))
    except csv.Error as error:
        raise PassagesError(f"{name}:{reader.line_num}: expected CSV: {error}") from None
    if not passages:
        raise PassagesError(f"{name}: no passages of site {site!r}; there are {_shown(', '.join(sorted(sites)))}")
    return sorted(passages, key=lambda passage: passage.utc)


def between(passages: Iterable[Passage], begin: datetime, hours: float) -> list[Passage]:
    """The passages of a span of time."""
    span = timedelta(hours=hours)
    return [passage for passage in passages if timedelta() <= passage.utc - begin < span]


def read_file(path: Path, site: str) -> list[Passage]:
    """Read a file. PassagesError if it cannot be read."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
            return parse(lines, str(path), site)
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise PassagesError(f"{path}: expected a readable file of passages: {error}") from None


def _passage(row: list[str], place: str) -> Passage:
    try:
        utc = datetime.fromisoformat(row[0])
    except ValueError:
        utc = None
    if utc is None or utc.tzinfo is None:
        raise PassagesError(f"{place}: time_utc: expected such as 2014-12-01T20:15:00Z, found {_shown(row[0])}")
    if row[2] not in {"1", "2"}:
        raise PassagesError(f"{place}: direction: expected 1 or 2, found {_shown(row[2])}")
    speed = _number(row[3], "speed_km_per_h", FASTEST_KM_PER_H, place)
    length = _number(row[4], "length_m", 100.0, place)
    return Passage(utc, int(row[2]), speed / 3.6, length)


def _number(text: str, column: str, highest: float, place: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value <= highest:
        raise PassagesError(f"{place}: {column}: expected above 0, at most {highest:g}; found {_shown(text)}")
    return value


def _shown(text: str) -> str:
    """So much of it as fits a line."""
    return repr(text) if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]!r} …"
