"""What a platform says that it has stored: marks that were told, and what of the outbox each stands for. Pure.

A mark is a number of the journal, above all before it: that of the last report, else one of its own, so that it never
comes twice in one store. The platform writes it back when all that came before it on this connection, from the node's last
birth on, is stored.
"""

from __future__ import annotations

from collections import deque

from agent.uplink import names
from agent.uplink.allowance import Allowance
from agent.uplink.outbox import Outbox
from agent.uplink.payload import DataType, Payload
from agent.uplink.wishes import Unwanted, said

MOST_OPEN = 1000  # half an hour of a platform that does not answer; then a later mark stands for the oldest
_DECLARED = {names.STORE_ID: DataType.STRING, names.STORED: DataType.INT64}


def is_proof(payload: Payload) -> bool:
    """Return whether a payload says what is stored."""
    return any(metric.name == names.STORED for metric in payload.metrics)


class Storage:
    """Settles what the platform has stored. `pace` is how many words of it are taken."""

    def __init__(self, outbox: Outbox, pace: Allowance) -> None:
        self._outbox = outbox
        self._pace = pace
        self._open: deque[tuple[int, int]] = deque()
        self._passed = 0  # the latest mark that means nothing any more
        self._told = self._last = 0
        self.since = 0

    @property
    def news(self) -> bool:
        """Return whether something was sent since the last mark."""
        return self._outbox.mark() > self._told

    def begin(self, store_id: str) -> int:
        """Take that the node is born anew; return the mark of that, 0 if there are no numbers.

        What was sent before and is not proven goes back: whoever asks for a birth has missed something.
        """
        self._outbox.lost()
        self._open.clear()
        self._told = self._outbox.mark()
        self.since, _ = self._outbox.number_above(self._last, store_id)
        self._last = self._passed = self.since
        return self.since

    def mark(self, store_id: str) -> tuple[int, bool]:
        """Return a mark to be told now, 0 if there are no numbers, and whether it has a number of its own."""
        number, own = self._outbox.number_above(self._last, store_id)
        if number:
            self._told, self._last = self._outbox.mark(), number
            self._open.append((number, self._told))
            if len(self._open) > MOST_OPEN:
                self._passed, _ = self._open.popleft()
        return number, own

    def take(self, payload: Payload, now_s: float) -> None:
        """Settle what a platform says that it has stored. Unwanted if it cannot know that, or says too much."""
        if not self._pace.grant(now_s):
            raise Unwanted(f"{names.STORED}: too frequent; once in some seconds will do")
        values = said(payload, _DECLARED).values
        store_id, number = values.get(names.STORE_ID), values.get(names.STORED)
        if store_id is None or not isinstance(number, int):
            raise Unwanted(f"expected {names.STORED} beside {names.STORE_ID}")
        if store_id != self._outbox.store_id:
            raise Unwanted(f"{names.STORED}: expected {names.STORE_ID} {self._outbox.store_id}, found another one")
        found = next((mark for told, mark in self._open if told == number), None)
        if found is not None:
            self._passed = number
            while self._open and self._open[0][0] <= number:
                self._open.popleft()
            self._outbox.proven(found)
        elif number > self._passed:  # below: it is said again, or late, after a new birth
            raise Unwanted(f"{names.STORED}: expected a number that {names.TOLD} has told")
