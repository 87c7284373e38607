"""The journal's file: opened, made, or set aside when it is damaged. Blocking."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from agent.journal.chunk import Damaged, State, pack_state
from agent.journal.records import JournalFault, Lane

PAGE_BYTES = 512  # a commit changes few bytes; with pages of 1024 the card writes 5 % more, of 4096 half as much again
WAL_PAGES = 512  # after so many the log goes into the file and begins anew
HEADROOM_PAGES = 16  # never given to reports, so that deletions always find room
_APPLICATION = 0x67616A6C  # "gajl"
_SCHEMA = 2
_BUSY_S = 0.5  # a predecessor that is just ending

# A commit's reports are one row (or a few): chunk.py. `last` is the highest number that it was given.
_LANE = (
    "CREATE TABLE {} (last INTEGER PRIMARY KEY, count INTEGER NOT NULL, thinned INTEGER NOT NULL, body BLOB NOT NULL)"
)
_TABLES = (
    "CREATE TABLE state (one INTEGER PRIMARY KEY CHECK (one = 1), body BLOB NOT NULL)",
    *map(_LANE.format, Lane),
    # Without it each look for what is not thinned would read all that is.
    "CREATE INDEX whole ON telemetry (last) WHERE thinned = 0",
)
_FROM_1 = (
    *map(_LANE.format, Lane),
    "INSERT INTO telemetry SELECT last, count, 0, body FROM chunks",
    "DROP TABLE chunks",
    _TABLES[-1],
)

_DAMAGE = {
    sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_SCHEMA,
    sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH,
}  # fmt: skip


class Newer(Damaged):
    """The file is sound, but a newer version of the agent has made it."""


def most_pages(max_bytes: int) -> int:
    """Return how many pages the file may have so that it and its log stay below `max_bytes`.

    A commit of more than WAL_PAGES (some 20,000 reports) takes its size more for a while.
    """
    return max_bytes // PAGE_BYTES - 2 * WAL_PAGES


def open_file(path: Path, max_bytes: int) -> sqlite3.Connection:
    """Open the journal's file, or make it. Damaged if it is not ours or not sound; sqlite3.Error, OSError, JournalFault."""
    if path.is_dir():
        raise JournalFault(f"{path}: is a folder; name a file in [uplink] journal")
    path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    db = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)
    try:
        _prepare(db, path, max_bytes)
    except BaseException:
        db.close()
        raise
    return db


def set_aside(path: Path, suffix: str) -> Path:
    """Rename the file and its log, over those of an earlier time. Return its new name. OSError if that cannot be done."""
    aside = path.with_name(path.name + suffix)
    # The file first: a log that is left without its file is deleted by SQLite, a file without its log would be believed.
    for end in ("", "-wal"):
        from_, to = path.with_name(path.name + end), aside.with_name(aside.name + end)
        if from_.exists():
            from_.replace(to)
        else:
            to.unlink(missing_ok=True)
    _sync(path.parent)
    return aside


def size_bytes(path: Path) -> int:
    """Return what the file and its log take."""
    total = 0
    for end in ("", "-wal"):
        try:
            total += path.with_name(path.name + end).stat().st_size
        except OSError:
            continue
    return total


def free_bytes(path: Path) -> int:
    """Return what is free on the file's disk. OSError."""
    disk = os.statvfs(path.parent)
    return disk.f_bavail * disk.f_frsize


def is_damage(error: sqlite3.Error) -> bool:
    """Return whether the file itself is to blame. sqlite3 gives no code where a text is no UTF-8."""
    if isinstance(error, sqlite3.ProgrammingError | sqlite3.InterfaceError):
        return False
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF in _DAMAGE


def is_disk_full(error: sqlite3.Error) -> bool:
    """Return whether there was no room on the disk; the file's own bound is never reached, see HEADROOM_PAGES."""
    return _code(error) == sqlite3.SQLITE_FULL


def fault(path: Path, error: sqlite3.Error | OSError) -> JournalFault:
    """Return the fault in words, with the remedy."""
    code = _code(error)
    if _is_read_only(path):
        return JournalFault(f"{path}: the file system is read-only; look at the card, then mount it for writing")
    if code == sqlite3.SQLITE_FULL:
        return JournalFault(f"{path}: the disk is full; make room on it")
    if code == sqlite3.SQLITE_BUSY:
        return JournalFault(f"{path}: another process holds it; end that one, or name another file in [uplink] journal")
    if code == sqlite3.SQLITE_IOERR:
        return JournalFault(f"{path}: the disk fails ({error}); look at the card, and replace it if this goes on")
    return JournalFault(
        f"{path}: cannot be written ({error}); let the agent's user write to its folder, or name another file in"
        " [uplink] journal"
    )


def _is_read_only(path: Path) -> bool:
    try:
        return bool(os.statvfs(path.parent).f_flag & os.ST_RDONLY)
    except OSError:
        return False


def _code(error: sqlite3.Error | OSError) -> int:
    return getattr(error, "sqlite_errorcode", -1) & 0xFF


def _prepare(db: sqlite3.Connection, path: Path, max_bytes: int) -> None:
    # Nobody else may hold the log open, and there is no shared-memory file that would be written to the card.
    db.execute("PRAGMA locking_mode = EXCLUSIVE")
    schema = _schema(db)
    db.execute(f"PRAGMA page_size = {PAGE_BYTES}")
    (mode,) = db.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise JournalFault(f"{path}: this file system cannot keep a journal (mode {mode}); name a file on another one")
    db.execute("PRAGMA synchronous = FULL")
    db.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
    db.execute(f"PRAGMA journal_size_limit = {WAL_PAGES * (PAGE_BYTES + 24) + 32}")
    db.execute(f"PRAGMA max_page_count = {most_pages(max_bytes)}")
    db.execute("PRAGMA cache_size = -256")
    if schema == 0:
        _make(db)
        for folder in (path.parent, path.parent.parent):
            _sync(folder)
    elif schema == 1:
        _bring_from_1(db)


def _schema(db: sqlite3.Connection) -> int:
    """Return the schema, 0 = the file is empty; nothing is changed in one that is not ours. Damaged."""
    (tables,) = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    (application,) = db.execute("PRAGMA application_id").fetchone()
    (schema,) = db.execute("PRAGMA user_version").fetchone()
    if not tables and application == schema == 0:
        return 0
    if application != _APPLICATION:
        raise Damaged("it is no journal")
    if schema > _SCHEMA:
        raise Newer(f"it was made by a newer version, schema {schema}")
    if schema not in {1, _SCHEMA}:
        raise Damaged(f"schema {schema} is not known")
    return int(schema)


def _make(db: sqlite3.Connection) -> None:
    db.execute("BEGIN")
    for table in _TABLES:
        db.execute(table)
    db.execute("INSERT INTO state VALUES (1, ?)", (pack_state(State(store_id=os.urandom(8).hex())),))
    db.execute(f"PRAGMA application_id = {_APPLICATION}")
    db.execute(f"PRAGMA user_version = {_SCHEMA}")
    db.execute("COMMIT")


def _bring_from_1(db: sqlite3.Connection) -> None:
    """Make lanes of what knew none; it is all or nothing."""
    db.execute("BEGIN")
    try:
        for statement in _FROM_1:
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {_SCHEMA}")
        db.execute("COMMIT")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


def _sync(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
