"""The files that a scenario names, as it asks for them: text in, mistakes out. Pure."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from typing import Protocol

from agent.config.table import Table

LONGEST_SHOWN = 60


class UnreadableError(Exception):
    """A file that cannot be read, or is not in order. The text names the file, and the line if there is one, and says why."""


class Files(Protocol):
    """Where the files come from that a scenario names."""

    def text(self, name: str) -> str:
        """Return the text of a file, unpacked. UnreadableError."""


def text_of(table: Table, key: str, files: Files, says: str) -> tuple[str, str]:
    """Read an option that names a file; return the name and its text, ("", "") after noting a mistake."""
    name = table.text(key, says)
    if not name:
        return "", ""
    try:
        return name, files.text(name)
    except UnreadableError as error:
        table.wrong(key, says, str(error))
        return "", ""


def rows(text: str, name: str, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Return the rows of a CSV file with their lines; it has a header with these columns at least. UnreadableError."""
    reader = csv.reader(text.splitlines())
    try:
        header = next(reader, [])
        missing = [column for column in columns if column not in header]
        if missing:
            raise UnreadableError(
                f"{name}:1: expected the columns {', '.join(columns)}; not there: {', '.join(missing)}"
            )
        for row in reader:
            if row:
                if len(row) != len(header):
                    raise UnreadableError(f"{name}:{reader.line_num}: expected {len(header)} values, found {len(row)}")
                yield reader.line_num, dict(zip(header, row, strict=True))
    except csv.Error as error:
        raise UnreadableError(f"{name}:{reader.line_num}: expected CSV: {error}") from None


def number(text: str, low: float, high: float, place: str) -> float:
    """Return the number that stands at a place. UnreadableError if it is none, or out of bounds."""
    try:
        value = float(text)
    except ValueError:
        value = low - 1
    if not low <= value <= high:
        raise UnreadableError(f"{place}: expected a number from {low:g} to {high:g}, found {shown(text)}")
    return value


def shown(text: str) -> str:
    """Return a text as a message shows it."""
    return repr(text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…")
