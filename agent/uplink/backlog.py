"""What the journal has kept goes up as history, piece by piece, while a connection lasts; live data have the right of way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import msgspec
import structlog

from agent.clock import Clock, until_next_s
from agent.journal.journal import Journal
from agent.journal.records import TOLD, Entry, JournalFault, Lane
from agent.uplink.edge import EdgeNode, Stamp
from agent.uplink.mqtt import MqttSession
from agent.uplink.outbox import Outbox
from agent.uplink.suspects import TRIES, Suspects

FIRST_PIECE, LEAST_PIECE, MOST_PIECE = 100, 10, 500
# A piece that is proven so soon may be followed by a larger one; live data never wait longer than for a piece.
SOON_S, LATE_S = 0.25, 0.5
HANGS_UP_WITHIN_S = 3.0  # a broker that does not like a message does not wait; a line that fails is found after longer
CALM_S = 2.0  # so long a connection must have held before it is trusted to tell which report it breaks on
MOST_AHEAD = 5_000  # reports that were sent as history and are not proven: a platform that is silent gets no more
AFTER_FAULT_S = 10.0  # of the journal
LOOK_EVERY_S = 1.0
# What a broker says over MQTT 5 (3.14.2.1 there) when it ends a connection for something else than what was sent.
_OTHER_REASONS = (
    "session taken over", "server shutting down", "server busy", "administrative action", "keep alive timeout",
    "use another server", "server moved", "connection rate exceeded", "maximum connect time",
)  # fmt: skip

log = structlog.get_logger()


class _UnderWay(msgspec.Struct, frozen=True):
    """A piece that was sent at a monotonic time and is not proven."""

    entries: Sequence[Entry]
    at_s: float


class Backlog:
    """Goes through the lanes of the journal, the urgent one first; what is proven is deleted with the next commit."""

    def __init__(
        self, journal: Journal, outbox: Outbox, clock: Clock, stamp: Callable[[], Stamp], per_s: float
    ) -> None:
        self._journal = journal
        self._outbox = outbox
        self._clock = clock
        self._stamp = stamp
        self._per_s = per_s
        self._suspects = Suspects()
        self._under_way: _UnderWay | None = None
        self._size = FIRST_PIECE
        self._began_s = 0.0

    async def deliver(self, session: MqttSession, edge: EdgeNode, prove: Callable[[], Awaitable[None]]) -> None:
        """Send until cancelled. `prove` returns when the broker has all that was sent before. Broken."""
        self._under_way, self._began_s = None, self._clock.mono_s()
        after, scope = dict.fromkeys(TOLD, 0), (False, "", -1)
        proven = False
        while True:
            facts = self._journal.facts()
            now = self._stamp().trusted, facts.store_id, self._outbox.turn
            if now != scope:  # others can be told by now, or again
                after, scope = dict.fromkeys(TOLD, 0), now
            # Of a store that was made a moment ago the births do not tell yet, and its numbers mean nothing.
            if not facts.waiting or facts.store_id != edge.store_id or self._outbox.history >= MOST_AHEAD:
                await asyncio.sleep(until_next_s(self._clock.mono_s(), LOOK_EVERY_S))
                continue
            if not proven:  # whatever breaks the connection from here on is what is sent from here on
                await prove()
                proven = True
            try:
                rest_s = await self._piece(session, edge, prove, after)
            except JournalFault:  # the journal has told it; the entries stay
                rest_s = AFTER_FAULT_S
            await asyncio.sleep(rest_s)

    async def broke(self, reason: str) -> None:
        """Take that the connection broke, and why; a report on which it did so too often is put aside."""
        under_way, self._under_way = self._under_way, None
        if under_way is None or self._clock.mono_s() - under_way.at_s > HANGS_UP_WITHIN_S:
            return
        if any(other in reason for other in _OTHER_REASONS):
            return
        given_up = self._suspects.broken([entry.number for entry in under_way.entries])
        if given_up:
            try:
                await self._journal.quarantine(given_up)
            except JournalFault:
                return
        for entry in under_way.entries:
            if entry.number in given_up:
                report = entry.report
                what = {"device": report.device, "metric": report.metric, "number": entry.number}
                log.error("report_quarantined", **what, reason=f"the broker hung up on it {TRIES} times")

    async def _piece(
        self, session: MqttSession, edge: EdgeNode, prove: Callable[[], Awaitable[None]], after: dict[Lane, int]
    ) -> float:
        """Deliver some entries; return how long to rest. JournalFault, Broken."""
        for lane in TOLD:
            entries = await self._journal.oldest(self._size, after[lane], lane)
            if entries:
                break
        else:
            return until_next_s(self._clock.mono_s(), LOOK_EVERY_S)
        piece = self._suspects.piece(self._outbox.at_rest(entries))
        if self._suspects.tried(piece):  # a line that breaks again and again must not make it guilty
            await asyncio.sleep(max(0.0, self._began_s + CALM_S - self._clock.mono_s()))
            await prove()
        after[lane] = piece[-1].number if len(piece) < len(entries) and piece else entries[-1].number
        past = edge.history(piece, self._stamp())
        begin_s = self._clock.mono_s()
        if past.done:
            # What cannot be told goes with what can: it must not be looked at again and again.
            self._under_way = _UnderWay(piece, begin_s)
            session.send(*past.messages)
            self._outbox.told(past.done)
            await prove()
            self._under_way = None
            self._suspects.proven(past.done)
        if past.untold:
            log.warning(
                "journal_untold", reports=len(past.untold), reason="of devices that are gone, or of no known time"
            )
            await self._journal.drop(past.untold)
        if past.unfit:
            log.error("report_quarantined", reports=len(past.unfit), reason="no payload takes them")
            await self._journal.quarantine(past.unfit)
        return self._rest_s(len(past.done), self._clock.mono_s() - begin_s)

    def _rest_s(self, count: int, took_s: float) -> float:
        """Return how long to rest after so many reports; the next piece is as large as the line takes."""
        if took_s > LATE_S:
            self._size = max(LEAST_PIECE, self._size // 2)
        elif took_s < SOON_S and count >= self._size:
            self._size = min(MOST_PIECE, self._size + FIRST_PIECE)
        return max(0.0, count / self._per_s - took_s)
