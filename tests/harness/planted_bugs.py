"""Bugs on purpose: a campaign that does not find them finds nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from agent.journal import file
from agent.journal.journal import Journal
from agent.journal.records import Numbered, Report
from agent.journal.transaction import Transaction
from agent.uplink.outbox import Outbox


def _accepted_before_it_is_committed() -> None:
    """The numbers are told as soon as they are known, and the commit comes in its own time."""
    commit = Journal.commit
    under_way: list[Any] = []

    async def early(
        self: Journal, reports: Sequence[Report], settled: Sequence[int] = (), *rest: Any, **more: Any
    ) -> Any:
        import asyncio

        for before in under_way:
            await asyncio.wait([before])
        _, first = await self.number(max(1, len(reports)))
        numbers = list(range(first, first + len(reports)))
        under_way[:] = [asyncio.ensure_future(commit(self, reports, settled, numbers, **more))]
        return numbers

    Journal.commit = early  # type: ignore[method-assign]


def _wal_in_normal() -> None:
    open_file = file.open_file

    def normal(path: Path, max_bytes: int) -> sqlite3.Connection:
        db = open_file(path, max_bytes)
        db.execute("PRAGMA synchronous = NORMAL")
        return db

    file.open_file = normal


def _numbering_restarts() -> None:
    """As that of a plain primary key does when the table is empty."""
    end = Transaction.end

    def forgetful(self: Transaction) -> int:
        if self.state.waiting == 0:
            self.state.last_number = 0
        return end(self)

    Transaction.end = forgetful  # type: ignore[method-assign]


def _forgotten_requeue() -> None:
    def lost(self: Outbox) -> None:
        self._sent.clear()
        self._proven = self._mark

    Outbox.lost = lost  # type: ignore[method-assign]


def _proven_when_sent() -> None:
    """What the socket took is believed to be with the broker."""
    sent = Outbox.sent

    def believed(self: Outbox, numbered: Sequence[Numbered]) -> None:
        sent(self, numbered)
        self.proven(self.mark())

    Outbox.sent = believed  # type: ignore[method-assign]


def _numbered_anew() -> None:
    """What goes back into the journal gets another number than the one that it was sent with."""
    lost = Outbox.lost

    def anew(self: Outbox) -> None:
        lost(self)
        self._kept.extend([(0, self._kept.popleft()[1]) for _ in range(len(self._kept))])

    Outbox.lost = anew  # type: ignore[method-assign]


BUGS: dict[str, Callable[[], None]] = {
    "accepted before it is committed": _accepted_before_it_is_committed,
    "WAL in NORMAL": _wal_in_normal,
    "numbering restarts": _numbering_restarts,
    "forgotten requeue": _forgotten_requeue,
    "proven when sent": _proven_when_sent,
    "numbered anew": _numbered_anew,
}


def plant(name: str) -> None:
    """Put a bug into this process."""
    BUGS[name]()
