"""What the outbox keeps goes into the journal: at once what is urgent, all else every few seconds, with what is proven."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections import deque
from collections.abc import Callable

import structlog

from agent.journal.journal import Journal
from agent.journal.records import JournalFault
from agent.uplink.edge import Stamp, stamped
from agent.uplink.outbox import NUMBERS_AT_ONCE, Load, Outbox

COMMIT_EVERY_S = 9.0  # with the commit itself, nothing waits longer than 10 s
COMMIT_AT_ONCE = 4000
LOOK_EVERY_S = 1.0  # where the platform proves: what has waited for that is committed
_LOOKS = 8  # after so many: a platform that stores every 5 s is in time, and its telemetry never touches the card

log = structlog.get_logger()


class Keeping:
    """`tell` is called when the journal may have changed. `late_proofs`: they may come late, or never."""

    def __init__(
        self,
        journal: Journal,
        outbox: Outbox,
        stamp: Callable[[], Stamp],
        tell: Callable[[], None],
        *,
        late_proofs: bool = False,
    ) -> None:
        self._journal = journal
        self._outbox = outbox
        self._stamp = stamp
        self._tell = tell
        self._urgent = asyncio.Event()
        self._late_proofs = late_proofs
        self._marks: deque[int] = deque(maxlen=_LOOKS)  # of the outbox, at the last looks
        self._turn = outbox.turn
        self._silent = False

    async def open(self) -> None:
        """Open the journal, and see to numbers."""
        with contextlib.suppress(JournalFault):  # told by the journal; without it the newest reports stay in memory
            await self._journal.open()
        await self.number()

    async def run(self) -> None:
        """Commit again and again, until cancelled."""
        loop = asyncio.get_running_loop()
        due_s = loop.time() + COMMIT_EVERY_S
        look_s = loop.time() + LOOK_EVERY_S if self._late_proofs else math.inf
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(min(due_s, look_s)):
                    await self._urgent.wait()
            urgent, late = self._urgent.is_set(), False
            self._urgent.clear()
            if loop.time() >= look_s:
                look_s, late = loop.time() + LOOK_EVERY_S, self._look()
            only_urgent = loop.time() < due_s and not late
            if only_urgent and not urgent:
                continue
            if not only_urgent:
                due_s = loop.time() + COMMIT_EVERY_S
            await self.commit(only_urgent=only_urgent)
            await self.number()

    def hurry(self) -> None:
        """See to it that what is urgent is committed now."""
        if self._outbox.urgent:
            self._urgent.set()

    async def commit(self, *, only_urgent: bool = False) -> None:
        """Put all that is kept into the journal. A journal that cannot is told once, and tried again."""
        while True:
            load = self._outbox.to_commit(COMMIT_AT_ONCE, only_urgent=only_urgent)
            if not (load.reports or ((load.settled or load.dropped) and not only_urgent)):
                break
            committing = asyncio.ensure_future(self._commit(load))
            try:
                committed = await asyncio.shield(committing)
            except asyncio.CancelledError:  # its thread goes on, and what it has committed must not be committed again
                await asyncio.wait([committing])
                raise
            if not committed:
                break
        self._tell()

    async def number(self) -> None:
        """See to it that reports can be numbered, by the store that there is now."""
        self._outbox.store(self._journal.facts().store_id)
        if self._outbox.needs_numbers:
            with contextlib.suppress(JournalFault):
                self._outbox.give(*await self._journal.number(NUMBERS_AT_ONCE))

    def _look(self) -> bool:
        """Let what waits long for its proof rest in the journal; return whether something is to be committed now."""
        late = len(self._marks) == _LOOKS and self._outbox.rest(self._marks[0])
        turned, self._turn = self._turn != self._outbox.turn, self._outbox.turn
        self._marks.append(self._outbox.mark())
        if late and not self._silent:
            log.warning("platform_silent", unproven=self._outbox.unproven, after_s=_LOOKS * LOOK_EVERY_S)
            self._silent = True
        elif self._silent and not self._outbox.unproven:
            log.info("platform_stores")
            self._silent = False
        return late or (turned and self._outbox.kept > 0)  # a birth has sent back what waited already

    async def _commit(self, load: Load) -> bool:
        """Have a transaction done. False if the journal has a fault: it has told it, and tries again with the next call."""
        stamp = self._stamp()
        reports = [stamped(report, stamp) if stamp.trusted else report for report in load.reports]
        offset_ms = stamp.ms(0.0) if stamp.trusted else None
        try:
            numbers = await self._journal.commit(
                reports, load.settled, load.numbers, dropped=load.dropped, offset_ms=offset_ms
            )
        except JournalFault:
            self._outbox.again(load)
            return False
        except ValueError as error:
            halves = load.halves()
            if halves:  # one that cannot be kept must not take the others with it
                return all([await self._commit(half) for half in halves])
            self._outbox.drop(1)
            report = load.reports[0]
            log.warning("report_dropped", device=report.device, metric=report.metric, reason=str(error))
            return True
        self._outbox.store(self._journal.facts().store_id)
        self._outbox.committed(load, numbers)
        return True
