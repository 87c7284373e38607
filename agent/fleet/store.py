"""What the host keeps: one SQLite file, written by `gadelys fleet serve` and read by the other commands. Blocking."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from agent.fleet.alarms import Alarm, Event
from agent.fleet.intervals import Intervals
from agent.fleet.plan import HOUR_MS
from agent.fleet.records import Device, Node, Sample
from agent.fleet.rollout import Desired
from agent.fleet.usage import Reading

HOURS_KEPT = 3 * 366 * 24
EVENTS_KEPT = 100_000
BEFORE_MS = 40 * 24 * HOUR_MS  # a reading so long before a month still says what its counter began with
_APPLICATION = 0x67616666  # "gaff"
_SCHEMA = 1
_BUSY_S = 10.0

_TABLES = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE nodes (path TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE devices (path TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE points (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE);
CREATE TABLE hours (point INTEGER NOT NULL, hour INTEGER NOT NULL, at INTEGER NOT NULL, value REAL NOT NULL,
                    PRIMARY KEY (point, hour)) WITHOUT ROWID;
CREATE TABLE had (node TEXT NOT NULL, store TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL);
CREATE INDEX had_of ON had (node, store);
CREATE TABLE alarms (id TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE events (number INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL);
CREATE TABLE desired (path TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE told (url TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
"""

SERVED = "served_ms"  # when `serve` wrote last
CONNECTED = "connected"  # 1: with a broker then


class StoreFault(Exception):
    """The file cannot be used; the text names it and the remedy."""


class Batch(msgspec.Struct):
    """What is written at once. `devices` by `group/node/device`; `had` by (group/node, store id)."""

    nodes: Sequence[Node] = ()
    devices: Sequence[tuple[str, Device]] = ()
    samples: Sequence[Sample] = ()
    had: Sequence[tuple[tuple[str, str], Intervals]] = ()
    events: Sequence[Event] = ()
    facts: dict[str, int] = {}


