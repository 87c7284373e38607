"""The reads of one unit that go together, and when they are due. Pure."""

from __future__ import annotations

import math
from collections import deque

from drivers.bus.unit import Block


class Round:
    """Blocks that are read one after the other, each `period_s` seconds (inf: once, and again when it begins anew).

    `beat` (0 to 1) is a place of its own among the rounds of a line: they would else come due together, wait for
    each other, and leave the line idle in between. Over TCP there is no beat: there it costs less to go together.
    """

    def __init__(self, blocks: tuple[Block, ...], period_s: float, beat: float | None) -> None:
        self.period_s = period_s if beat is None else period_s * (1 - 0.01 * beat)
        self.left_out = 0  # rounds that could not be made in time
        self._blocks = blocks
        self._beat = beat
        self._first = True
        self._due_s = -math.inf
        self._queue: deque[Block] = deque()

    @property
    def due_s(self) -> float:
        """Return when the next block is to be read, in monotonic seconds; -inf for at once, inf for never."""
        if not self._blocks:
            return math.inf
        return -math.inf if self._queue else self._due_s

    @property
    def deadline_s(self) -> float:
        """Return when the round after the one that is due, or under way, is due; -inf before the first."""
        return self._due_s if self._queue else self._due_s + self.period_s

    @property
    def room_s(self) -> float:
        """Return until when a round may wait in good time: for a quarter of its period. It is left out at half of it."""
        return math.inf if not self._blocks else self.deadline_s - 0.75 * self.period_s

    def next_block(self, now_s: float) -> Block:
        """Return the next block to read; a new round begins when the last one has ended."""
        if not self._queue:
            self._queue.extend(self._blocks)
            self._plan(now_s)
        return self._queue.popleft()

    def replan(self, blocks: tuple[Block, ...]) -> None:
        """Read other blocks from the next round on."""
        self._blocks = blocks
        self._queue.clear()

    def restart(self) -> None:
        """Give up the round under way; one that is only made once is due again."""
        self._queue.clear()
        if math.isinf(self.period_s):
            self._due_s = -math.inf

    def _plan(self, now_s: float) -> None:
        if self._first and self._beat is not None and math.isfinite(self.period_s):
            self._first = False
            self._due_s = now_s + self.period_s * (0.5 + 0.5 * self._beat)
            return
        if math.isinf(self.period_s):
            self._due_s = math.inf
            return
        # Rounds that could not be made in time are left out, not made up for; the pace of an early one begins with it.
        due_s = min(self._due_s, now_s) + self.period_s
        if due_s < now_s + self.period_s / 2:
            self.left_out += math.isfinite(self._due_s)
            due_s = now_s + self.period_s / 2
        self._due_s = due_s
