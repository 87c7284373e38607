"""The journal as the event loop sees it: every call is carried out by a thread of its own, one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec
import structlog

from agent.journal.budget import Budget
from agent.journal.records import Entry, JournalFacts, JournalFault, Lane, Limits, Report

if TYPE_CHECKING:
    from agent.journal.store import Store

LEAST_BYTES = 1_000_000

T = TypeVar("T")

log = structlog.get_logger()


class Journal:
    """Durable reports: committed, read in order, settled. Calls raise JournalFault; the next one tries again by itself.

    A call that is cancelled may be carried out all the same.
    """

    def __init__(self, path: Path, limits: Limits, boot_id: str) -> None:
        if limits.max_bytes < LEAST_BYTES:
            raise ValueError(f"max_bytes is {limits.max_bytes}; at least {LEAST_BYTES} are needed")
        self._path = path
        self._limits = limits
        self._boot = boot_id
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._store: Store | None = None
        self._facts = JournalFacts("", 0, 0, 0, "")
        self._told = ""
        self._budget = Budget(limits.day_bytes)
        self._refused = ""

    async def open(self) -> None:
        """Open the file, or make it. JournalFault only if nothing can be kept; a damaged file is set aside, and told."""
        await self._do(lambda store: store.open())

    async def next_bd_seq(self) -> int:
        """Return the next bdSeq, 0..255; it is on the disk before this returns."""
        return await self._do(lambda store: store.next_bd_seq())

    async def number(self, count: int) -> tuple[str, int]:
        """Return the store's id and the first of so many new numbers, which nobody else will ever be given."""
        return await self._do(lambda store: store.number(count))

    async def commit(
        self,
        reports: Sequence[Report],
        settled: Sequence[int] = (),
        numbers: Sequence[int] = (),
        *,
        dropped: int = 0,
        offset_ms: int | None = None,
    ) -> list[int]:
        """Keep reports and delete settled ones in one transaction; return the numbers. ValueError if one cannot be kept.

        When it returns they are accepted. After a JournalFault they are not, but may be there all the same, as after a
        crash. JournalFault, too, when as much has been written as may be in a day; what is urgent has a share of its own.
        """
        if not reports and not settled and not dropped:
            return []
        self._look_at_budget(any(report.urgent for report in reports))
        spent = int(self._budget.spent_bytes)
        return await self._do(
            lambda store: store.commit(
                reports, settled, numbers, dropped=dropped, offset_ms=offset_ms, spent_bytes=spent
            )
        )

    async def oldest(self, count: int, after: int = 0, lane: Lane = Lane.TELEMETRY) -> list[Entry]:
        """Return up to `count` reports of a lane with numbers above `after`, in order of numbers."""
        return await self._do(lambda store: store.oldest(count, after, lane))

    async def settle(self, numbers: Sequence[int]) -> None:
        """Delete what is proven delivered; numbers that are not there are passed over."""
        await self.commit((), numbers)

    async def drop(self, numbers: Sequence[int]) -> None:
        """Delete reports that will never be told, and count them."""
        await self._do(lambda store: store.drop(numbers))

    async def quarantine(self, numbers: Sequence[int]) -> None:
        """Put reports aside that no broker takes; they wait no more, and are kept to be looked at."""
        await self._do(lambda store: store.quarantine(numbers))

    def facts(self) -> JournalFacts:
        """Return how the journal was after the last call."""
        self._budget.pass_time(asyncio.get_running_loop().time())
        used_pct = round(self._budget.used_pct, 1)
        return msgspec.structs.replace(self._facts, budget_pct=used_pct, fault=self._facts.fault or self._refused)

    async def close(self) -> None:
        """Close the file and end the thread; nothing can be called after it."""
        try:
            if self._store is not None:
                await self._do(lambda store: store.close())
        finally:
            self._thread.shutdown(wait=False)

    def _look_at_budget(self, urgent: bool) -> None:
        """JournalFault if nothing may be written now."""
        self._budget.pass_time(asyncio.get_running_loop().time())
        if self._budget.allows(urgent):
            self._refused = ""
            return
        day_mb = self._limits.day_bytes / 1e6
        self._refused = (
            f"{self._path}: what may be written in a day ({day_mb:g} MB) is used up; reports wait in memory, and telemetry"
            " is thinned there. Raise [uplink] journal_mb_a_day if the card can take it"
        )
        raise JournalFault(self._refused)

    async def _do(self, work: Callable[[Store], T]) -> T:
        before = self._facts.written_bytes
        opened = self._store is not None
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._in_thread, work)
        finally:
            if self._store is not None and not opened:
                self._budget.begin(self._store.spent_bytes)
            else:
                self._budget.spend(max(0, self._facts.written_bytes - before))
            self._tell()

    def _in_thread(self, work: Callable[[Store], T]) -> T:
        if self._store is None:
            from agent.journal.store import Store  # noqa: PLC0415 - no sqlite3 where there is no uplink

            self._store = Store(self._path, self._limits, self._boot)
        try:
            return work(self._store)
        finally:
            self._facts = self._store.facts()

    def _tell(self) -> None:
        """Log a fault when it begins and when it has ended."""
        fault = self.facts().fault
        if fault == self._told:
            return
        self._told = fault
        if fault:
            log.error("journal_fault", fault=fault)
        else:
            log.info("journal_well", waiting=self._facts.waiting)
