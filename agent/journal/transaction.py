"""What is done to the journal's file between BEGIN and COMMIT. Blocking: lives in the journal's thread."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from agent.journal import file
from agent.journal.chunk import MOST, Chunk, Damaged, pack, pack_state, unpack, unpack_state
from agent.journal.records import TOLD, Lane, Numbered
from agent.journal.thinning import thin

MOST_QUARANTINED = 1000
_THIN_AT_ONCE = 16  # chunks
_WHOLE_SHARE = 4  # the newest quarter of what was numbered keeps all reports as long as it can
_ONE_BOOT = 8  # boots whose offset is remembered
_ALWAYS_PAGES = 3  # of a commit: the state, the tables' roots
_BLOCK = 4096  # what a card writes at least
_COMMIT_BLOCKS = 4  # one that is begun by the commit before, and what ext4 writes of its own


class Transaction:
    """Works on the tables; `state` is written at the end if it has changed. Lanes are tables, rows are chunks."""

    def __init__(self, db: sqlite3.Connection, boot: str) -> None:
        self._db = db
        self._boot = boot
        row = db.execute("SELECT body FROM state").fetchone()
        if row is None or not isinstance(row[0], bytes):
            raise Damaged("its state is gone")
        self._before = row[0]
        self._pages = 0
        self.state = unpack_state(row[0])
        self.damaged = 0

    def end(self) -> int:
        """Write the state; return how many bytes the card writes for all of it, to the log and later to the file."""
        if not self._pages and pack_state(self.state) == self._before:
            return 0
        pages = self._pages + _ALWAYS_PAGES
        log = -(-pages * (file.PAGE_BYTES + 24) // _BLOCK) + _COMMIT_BLOCKS
        written = log * _BLOCK + pages * file.PAGE_BYTES
        self.state.written_bytes += written
        self.state.spent_bytes += written
        self._db.execute("UPDATE state SET body = ?", (pack_state(self.state),))
        return written

    def pragma(self, name: str) -> int:
        """Return a number that SQLite knows of the file."""
        (number,) = self._db.execute(f"PRAGMA {name}").fetchone()
        return int(number)

    def know_offset(self, offset_ms: int) -> None:
        """Keep what makes wall time of this boot's monotonic times; reports of it can be dated after the next boot."""
        known = self.state.offsets_ms.get(self._boot)
        if known is None or abs(known - offset_ms) > 1000:
            others = [(boot, ms) for boot, ms in self.state.offsets_ms.items() if boot != self._boot]
            self.state.offsets_ms = dict([*others[1 - _ONE_BOOT :], (self._boot, offset_ms)])

    def number(self, count: int) -> int:
        """Return the first of so many new numbers."""
        first = self.state.last_number + 1
        self.state.last_number += count
        return first

    def insert(self, lane: Lane, chunk: Chunk, body: bytes, thinned: int = 0) -> None:
        """Keep a chunk, whose numbers are above all that the lane has; `body` is what it was packed to."""
        self._pages += pages_of(body)
        row = (chunk.last, len(chunk.numbers), thinned, body)
        self._db.execute(f"INSERT INTO {lane} VALUES (?, ?, ?, ?)", row)  # noqa: S608 - a lane's name
        if lane is Lane.QUARANTINE:
            self.state.quarantined += len(chunk.numbers)
        else:
            self.state.waiting += len(chunk.numbers)

    def last_of(self, lane: Lane) -> int:
        """Return the highest number of a lane's chunks."""
        (last,) = self._db.execute(f"SELECT max(last) FROM {lane}").fetchone()  # noqa: S608 - a lane's name
        return last or 0

    def settle(self, numbers: Iterable[int]) -> None:
        """Delete the reports with these numbers; those that are not there any more are passed over."""
        for lane in TOLD:
            for _ in self._take(lane, numbers):
                pass

    def drop(self, numbers: Iterable[int]) -> None:
        """Delete reports that will never be told, and count them."""
        for lane in TOLD:
            self.state.dropped += sum(len(chunk.numbers) for chunk in self._take(lane, numbers))

    def quarantine(self, numbers: Sequence[int]) -> None:
        """Put reports aside: they block no others, and stay to be looked at. Beyond the most, the oldest are dropped."""
        for lane in TOLD:
            for chunk in self._take(lane, numbers):
                place = max(self.last_of(Lane.QUARANTINE) + 1, chunk.last)
                aside = Chunk(place, chunk.boot, chunk.numbers, chunk.reports)
                self.insert(Lane.QUARANTINE, aside, pack(aside))
        while self.state.quarantined > MOST_QUARANTINED and (old := self.chunk_from(Lane.QUARANTINE, 0)) is not None:
            self._drop(Lane.QUARANTINE, old.last, len(old.numbers))

    def chunk_from(self, lane: Lane, number: int) -> Chunk | None:
        """Return the first chunk that reaches up to this number. Damaged ones before it are dropped and counted."""
        query = f"SELECT last, count, body FROM {lane} WHERE last >= ? ORDER BY last LIMIT 1"  # noqa: S608 - a lane's name
        while (row := self._db.execute(query, (number,)).fetchone()) is not None:
            last, count, body = row
            if not (isinstance(count, int) and 0 < count <= MOST and isinstance(body, bytes)):
                raise Damaged(f"chunk {last} is not what was written")
            try:
                chunk = unpack(body)
            except Damaged:
                self._drop(lane, last, count)
                self.damaged += count
                continue
            if (chunk.last, len(chunk.numbers)) != (last, count):
                raise Damaged(f"chunk {last} is not what was written")
            return chunk
        return None

    def check_sum(self) -> None:
        """Damaged if there are not as many reports as there should be: a page that was zeroed is silently empty."""
        there = sum(self._count(lane) for lane in TOLD)
        if there != self.state.waiting:
            raise Damaged(f"{self.state.waiting} reports should be there, and there are {there}")

    def relieve(self) -> None:
        """Make some room: thin old telemetry, else drop the oldest of it, else what is urgent. Damaged if nothing is there."""
        if self._thin():
            return
        for lane in reversed(TOLD):
            if (chunk := self.chunk_from(lane, 0)) is not None:
                self._drop(lane, chunk.last, len(chunk.numbers))
                return
        if (chunk := self.chunk_from(Lane.QUARANTINE, 0)) is None:
            raise Damaged("it is empty and full")
        self._drop(Lane.QUARANTINE, chunk.last, len(chunk.numbers))

    def _thin(self) -> bool:
        """Thin the oldest telemetry that is not thinned yet; False if all but the newest quarter is."""
        query = "SELECT last FROM telemetry WHERE thinned = 0 ORDER BY last LIMIT ?"
        lasts = [last for (last,) in self._db.execute(query, (_THIN_AT_ONCE,))]
        oldest = self.chunk_from(Lane.TELEMETRY, 0)
        if oldest is None or not lasts:
            return False
        span = self.state.last_number - oldest.numbers[0]
        whole_from = self.state.last_number - span // _WHOLE_SHARE
        found: list[Chunk] = []
        for last in lasts:
            chunk = self.chunk_from(Lane.TELEMETRY, last)
            if chunk is None or chunk.last != last or last > whole_from or (found and chunk.boot != found[0].boot):
                break
            found.append(chunk)
        if not found:
            return False
        self._replace(found)
        return True

    def _replace(self, found: Sequence[Chunk]) -> None:
        """Put what stands for these chunks into their place."""
        before = [pair for chunk in found for pair in zip(chunk.numbers, chunk.reports, strict=True)]
        left = thin(before)
        for chunk in found:
            self._delete(Lane.TELEMETRY, chunk.last)
            self.state.waiting -= len(chunk.numbers)
        for chunk in chunks(left, found[0].boot):
            self.insert(Lane.TELEMETRY, chunk, pack(chunk), 1)
        self.state.thinned += len(before) - len(left)

    def _take(self, lane: Lane, numbers: Iterable[int]) -> Iterator[Chunk]:
        """Take reports out of a lane; yield, as chunks, what was taken."""
        left = sorted(set(numbers), reverse=True)
        while left and (chunk := self.chunk_from(lane, left[-1])) is not None:
            wanted = set()
            while left and left[-1] <= chunk.last:
                wanted.add(left.pop())
            pairs = list(zip(chunk.numbers, chunk.reports, strict=True))
            kept = [pair for pair in pairs if pair[0] not in wanted]
            if len(kept) == len(pairs):
                continue
            if kept:
                self._update(lane, Chunk(chunk.last, chunk.boot, *zip(*kept, strict=True)))
            else:
                self._delete(lane, chunk.last)
            self.state.waiting -= len(pairs) - len(kept)
            gone = [pair for pair in pairs if pair[0] in wanted]
            yield Chunk(gone[-1][0], chunk.boot, *zip(*gone, strict=True))

    def _update(self, lane: Lane, chunk: Chunk) -> None:
        body = pack(chunk)
        self._pages += pages_of(body)
        row = (len(chunk.numbers), body, chunk.last)
        self._db.execute(f"UPDATE {lane} SET count = ?, body = ? WHERE last = ?", row)  # noqa: S608 - a lane's name

    def _drop(self, lane: Lane, last: int, count: int) -> None:
        self._delete(lane, last)
        self.state.dropped += count
        if lane is Lane.QUARANTINE:
            self.state.quarantined -= count
        else:
            self.state.waiting -= count

    def _delete(self, lane: Lane, last: int) -> None:
        self._pages += 2
        if self._db.execute(f"DELETE FROM {lane} WHERE last = ?", (last,)).rowcount != 1:  # noqa: S608 - a lane's name
            raise Damaged(f"chunk {last} cannot be found again")

    def _count(self, lane: Lane) -> int:
        (there,) = self._db.execute(f"SELECT total(count) FROM {lane}").fetchone()  # noqa: S608 - a lane's name
        return int(there)


def chunks(numbered: Sequence[Numbered], boot: str) -> Iterator[Chunk]:
    """Yield reports with their numbers as chunks."""
    for begin in range(0, len(numbered), MOST):
        part = numbered[begin : begin + MOST]
        yield Chunk(part[-1][0], boot, tuple(number for number, _ in part), tuple(report for _, report in part))


def pages_of(body: bytes) -> int:
    """Return how many pages a new row may take at most, with its share of the tree."""
    return len(body) // (file.PAGE_BYTES - 4) + 3
