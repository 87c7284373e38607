"""The journal as the event loop sees it: every call is carried out by a thread of its own, one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import structlog

from agent.journal.records import Entry, JournalFacts, Report

if TYPE_CHECKING:
    from agent.journal.store import Store

LEAST_BYTES = 1_000_000

T = TypeVar("T")

log = structlog.get_logger()


class Journal:
    """Durable reports: committed, read in order, settled. Calls raise JournalFault; the next one tries again by itself.

    A call that is cancelled may be carried out all the same.
    """

    def __init__(self, path: Path, max_bytes: int, boot_id: str) -> None:
        if max_bytes < LEAST_BYTES:
            raise ValueError(f"max_bytes is {max_bytes}; at least {LEAST_BYTES} are needed")
        self._path = path
        self._max_bytes = max_bytes
        self._boot = boot_id
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._store: Store | None = None
        self._facts = JournalFacts("", 0, 0, 0, "")
        self._told = ""

    async def open(self) -> None:
        """Open the file, or make it. JournalFault only if nothing can be kept; a damaged file is set aside, and told."""
        await self._do(lambda store: store.open())

    async def next_bd_seq(self) -> int:
        """Return the next bdSeq, 0..255; it is on the disk before this returns."""
        return await self._do(lambda store: store.next_bd_seq())

    async def commit(self, reports: Sequence[Report], settled: Sequence[int] = ()) -> list[int]:
        """Keep reports and delete settled ones in one transaction; return the numbers. ValueError if one cannot be kept.

        When it returns they are accepted. After a JournalFault they are not, but may be there all the same, as after a crash.
        """
        if not reports and not settled:
            return []
        return await self._do(lambda store: store.commit(reports, settled))

    async def oldest(self, count: int, after: int = 0) -> list[Entry]:
        """Return up to `count` reports with numbers above `after`, in order of numbers."""
        return await self._do(lambda store: store.oldest(count, after))

    async def settle(self, numbers: Sequence[int]) -> None:
        """Delete what is proven delivered; numbers that are not there are passed over."""
        await self.commit((), numbers)

    def facts(self) -> JournalFacts:
        """Return how the journal was after the last call."""
        return self._facts

    async def close(self) -> None:
        """Close the file and end the thread; nothing can be called after it."""
        try:
            if self._store is not None:
                await self._do(lambda store: store.close())
        finally:
            self._thread.shutdown(wait=False)

    async def _do(self, work: Callable[[Store], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._in_thread, work)
        finally:
            self._tell()

    def _in_thread(self, work: Callable[[Store], T]) -> T:
        if self._store is None:
            from agent.journal.store import Store  # noqa: PLC0415 - no sqlite3 where there is no uplink

            self._store = Store(self._path, self._max_bytes, self._boot)
        try:
            return work(self._store)
        finally:
            self._facts = self._store.facts()

    def _tell(self) -> None:
        """Log a fault when it begins and when it has ended."""
        fault = self._facts.fault
        if fault == self._told:
            return
        self._told = fault
        if fault:
            log.error("journal_fault", fault=fault)
        else:
            log.info("journal_well", waiting=self._facts.waiting)