class Store:
    """The file, open. Only one at a time writes what `serve` knows; `told` is written by hooks."""

    def __init__(self, path: Path, *, make: bool = False) -> None:
        """Open it; with `make` it is made where there is none. StoreFault."""
        self._path = path
        if not make and not path.is_file():
            raise StoreFault(f"{path}: not there; `gadelys fleet serve --store {path}` makes it")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
        except (OSError, sqlite3.Error) as error:
            raise self._fault(error) from None
        try:
            self._prepare()
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        """Close it."""
        self._db.close()

    def write(self, batch: Batch) -> None:
        """Write in one transaction. StoreFault, and nothing is written."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._write(batch)
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._fault(error) from None

    def facts(self) -> dict[str, int]:
        """Return what `serve` says of itself."""
        return dict(self._all("SELECT name, value FROM facts"))

    def nodes(self) -> list[Node]:
        """Return all nodes with their devices."""
        found = {path: msgspec.json.decode(body, type=Node) for path, body in self._all("SELECT path, body FROM nodes")}
        for path, body in self._all("SELECT path, body FROM devices"):
            node, _, name = path.rpartition("/")
            if node in found:
                found[node].devices[name] = msgspec.json.decode(body, type=Device)
        return list(found.values())

    def had(self) -> dict[tuple[str, str], Intervals]:
        """Return which reports of which journal were had."""
        ranges: dict[tuple[str, str], list[tuple[int, int]]] = {}
        for node, store, first, last in self._all("SELECT node, store, first, last FROM had"):
            ranges.setdefault((node, store), []).append((first, last))
        return {key: Intervals(found) for key, found in ranges.items()}

    def alarms(self) -> list[Alarm]:
        """Return the alarms that are raised, alarms before warnings, the oldest first."""
        found = [msgspec.json.decode(body, type=Alarm) for (body,) in self._all("SELECT body FROM alarms")]
        return sorted(found, key=lambda alarm: (alarm.severity != "alarm", alarm.since_ms, alarm.id))

    def readings(self, start_ms: int, end_ms: int) -> dict[str, list[Reading]]:
        """Return the counters' readings from a time to another, with the last before and the first after it.

        Points that have none are there with an empty list.
        """
        found: dict[str, list[Reading]] = {path: [] for (path,) in self._all("SELECT path FROM points ORDER BY path")}
        first, last = (start_ms - BEFORE_MS) // HOUR_MS, (end_ms + BEFORE_MS) // HOUR_MS
        query = "SELECT path, at, value FROM hours JOIN points ON id = point WHERE hour BETWEEN ? AND ? ORDER BY point, hour"
        for path, at, value in self._all(query, first, last):
            there = found[path]
            if at <= start_ms:
                there.clear()
            elif there and there[-1].at_ms >= end_ms:
                continue
            there.append(Reading(at, value))
        return found

    def desired(self) -> list[Desired]:
        """Return the configurations that nodes shall have and do not have yet."""
        return [
            msgspec.json.decode(body, type=Desired) for (body,) in self._all("SELECT body FROM desired ORDER BY path")
        ]

    def desire(self, wanted: Desired) -> None:
        """Note what a node shall have, instead of whatever it should have had."""
        self._all("INSERT OR REPLACE INTO desired VALUES (?, ?)", wanted.path, msgspec.json.encode(wanted))

    def settle(self, wanted: Desired) -> None:
        """Forget it again; a newer wish stays."""
        self._all("DELETE FROM desired WHERE path = ? AND body = ?", wanted.path, msgspec.json.encode(wanted))

    def events(self, after: int, most: int) -> list[tuple[int, Event]]:
        """Return events by their numbers, the oldest first."""
        rows = self._all("SELECT number, body FROM events WHERE number > ? ORDER BY number LIMIT ?", after, most)
        return [(number, msgspec.json.decode(body, type=Event)) for number, body in rows]

    def told(self, url: str) -> int:
        """Return up to which event somebody was told; who is new is told what comes from now on."""
        for (number,) in self._all("SELECT number FROM told WHERE url = ?", url):
            return int(number)
        for (number,) in self._all("SELECT ifnull(max(number), 0) FROM events"):
            self.tell(url, int(number))
            return int(number)
        return 0

    def tell(self, url: str, number: int) -> None:
        """Note up to which event somebody was told."""
        self._all("INSERT OR REPLACE INTO told VALUES (?, ?)", url, number)

    def _write(self, batch: Batch) -> None:
        db, encode = self._db, msgspec.json.encode
        bare = [(node.path, encode(msgspec.structs.replace(node, devices={}))) for node in batch.nodes]
        db.executemany("INSERT OR REPLACE INTO nodes VALUES (?, ?)", bare)
        devices = [(path, encode(device)) for path, device in batch.devices]
        db.executemany("INSERT OR REPLACE INTO devices VALUES (?, ?)", devices)
        db.executemany("INSERT OR IGNORE INTO points (path) VALUES (?)", {(one.point,) for one in batch.samples})
        db.executemany(
            "INSERT INTO hours SELECT id, ?, ?, ? FROM points WHERE path = ? "
            "ON CONFLICT DO UPDATE SET at = excluded.at, value = excluded.value WHERE excluded.at >= at",
            [(one.at_ms // HOUR_MS, one.at_ms, one.value, one.point) for one in batch.samples],
        )
        for (node, store), had in batch.had:
            db.execute("DELETE FROM had WHERE node = ? AND store = ?", (node, store))
            db.executemany("INSERT INTO had VALUES (?, ?, ?, ?)", [(node, store, *one) for one in had.ranges()])
        for event in batch.events:
            db.execute("INSERT INTO events (body) VALUES (?)", (encode(event),))
            if event.late:
                continue
            if event.event == "cleared":
                db.execute("DELETE FROM alarms WHERE id = ?", (event.alarm.id,))
            else:
                db.execute("INSERT OR REPLACE INTO alarms VALUES (?, ?)", (event.alarm.id, encode(event.alarm)))
        db.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", batch.facts.items())
        if SERVED in batch.facts:
            db.execute("DELETE FROM events WHERE number <= (SELECT max(number) FROM events) - ?", (EVENTS_KEPT,))

    def forget(self, now_ms: int) -> None:
        """Drop readings that are too old to be asked for. StoreFault."""
        self._all("DELETE FROM hours WHERE hour < ?", now_ms // HOUR_MS - HOURS_KEPT)

    def _all(self, query: str, *values: object) -> list[Any]:
        try:
            return self._db.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise self._fault(error) from None

    def _prepare(self) -> None:
        try:
            (application,) = self._db.execute("PRAGMA application_id").fetchone()
            (schema,) = self._db.execute("PRAGMA user_version").fetchone()
            (tables,) = self._db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            if tables and (application, schema) != (_APPLICATION, _SCHEMA):
                raise StoreFault(f"{self._path}: expected a fleet's store of this version; name another file")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            if not tables:
                self._db.executescript(
                    f"BEGIN; {_TABLES} PRAGMA application_id = {_APPLICATION}; PRAGMA user_version = {_SCHEMA}; COMMIT;"
                )
        except sqlite3.Error as error:
            raise self._fault(error) from None

    def _fault(self, error: Exception) -> StoreFault:
        return StoreFault(f"{self._path}: {error}; name a file in a folder that can be written")
