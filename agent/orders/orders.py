"""What was ordered, and outlives a restart: overrides of lamps and the commands that were carried out, in one small file."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

import structlog

from agent.clock import Clock
from agent.control.leases import TERMS, Lease, LeaseBook
from agent.orders.ledger import Ledger
from agent.orders.lines import Line, State, encode, whole
from agent.orders.log import OrdersLog
from agent.orders.overrides import NOTE_EVERY_S, KeptLease, Noted, kept, passed_s

FILE = "orders.lines"
_LOOK_EVERY_S = 10.0  # for a clock that is trusted by now

log = structlog.get_logger()

Slot = tuple[int, str]  # a lamp by its number, and a rung


class Orders:
    """Keeps overrides and commands. `commit` writes at once, in a thread; what follows waits for the disk."""

    def __init__(self, path: Path, clock: Clock, boot: str, book: LeaseBook, lamps: Mapping[str, int]) -> None:
        self._log = OrdersLog(path)
        self._clock = clock
        self._boot = boot
        self._book = book
        self._lamps = lamps
        self._names = {number: lamp for lamp, number in lamps.items()}
        self._coming: dict[Slot, Lease | None] = {}  # committed before it is in force; none: a release
        self._waiting: list[Callable[[], None]] = []
        self._batch: list[Callable[[], None]] = []  # of what is being written
        self._writing: asyncio.Task[None] | None = None
        self._guessed: dict[Slot, tuple[Lease, KeptLease]] = {}  # whose end a trusted clock will put right
        self._guessed_from: Noted | None = None
        self._noted_s = clock.mono_s()
        self._rebooted = False
        self.ledger = Ledger()
        book.changed = self.commit

    @property
    def fault(self) -> str:
        """Return why nothing can be kept; empty if it can."""
        return self._log.fault

    def restore(self) -> None:
        """Put in force what was kept, for as long as is left of it."""
        found = self._log.read()
        if found is None:
            return
        before = found.state
        self.ledger.load(found.seen, {} if before is None else before.counters)
        if before is None:
            return
        now = self._now()
        gone_s, exact = passed_s(before.noted, now)
        self._rebooted = before.noted.boot != now.boot
        if not exact:
            self._guessed_from = before.noted
        for one in before.leases:
            self._revive(one, gone_s, now.mono_s)

    def commit(
        self, then: Callable[[], None] = lambda: None, change: Mapping[Slot, Lease | None] | None = None
    ) -> None:
        """Write what is in force, with a change that comes into force by `then`, which is called when it is on the disk.

        Where it cannot be kept `then` is called all the same, and `fault` says why.
        """
        self._coming |= change or {}
        self._waiting.append(then)
        if self._writing is None:
            self._writing = asyncio.get_running_loop().create_task(self._write(), name="orders-commit")

    def after(self, then: Callable[[], None]) -> None:
        """Call `then` when all that was committed is on the disk: at once, if it is."""
        if self._writing is None:
            then()
        else:
            (self._waiting or self._batch).append(then)

    async def run(self) -> None:
        """Note again and again what is left of overrides; put right what was guessed when a clock is trusted."""
        if self._rebooted:
            self.commit()  # or each of many short boots would have as much of an override as the first
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            self.look()

    def look(self) -> None:
        """Do so once."""
        now = self._now()
        if self._guessed and self._guessed_from is not None and now.wall_ms is not None:
            self._put_right(self._guessed_from, now)
        if now.mono_s - self._noted_s > NOTE_EVERY_S - _LOOK_EVERY_S and self._book.all(now.mono_s):
            self.commit()

    async def stop(self) -> None:
        """Note all once more: how much is left, and what became of the last commands."""
        self.commit()
        if self._writing is not None:
            await self._writing
        self._log.close()

    def _revive(self, one: KeptLease, gone_s: float, now_s: float) -> None:
        lamp, left_s = self._lamps.get(one.lamp), one.left_s - gone_s
        if lamp is None or one.rung not in TERMS or left_s <= 0.0:
            log.info("override_over", lamp=one.lamp, rung=one.rung, holder=one.holder)
            return
        left_s = min(left_s, TERMS[one.rung].longest_s)
        lease = Lease(one.rung, one.holder, one.level_pct, now_s + left_s, one.command)
        self._book.put(lamp, lease)
        if self._guessed_from is not None:
            self._guessed[lamp, one.rung] = lease, one
        log.info("override_goes_on", lamp=one.lamp, rung=one.rung, holder=one.holder, left_s=round(left_s))

    def _put_right(self, noted: Noted, now: Noted) -> None:
        """Let overrides that were guessed end when they were to end, if that is sooner."""
        gone_s, exact = passed_s(noted, now)
        for (lamp, rung), (lease, one) in self._guessed.items() if exact else ():
            until_s = min(lease.until_s, now.mono_s + one.left_s - gone_s)
            if self._book.holder(lamp, rung, now.mono_s) is lease and until_s < lease.until_s:
                self._book.shorten(lamp, lease, until_s)
        self._guessed.clear()
        self.commit()

    def _now(self) -> Noted:
        wall = self._clock.wall()
        wall_ms = round(wall.utc.timestamp() * 1000) if wall.trusted else None
        return Noted(self._boot, self._clock.mono_s(), wall_ms)

    def _state(self) -> State:
        """Return what is in force now, or comes into force as soon as it is kept."""
        now = self._now()
        held = {slot: lease for slot, lease in (self._book.all(now.mono_s) | self._coming).items() if lease is not None}
        leases = [kept(self._names[lamp], lease, now.mono_s) for (lamp, _), lease in held.items()]
        return State(now, leases, self.ledger.counters)

    async def _write(self) -> None:
        try:
            while self._waiting:
                self._batch, self._waiting = self._waiting, []
                coming, self._noted_s = dict(self._coming), self._clock.mono_s()
                await self._keep()
                for then in self._batch:
                    then()
                self._coming = {slot: one for slot, one in self._coming.items() if coming.get(slot, self) is not one}
        finally:
            self._writing = None

    async def _keep(self) -> None:
        """Write what is new, or all of it; encoded here, since the ledger goes on."""
        line = encode(Line(self.ledger.news(), self._state()))
        if not (self._log.fits(line) and await asyncio.to_thread(self._log.add, line)):
            await asyncio.to_thread(self._log.make, whole(self.ledger.all(), self._state()))
