"""What was sent and is not proven delivered, what was not sent, and what is still to be committed. Pure.

A report is proven when the broker has answered a marker that was sent after it on the same connection. When the
connection is lost, what was not proven goes back, and later is sent as history.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from agent.journal.records import Report

MOST_KEPT = 20_000  # reports in memory that could not be committed; then the oldest are dropped, and counted


class Outbox:
    """Reports on their way: `sent` until proven, `kept` until committed."""

    def __init__(self) -> None:
        self._sent: deque[tuple[int, Sequence[Report]]] = deque()  # each batch with the number of its last report
        self._number = self._proven = 0
        self._kept: deque[Report] = deque()
        self.dropped = 0

    @property
    def unproven(self) -> int:
        """Return how many reports were sent and are not proven."""
        return self._number - self._proven

    @property
    def kept(self) -> int:
        """Return how many reports are to be committed."""
        return len(self._kept)

    def sent(self, reports: Sequence[Report]) -> None:
        """Take reports that have just been sent."""
        if reports:
            self._number += len(reports)
            self._sent.append((self._number, reports))

    def mark(self) -> int:
        """Return the mark of a proof that is sent now: it will cover all that was sent so far."""
        return self._number

    def proven(self, mark: int) -> None:
        """Take that all up to a mark has arrived."""
        while self._sent and self._sent[0][0] <= mark:
            self._proven, _ = self._sent.popleft()

    def lost(self) -> None:
        """Take that the connection is gone: what was sent and not proven is kept."""
        self.keep([report for _, reports in self._sent for report in reports])
        self._sent.clear()
        self._proven = self._number

    def keep(self, reports: Sequence[Report]) -> None:
        """Take reports that could not be sent; beyond the most that fit, the oldest are dropped."""
        self._kept.extend(reports)
        self._bound()

    def to_commit(self, most: int) -> list[Report]:
        """Take out the oldest reports that wait to be committed; `keep_again` if that failed."""
        return [self._kept.popleft() for _ in range(min(most, len(self._kept)))]

    def keep_again(self, reports: Sequence[Report]) -> None:
        """Take back reports that could not be committed, before all others."""
        self._kept.extendleft(reversed(reports))
        self._bound()

    def drop(self, reports: Sequence[Report]) -> None:
        """Take that these cannot be kept anywhere."""
        self.dropped += len(reports)

    def _bound(self) -> None:
        while len(self._kept) > MOST_KEPT:
            self._kept.popleft()
            self.dropped += 1
