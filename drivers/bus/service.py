"""How one unit is doing and what it is due for: levels to write, settings to programme, blocks to poll. Pure."""

from __future__ import annotations

import math
from collections import deque
from typing import Literal

from drivers.bus.records import UnitSpec, UnitState
from drivers.bus.unit import Block, Programme, UnitPlan

WRITE_SPACING_S = 0.1  # between two writes of a fade to one unit: polls must get their turn on the line
ASSERT_S = 2.0  # an output is written again at least so often, whatever the unit says that it gives
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 10.0
_FAILURES_TO_SILENCE = 2


class UnitService:
    """One unit over time. Times are monotonic seconds."""

    def __init__(self, spec: UnitSpec) -> None:
        self.plan = UnitPlan(spec)
        self.spec = spec
        self.device_safety = spec.profile.safety is not None
        self.safety_verified = False
        self.state: Literal["starting", "ok", "silent"] = "starting"
        self.answers = 0
        self.failures = 0
        self.last_error = ""
        self._failed_in_a_row = 0
        self._pause_s = _FIRST_PAUSE_S
        self._resume_s = -math.inf
        self._wanted: dict[str, float] = {}
        self._written: dict[str, float] = {}
        self._write_due_s = math.inf
        self._assert_due_s = math.inf
        self._last_write_s = -math.inf
        self._poll_due_s = -math.inf
        self._blocks: deque[Block] = deque()
        self.programme: deque[Programme] = deque()
        self.restart()

    # ---- What is wanted ----------------------------------------------------------------------------------------------

    def want(self, device: str, level_pct: float, now_s: float) -> None:
        """Take a level; the latest wins."""
        self._wanted[device] = level_pct
        self._write_due_s = min(self._write_due_s, max(now_s, self._last_write_s + WRITE_SPACING_S))

    def settled(self) -> bool:
        """Return whether the unit has acknowledged every level that is wanted."""
        return self._wanted == self._written

    def restart(self) -> None:
        """Begin anew with a unit that may have lost everything: its levels first, then its settings."""
        self._written = {}
        self._write_due_s = -math.inf if self._wanted else math.inf
        self.programme = deque((*self.plan.setup, *self.plan.safety))
        self.safety_verified = False
        self._blocks.clear()

    # ---- What is due -------------------------------------------------------------------------------------------------

    def due_s(self, *, writes_only: bool = False) -> float:
        """Return when the unit has something to do; -inf for at once."""
        due_s = min(self._write_due_s, self._assert_due_s)
        if not writes_only:
            if self.programme and self.settled():
                due_s = -math.inf
            due_s = min(due_s, -math.inf if self._blocks else self._poll_due_s)
        return max(due_s, self._resume_s)

    def levels(self) -> dict[str, float]:
        """Return what is to be written now."""
        return dict(self._wanted)

    def next_block(self, now_s: float) -> Block:
        """Return the next block to read; a new round begins when the last one has ended."""
        if not self._blocks:
            self._blocks.extend(self.plan.blocks)
            # Polls that could not be made in time are left out, not made up for.
            self._poll_due_s = max(self._poll_due_s + self.spec.poll_s, now_s)
        return self._blocks.popleft()

    # ---- What came of it ---------------------------------------------------------------------------------------------

    def wrote(self, levels: dict[str, float], now_s: float) -> None:
        """Note that levels were acknowledged."""
        self._written = levels
        self._last_write_s = now_s
        self._assert_due_s = now_s + ASSERT_S
        # What came in during the write goes out after the spacing.
        self._write_due_s = math.inf if self.settled() else now_s + WRITE_SPACING_S

    def answered(self) -> bool:
        """Note an answer. True if the unit was silent before: it may have lost its settings."""
        self.answers += 1
        self._failed_in_a_row = 0
        self._pause_s = _FIRST_PAUSE_S
        self._resume_s = -math.inf
        back = self.state == "silent"
        self.state = "ok"
        return back

    def failed(self, reason: str, now_s: float) -> bool:
        """Note a failure. True if the unit is silent from now on: its readings are bad."""
        self.failures += 1
        self.last_error = reason
        self._failed_in_a_row += 1
        self._blocks.clear()
        if self._failed_in_a_row < _FAILURES_TO_SILENCE:
            return False
        self._resume_s = now_s + self._pause_s
        self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)
        news = self.state != "silent"
        self.state = "silent"
        return news

    def report(self) -> UnitState:
        """Return how the unit is doing."""
        return UnitState(
            id=self.spec.id,
            state=self.state,
            device_safety=self.device_safety,
            safety_verified=self.safety_verified,
            answers=self.answers,
            failures=self.failures,
            last_error=self.last_error,
        )
