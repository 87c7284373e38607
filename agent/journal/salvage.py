"""What can still be read of a file that was set aside. Blocking."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from agent.journal.chunk import MOST, Chunk, Damaged, unpack
from agent.journal.records import TOLD, Lane

_TABLES = (*((lane, str(lane)) for lane in TOLD), (Lane.TELEMETRY, "chunks"))  # schema 1 knew but one


def salvage(path: Path) -> Iterator[tuple[Lane, Chunk]]:
    """Yield the chunks of a damaged file that are what was written, in order; what cannot be read is passed over."""
    try:
        db = sqlite3.connect(path, isolation_level=None)
    except sqlite3.Error:
        return
    db.text_factory = bytes
    try:
        for lane, table in _TABLES:
            for chunk in _sound(db, table):
                yield lane, chunk
    finally:
        db.close()


def _sound(db: sqlite3.Connection, table: str) -> Iterator[Chunk]:
    """Yield chunks from the oldest on as far as that goes, then those that can be read from the newest on backwards."""
    rising = list(_rows(db, f"SELECT last, body FROM {table} WHERE last > ? ORDER BY last LIMIT 1", -1))  # noqa: S608
    reached = rising[-1].last if rising else -1
    falling = []
    for chunk in _rows(db, f"SELECT last, body FROM {table} WHERE last < ? ORDER BY last DESC LIMIT 1", 2**62):  # noqa: S608
        if chunk.last <= reached:
            break
        falling.append(chunk)
    yield from rising
    yield from reversed(falling)


def _rows(db: sqlite3.Connection, query: str, at: int) -> Iterator[Chunk]:
    seen = set()
    while True:
        try:
            row = db.execute(query, (at,)).fetchone()
        except (sqlite3.Error, UnicodeDecodeError):
            return
        if row is None or not isinstance(row[0], int) or row[0] in seen:
            return
        at = row[0]
        seen.add(at)
        if isinstance(row[1], bytes) and len(row[1]) < MOST * 5000:
            try:
                chunk = unpack(row[1])
            except Damaged:
                continue
            if chunk.last == at:
                yield chunk
