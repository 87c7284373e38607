"""The journal's transactions. Blocking: lives in the journal's thread."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from agent.journal import file
from agent.journal.chunk import Chunk, Damaged, pack
from agent.journal.file import Newer
from agent.journal.records import TOLD, Entry, JournalFacts, JournalFault, Lane, Limits, Numbered, Report
from agent.journal.salvage import salvage
from agent.journal.transaction import Transaction, chunks, pages_of

_RESERVE_BYTES = 2 * file.WAL_PAGES * file.PAGE_BYTES  # free on the disk, so that the log and deletions find room
_SALVAGE_AT_ONCE = 32  # chunks a transaction

T = TypeVar("T")


class Store:
    """One file of reports. A call that fails raises JournalFault, and the next one tries again.

    A damaged file is set aside and begun anew with what can be read of it, and the call is carried out on the new one.
    """

    def __init__(self, path: Path, limits: Limits, boot_id: str) -> None:
        self._path = path
        self._limits = limits
        self._boot = boot_id
        self._db: sqlite3.Connection | None = None
        self._facts = JournalFacts("", 0, 0, 0, "")
        self._trouble = ""
        self._damage = ""
        self.spent_bytes = 0  # what is in the bucket of the day's writes, as the file has it

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

        def count(now: Transaction) -> int:
            now.state.bd_seq = (now.state.bd_seq + 1) % 256
            return now.state.bd_seq

        return self._do(count)

    def number(self, count: int) -> tuple[str, int]:
        """Return the store's id and the first of so many new numbers, which nobody else will be given."""
        return self._do(lambda now: (now.state.store_id, now.number(count)))

    def commit(  # noqa: PLR0913 - all of one transaction
        self,
        reports: Sequence[Report],
        settled: Sequence[int],
        numbers: Sequence[int] = (),
        *,
        dropped: int = 0,
        offset_ms: int | None = None,
        spent_bytes: int | None = None,
    ) -> list[int]:
        """Delete what is settled and keep the reports; return their numbers. ValueError if one cannot be kept.

        `numbers` they have already, 0 = none; one that is not above all others of its lane is given a new one. `dropped`
        were lost elsewhere. `offset_ms` makes wall time of monotonic time. `spent_bytes` is what the bucket holds by now.
        """

        known = self._facts.store_id

        def exchange(now: Transaction) -> list[int]:
            same = now.state.store_id == known  # numbers of a store that was set aside mean nothing in the new one
            now.settle(settled if same else ())
            now.state.dropped += dropped
            if spent_bytes is not None:
                now.state.spent_bytes = spent_bytes
            if offset_ms is not None:
                now.know_offset(offset_ms)
            numbered = list(zip(_numbered(now, reports, numbers if same else ()), reports, strict=True))
            self._keep(now, numbered, self._boot)
            return [number for number, _ in numbered]

        return self._do(exchange)

    def oldest(self, count: int, after: int, lane: Lane = Lane.TELEMETRY) -> list[Entry]:
        """Return up to `count` reports of a lane with numbers above `after`, in order."""

        def read(now: Transaction) -> list[Entry]:
            entries: list[Entry] = []
            last = after
            while len(entries) < count and (chunk := now.chunk_from(lane, last + 1)) is not None:
                last = chunk.last
                entries += [entry for entry in self._entries(now, lane, chunk) if entry.number > after]
            if lane is Lane.TELEMETRY and len(entries) < min(count, now.state.waiting):
                now.check_sum()
            return entries[:count]

        return self._do(read)

    def drop(self, numbers: Sequence[int]) -> None:
        """Delete reports that will never be told, and count them."""
        known = self._facts.store_id
        self._do(lambda now: now.drop(numbers if now.state.store_id == known else ()))

    def quarantine(self, numbers: Sequence[int]) -> None:
        """Put reports aside that no broker takes."""
        known = self._facts.store_id
        self._do(lambda now: now.quarantine(numbers if now.state.store_id == known else ()))

    def _entries(self, now: Transaction, lane: Lane, chunk: Chunk) -> Iterator[Entry]:
        ours = chunk.boot == self._boot
        offset_ms = None if ours else now.state.offsets_ms.get(chunk.boot)
        for number, report in zip(chunk.numbers, chunk.reports, strict=True):
            wall_ms = report.wall_ms
            if wall_ms is None and offset_ms is not None:
                wall_ms = round(report.mono_s * 1000) + offset_ms
            if wall_ms is not report.wall_ms or lane is Lane.URGENT:
                report = msgspec.structs.replace(report, wall_ms=wall_ms, urgent=lane is Lane.URGENT)  # noqa: PLW2901
            yield Entry(number, report, ours)

    def _keep(self, now: Transaction, numbered: Sequence[Numbered], boot: str) -> None:
        """Put reports into their lanes, and make the room that they need."""
        packed = []
        for lane in TOLD:
            of_lane = [pair for pair in numbered if pair[1].urgent is (lane is Lane.URGENT)]
            packed += [(lane, chunk, pack(chunk)) for chunk in chunks(of_lane, boot)]
        self._make_room(now, sum(pages_of(body) for *_, body in packed), len(numbered))
        for lane, chunk, body in packed:
            now.insert(lane, chunk, body)

    def _do(self, work: Callable[[Transaction], T]) -> T:
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

    def _transact(self, work: Callable[[Transaction], T]) -> T:
        if self._db is None:
            self._db = file.open_file(self._path, self._limits.max_bytes)
        db = self._db
        db.execute("BEGIN")
        try:
            now = Transaction(db, self._boot)
            result = work(now)
            now.end()
            db.execute("COMMIT")
        finally:
            if db.in_transaction:
                db.execute("ROLLBACK")
        if now.damaged:
            self._damage = f"{self._path}: {now.damaged} reports were damaged and are dropped"
        state = now.state
        self.spent_bytes = state.spent_bytes
        self._facts = JournalFacts(
            state.store_id,
            state.waiting,
            state.dropped,
            file.size_bytes(self._path),
            "",
            state.thinned,
            state.quarantined,
            state.written_bytes,
        )
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
        saved = 0
        # What cannot be saved now is kept aside all the same: the street's reports of today come first.
        with contextlib.suppress(JournalFault, Damaged, sqlite3.Error, OSError, UnicodeDecodeError, ValueError):
            for part in _parts(aside):
                self._transact(lambda now, part=part: self._save(now, part))  # type: ignore[misc]
                saved += sum(len(chunk.numbers) for _, chunk in part)
        self._damage = (
            f"{self._path}: begun anew ({error}); {saved} reports could be read, the old one is kept as {aside.name}"
        )

    def _save(self, now: Transaction, part: Sequence[tuple[Lane, Chunk]]) -> None:
        for lane, chunk in part:
            reports = [msgspec.structs.replace(report, urgent=lane is Lane.URGENT) for report in chunk.reports]
            first = now.number(len(reports))
            self._keep(now, list(enumerate(reports, first)), chunk.boot)

    def _make_room(self, now: Transaction, pages: int, reports: int) -> None:
        """Thin and drop the oldest until so much fits. JournalFault if that cannot be, or the disk has no room."""
        most = file.most_pages(self._limits.max_bytes) - file.HEADROOM_PAGES
        if pages > most - file.HEADROOM_PAGES:
            raise JournalFault(f"{self._path}: {pages} kB at once are more than it may hold; raise [uplink] journal_mb")
        while reports and now.state.waiting > max(0, self._limits.max_reports - reports):
            now.relieve()
        while (growth := pages - now.pragma("freelist_count")) > max(0, most - now.pragma("page_count")):
            now.relieve()
        if growth > 0 and file.free_bytes(self._path) < growth * file.PAGE_BYTES + _RESERVE_BYTES:
            raise JournalFault(f"{self._path}: the disk is full; make room on it")


def _numbered(now: Transaction, reports: Sequence[Report], numbers: Sequence[int]) -> Iterator[int]:
    """Yield a number for each report: its own, if it has one that is above all that its lane has, else a new one."""
    last = {urgent: now.last_of(Lane.URGENT if urgent else Lane.TELEMETRY) for urgent in (False, True)}
    for place, report in enumerate(reports):
        number = numbers[place] if numbers else 0
        if not last[report.urgent] < number <= now.state.last_number:
            number = now.number(1)
        last[report.urgent] = number
        yield number


def _parts(aside: Path) -> Iterator[list[tuple[Lane, Chunk]]]:
    part: list[tuple[Lane, Chunk]] = []
    for lane, chunk in salvage(aside):
        part.append((lane, chunk))
        if len(part) == _SALVAGE_AT_ONCE:
            yield part
            part = []
    if part:
        yield part
