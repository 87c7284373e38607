"""The reads of one unit that go together, and when they are due. Pure."""

from __future__ import annotations

import math
from collections import deque

from drivers.bus.unit import Block

_ROOM = 0.25  # of its period a round may wait in good time; at half of it it is left out


class Round:
    """Blocks that are read one after the other, each `period_s` seconds (inf: once, and again when it begins anew).

    `beat` (0 to 1) is a place of its own among the rounds of a line: they would else come due together, wait for
    each other, and leave the line idle in between. Without a beat (over TCP) they come due together, at multiples of
    their period: there a wake-up of the process costs more than an exchange.

    Times are monotonic seconds. `due_s` is when the next block is to be read (-inf for at once, inf for never),
    `deadline_s` when the round after it is due, `room_s` until when it may wait in good time.
    """

    def __init__(self, blocks: tuple[Block, ...], period_s: float, beat: float | None) -> None:
        self.period_s = period_s if beat is None else period_s * (1 - 0.01 * beat)
        self.left_out = 0  # rounds that could not be made in time
        self._blocks = blocks
        self._beat = beat
        self._first = True
        self._next_s = -math.inf  # when the next round begins
        self._queue: deque[Block] = deque()
        self.due_s = self.deadline_s = self.room_s = -math.inf
        self._reckon()

    def next_block(self, now_s: float) -> Block:
        """Return the next block to read; a new round begins when the last one has ended."""
        if not self._queue:
            self._queue.extend(self._blocks)
            self._plan(now_s)
        block = self._queue.popleft()
        self._reckon()
        return block

    def replan(self, blocks: tuple[Block, ...]) -> None:
        """Read other blocks from now on: in the round under way those that are new, and those that were still to come."""
        if self._next_s > -math.inf:
            self._queue = deque(block for block in blocks if block in self._queue or block not in self._blocks)
        self._blocks = blocks
        self._reckon()

    def restart(self) -> None:
        """Give up the round under way; one that is only made once is due again."""
        self._queue.clear()
        if math.isinf(self.period_s):
            self._next_s = -math.inf
        self._reckon()

    def _plan(self, now_s: float) -> None:
        if math.isinf(self.period_s):
            self._next_s = math.inf
        elif self._beat is None:
            self._plan_together(now_s)
        elif self._first:
            self._first = False
            self._next_s = now_s + self.period_s * (0.5 + 0.5 * self._beat)
        else:
            self._plan_apart(now_s)

    def _plan_together(self, now_s: float) -> None:
        """Rounds with the same period are due in the same moment, which is also that of other tasks: one wake-up for all."""
        next_s = (round(now_s / self.period_s) + 1) * self.period_s
        late_s = next_s - self._next_s - self.period_s
        if self.period_s / 2 < late_s < math.inf:
            self.left_out += round(late_s / self.period_s)
        self._next_s = next_s

    def _plan_apart(self, now_s: float) -> None:
        """Rounds that could not be made in time are left out, not made up for."""
        next_s = self._next_s + self.period_s
        if next_s < now_s + self.period_s / 2:
            self.left_out += 1
            next_s = now_s + self.period_s / 2
        self._next_s = next_s

    def _reckon(self) -> None:
        if not self._blocks:
            self.due_s = self.deadline_s = self.room_s = math.inf
        elif self._queue:
            self.due_s, self.deadline_s = -math.inf, self._next_s
            self.room_s = self._next_s - (1 - _ROOM) * self.period_s
        else:
            self.due_s, self.deadline_s = self._next_s, self._next_s + self.period_s
            self.room_s = self._next_s + _ROOM * self.period_s
