"""The journal's transactions. Blocking: lives in the journal's thread."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from agent.journal import file
from agent.journal.chunk import MOST, Chunk, Damaged, State, pack, pack_state, unpack, unpack_state
from agent.journal.file import Newer
from agent.journal.records import Entry, JournalFacts, JournalFault, Report

_RESERVE_BYTES = 2 * file.WAL_PAGES * file.PAGE_BYTES  # free on the disk, so that the log and deletions find room

T = TypeVar("T")


class Store:
    """One file of reports. A call that fails raises JournalFault, and the next one tries again.

    A damaged file is set aside and begun anew, and the call is carried out on the new one.
    """

    def __init__(self, path: Path, max_bytes: int, boot_id: str) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._boot = boot_id
        self._db: sqlite3.Connection | None = None
        self._facts = JournalFacts("", 0, 0, 0, "")
        self._trouble = ""
        self._damage = ""

    def facts(self) -> JournalFacts:
        """Return what is known after the last call."""
        return msgspec.structs.replace(self._facts, fault=self._trouble or self._damage)

    def open(self) -> None:
        """Open the file, or make it."""
        self._do(lambda _: None)

    def close(self) -> None:
        """Close the file. The next call would open it again."""
        if self._db is not None:
            self._db.close()
            self._db = None

    def next_bd_seq(self) -> int:
        """Return 0 the first time, then one more each time, 0 after 255."""

        def count(now: _Transaction) -> int:
            now.bd_seq = (now.bd_seq + 1) % 256
            return now.bd_seq

        return self._do(count)

    def commit(self, reports: Sequence[Report], settled: Sequence[int]) -> list[int]:
        """Delete what is settled and keep the reports; return their numbers. ValueError if one cannot be kept."""

        def exchange(now: _Transaction) -> list[int]:
            now.settle(settled)
            first = now.last_number + 1
            chunks = list(_chunks(first, reports, self._boot))
            bodies = [pack(chunk) for chunk in chunks]
            self._make_room(now, sum(map(_pages, bodies)))
            for chunk, body in zip(chunks, bodies, strict=True):
                now.insert(chunk, body)
            return list(range(first, first + len(reports)))

        return self._do(exchange)

    def oldest(self, count: int, after: int) -> list[Entry]:
        """Return up to `count` reports with numbers above `after`, in order."""

        def read(now: _Transaction) -> list[Entry]:
            entries: list[Entry] = []
            last = after
            while len(entries) < count and (chunk := now.chunk_from(last + 1)) is not None:
                last = chunk.last
                entries += [
                    Entry(number, report, chunk.boot == self._boot)
                    for number, report in zip(chunk.numbers, chunk.reports, strict=True)
                    if number > after
                ]
            if len(entries) < min(count, now.waiting):
                now.check_sum()
            return entries[:count]

        return self._do(read)

    def _do(self, work: Callable[[_Transaction], T]) -> T:
        for _ in range(2):
            try:
                result = self._transact(work)
            except JournalFault as error:
                self._trouble = str(error)
                raise
            except (Damaged, UnicodeDecodeError) as error:  # SQLite's words on a damaged file may hold bytes of it
                self._begin_anew(error)
            except sqlite3.ProgrammingError:
                raise
            except sqlite3.Error as error:
                if not file.is_damage(error):
                    raise self._failed(error) from error
                self._begin_anew(error)
            except OSError as error:
                raise self._failed(error) from error
            else:
                self._trouble = ""
                return result
        self._trouble = f"{self._path}: damaged again as soon as it was begun anew; replace the card"
        raise JournalFault(self._trouble)

    def _transact(self, work: Callable[[_Transaction], T]) -> T:
        if self._db is None:
            self._db = file.open_file(self._path, self._max_bytes)
        db = self._db
        db.execute("BEGIN")
        try:
            now = _Transaction(db)
            result = work(now)
            state = now.write_state()
            db.execute("COMMIT")
        finally:
            if db.in_transaction:
                db.execute("ROLLBACK")
        if now.damaged:
            self._damage = f"{self._path}: {now.damaged} reports were damaged and are dropped"
        self._facts = JournalFacts(state.store_id, state.waiting, state.dropped, file.size_bytes(self._path), "")
        return result

    def _failed(self, error: sqlite3.Error | OSError) -> JournalFault:
        # After an error of the disk nothing that was cached is believed. A full disk is none, and the log keeps its room.
        if not (isinstance(error, sqlite3.Error) and file.is_disk_full(error)):
            self.close()
        fault = file.fault(self._path, error)
        self._trouble = str(fault)
        return fault

    def _begin_anew(self, error: Damaged | UnicodeDecodeError | sqlite3.Error) -> None:
        self.close()
        try:
            aside = file.set_aside(self._path, ".newer" if isinstance(error, Newer) else ".broken")
        except OSError as stuck:
            raise self._failed(stuck) from stuck
        self._damage = f"{self._path}: begun anew ({error}); the old one is kept as {aside.name}"

    def _make_room(self, now: _Transaction, pages: int) -> None:
        """Drop the oldest until so many pages are free. JournalFault if that cannot be, or the disk has no room."""
        most = file.most_pages(self._max_bytes) - file.HEADROOM_PAGES
        if pages > most - file.HEADROOM_PAGES:
            raise JournalFault(f"{self._path}: {pages} kB at once are more than it may hold; raise [uplink] journal_mb")
        while (growth := pages - now.pragma("freelist_count")) > max(0, most - now.pragma("page_count")):
            now.drop_oldest()
        if growth > 0 and file.free_bytes(self._path) < growth * file.PAGE_BYTES + _RESERVE_BYTES:
            raise JournalFault(f"{self._path}: the disk is full; make room on it")


class _Transaction:
    """What is done between BEGIN and COMMIT; the state is written at the end if it has changed."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        row = db.execute("SELECT body FROM state").fetchone()
        if row is None or not isinstance(row[0], bytes):
            raise Damaged("its state is gone")
        self._before = unpack_state(row[0])
        self.bd_seq = self._before.bd_seq
        self.last_number = self._before.last_number
        self.waiting = self._before.waiting
        self.damaged = 0
        self._dropped = self._before.dropped

    def write_state(self) -> State:
        """Return the state as it is now."""
        state = State(self._before.store_id, self.bd_seq, self.last_number, self.waiting, self._dropped)
        if state != self._before:
            self._db.execute("UPDATE state SET body = ?", (pack_state(state),))
        return state

    def pragma(self, name: str) -> int:
        """Return a number that SQLite knows of the file."""
        (number,) = self._db.execute(f"PRAGMA {name}").fetchone()
        return int(number)

    def insert(self, chunk: Chunk, body: bytes) -> None:
        """Keep a new chunk."""
        count = len(chunk.numbers)
        self._db.execute("INSERT INTO chunks VALUES (?, ?, ?)", (chunk.last, count, body))
        self.last_number = chunk.last
        self.waiting += count

    def settle(self, numbers: Sequence[int]) -> None:
        """Delete the reports with these numbers; those that are not there any more are passed over."""
        left = sorted(set(numbers), reverse=True)
        while left and (chunk := self.chunk_from(left[-1])) is not None:
            gone = set()
            while left and left[-1] <= chunk.last:
                gone.add(left.pop())
            kept = [pair for pair in zip(chunk.numbers, chunk.reports, strict=True) if pair[0] not in gone]
            if not kept:
                self._delete(chunk.last)
            elif len(kept) < len(chunk.numbers):
                rest = Chunk(chunk.last, chunk.boot, *zip(*kept, strict=True))
                row = (len(kept), pack(rest), chunk.last)
                self._db.execute("UPDATE chunks SET count = ?, body = ? WHERE last = ?", row)
            self.waiting -= len(chunk.numbers) - len(kept)

    def chunk_from(self, number: int) -> Chunk | None:
        """Return the first chunk that reaches up to this number. Damaged ones before it are dropped and counted."""
        query = "SELECT last, count, body FROM chunks WHERE last >= ? ORDER BY last LIMIT 1"
        while (row := self._db.execute(query, (number,)).fetchone()) is not None:
            last, count, body = row
            if not (isinstance(count, int) and 0 < count <= MOST and isinstance(body, bytes)):
                raise Damaged(f"chunk {last} is not what was written")
            try:
                chunk = unpack(body)
            except Damaged:
                self._drop(last, count)
                self.damaged += count
                continue
            if (chunk.last, len(chunk.numbers)) != (last, count):
                raise Damaged(f"chunk {last} is not what was written")
            return chunk
        return None

    def check_sum(self) -> None:
        """Damaged if there are not as many reports as there should be: a page that was zeroed is silently empty."""
        (there,) = self._db.execute("SELECT total(count) FROM chunks").fetchone()
        if there != self.waiting:
            raise Damaged(f"{self.waiting} reports should be there, and there are {there:.0f}")

    def drop_oldest(self) -> None:
        """Drop the oldest chunk and count its reports. Damaged if there is none, for then the file cannot be full."""
        chunk = self.chunk_from(0)
        if chunk is None:
            raise Damaged("it is empty and full")
        self._drop(chunk.last, len(chunk.numbers))

    def _drop(self, last: int, count: int) -> None:
        self._delete(last)
        self.waiting -= count
        self._dropped += count

    def _delete(self, last: int) -> None:
        if self._db.execute("DELETE FROM chunks WHERE last = ?", (last,)).rowcount != 1:
            raise Damaged(f"chunk {last} cannot be found again")


def _chunks(first: int, reports: Sequence[Report], boot: str) -> Iterator[Chunk]:
    for begin in range(0, len(reports), MOST):
        part = tuple(reports[begin : begin + MOST])
        numbers = tuple(range(first + begin, first + begin + len(part)))
        yield Chunk(numbers[-1], boot, numbers, part)


def _pages(body: bytes) -> int:
    """Return how many pages a new row may take at most, with its share of the tree."""
    return len(body) // (file.PAGE_BYTES - 4) + 3
