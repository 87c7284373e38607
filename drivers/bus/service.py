"""How one unit is doing and what it is due for: levels to write, settings to programme, blocks to poll. Pure."""

from __future__ import annotations

import math
from collections import deque
from typing import Literal

from drivers.bus.records import UnitSpec, UnitState
from drivers.bus.unit import Block, Pieces, Programme, UnitPlan
from drivers.points import Reading

WRITE_SPACING_S = 0.1  # between two writes of a fade to one unit: polls must get their turn on the line
ASSERT_S = 2.0  # an output is written again at least so often, whatever the unit says that it gives
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 10.0
_FAILURES_TO_SILENCE = 2
_PROVE_AGAIN_S = 60.0  # a setting that was refused, or that read back as another, is tried again after this


class UnitService:
    """One unit over time. Times are monotonic seconds.

    When it has something to do stands in `write_due_s` (levels), `poll_due_s` (reads) and `due_s` (anything), -inf for
    at once: the bus looks at all of its units after each transaction, so each method leaves them reckoned.
    """

    def __init__(self, spec: UnitSpec) -> None:
        self.plan = UnitPlan(spec)
        self.spec = spec
        self.device_safety = spec.profile.safety is not None and spec.safe_after_s is not None
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
        self._rose_s: dict[str, float] = {}
        self._poll_due_s = -math.inf
        self._blocks: deque[Block] = deque()
        self._programme_due_s = -math.inf
        self._unproved: set[str] = set()
        self.opening: deque[Programme] = deque()
        self.programme: deque[Programme] = deque()
        self._answers: dict[Block, Pieces] = {}
        self.write_due_s = self.poll_due_s = self.due_s = -math.inf
        self.restart()

    # ---- What is wanted ----------------------------------------------------------------------------------------------

    def want(self, device: str, level_pct: float, now_s: float) -> None:
        """Take a level; the latest wins. One that begins to rise goes out at once: somebody is there."""
        spaced_s = max(now_s, self._last_write_s + WRITE_SPACING_S)
        if level_pct > self._wanted.get(device, -1.0):
            begins = now_s - self._rose_s.get(device, -math.inf) > WRITE_SPACING_S
            self._rose_s[device] = now_s
            spaced_s = now_s if begins else spaced_s
        self._wanted[device] = level_pct
        self._write_due_s = min(self._write_due_s, spaced_s)
        self._reckon()

    def settled(self) -> bool:
        """Return whether the unit has acknowledged every level that is wanted."""
        return self._wanted == self._written

    def restart(self) -> None:
        """Begin anew with a unit that may have lost everything: what its lamps need to light, levels, all settings.

        The opening is tried once, so that nothing keeps the levels waiting; the programme proves it afterwards.
        """
        self._written = {}
        self._write_due_s = -math.inf if self._wanted else math.inf
        self.opening = deque(self.plan.setup)
        self.programme = deque((*self.plan.safety, *self.plan.setup))
        self._programme_due_s = -math.inf
        self.safety_verified = False
        self._blocks.clear()
        self._answers.clear()
        self._reckon()

    # ---- What is due -------------------------------------------------------------------------------------------------

    def must_programme(self, now_s: float) -> bool:
        """Return whether a setting goes before the polls: every lamp has a level."""
        return bool(self.programme) and self._programme_due_s <= now_s and self._wanted.keys() == self._written.keys()

    def levels(self) -> dict[str, float]:
        """Return what is to be written now."""
        return dict(self._wanted)

    def next_block(self, now_s: float) -> Block:
        """Return the next block to read; a new round begins when the last one has ended."""
        if not self._blocks:
            self._blocks.extend(self.plan.blocks)
            # Polls that could not be made in time are left out, not made up for; the pace of an early one begins with it.
            due_s = min(self._poll_due_s, now_s)
            self._poll_due_s = max(due_s + self.spec.poll_s, now_s + self.spec.poll_s / 2)
        block = self._blocks.popleft()
        self._reckon()
        return block

    # ---- What came of it ---------------------------------------------------------------------------------------------

    def learnt(self, block: Block, data: bytes, now_s: float) -> tuple[bool, list[tuple[str, Reading]]]:
        """Take a block's answer; return whether the one before was believed too, and what differs from it."""
        pieces, before = block.cut(data), self._answers.get(block)
        self._answers[block] = pieces
        if before is None:
            return False, self.plan.readings(block, pieces, now_s)
        return True, self.plan.changes(block, pieces, before, now_s)

    def forget(self, block: Block) -> None:
        """Note that a block's answer is not believed any more: the next one is all news."""
        self._answers.pop(block, None)

    def wrote(self, levels: dict[str, float], now_s: float) -> dict[str, float]:
        """Note that levels were acknowledged; return those that are news."""
        news = {device: level for device, level in levels.items() if self._written.get(device) != level}
        rises = any(self._wanted[d] > level and level <= self._written.get(d, -1.0) for d, level in levels.items())
        self._written = levels
        if news:  # an assertion is no step of a fade: a level that comes after it does not wait
            self._last_write_s = now_s
        self._assert_due_s = now_s + ASSERT_S
        # What came in during the write goes out after the spacing, but for a lamp that begins to rise.
        spaced_s = now_s if rises else max(now_s, self._last_write_s + WRITE_SPACING_S)
        self._write_due_s = math.inf if self.settled() else spaced_s
        self._reckon()
        return news

    def refused_levels(self, now_s: float) -> None:
        """Note that a write of levels was refused: the same is not repeated before it is asserted again."""
        self._write_due_s = math.inf
        self._assert_due_s = now_s + ASSERT_S
        self._reckon()

    def proved(self, now_s: float) -> None:
        """Note that the setting whose turn it was reads back as meant."""
        self._unproved.discard(self.programme.popleft().what)
        self._round_ends(now_s)

    def not_proved(self, reason: str, now_s: float) -> bool:
        """Note that a setting was refused or reads back as another. True if that is news."""
        what = self.programme.popleft().what
        self.last_error = f"{what}: {reason}"
        news = what not in self._unproved
        self._unproved.add(what)
        self._round_ends(now_s)
        return news

    def refused(self, reason: str) -> None:
        """Note that the unit has answered with an exception."""
        self.failures += 1
        self.last_error = reason

    def answered(self) -> bool:
        """Note an answer. True if the unit was silent before."""
        self.answers += 1
        self._failed_in_a_row = 0
        self._pause_s = _FIRST_PAUSE_S
        back = self.state == "silent"
        self.state = "ok"
        if self._resume_s > -math.inf:
            self._resume_s = -math.inf
            self._reckon()
        return back

    def failed(self, reason: str, now_s: float) -> bool:
        """Note a failure. True if the unit is silent from now on: its readings are bad."""
        self.failures += 1
        self.last_error = reason
        self._failed_in_a_row += 1
        self._blocks.clear()
        self._reckon()
        if self._failed_in_a_row < _FAILURES_TO_SILENCE:
            return False
        self._resume_s = now_s + self._pause_s
        self.restart()
        self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)
        news = self.state != "silent"
        self.state = "silent"
        return news

    def link_lost(self) -> None:
        """Note that the line is gone: nothing is known of the unit any more."""
        self.state = "starting"
        self._failed_in_a_row = 0
        self._pause_s = _FIRST_PAUSE_S
        self._resume_s = -math.inf
        self.restart()

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

    def _round_ends(self, now_s: float) -> None:
        """Safety counts once all of its settings are proved; what could not be proved is tried again later."""
        if self.programme:
            self._reckon()
            return
        self.safety_verified = self.device_safety and self._unproved.isdisjoint(step.what for step in self.plan.safety)
        steps = (*self.plan.safety, *self.plan.setup)
        self.programme.extend(step for step in steps if step.what in self._unproved)
        self._programme_due_s = now_s + _PROVE_AGAIN_S
        self._reckon()

    def _reckon(self) -> None:
        """Work out when the unit has something to do, now that something has changed."""
        poll_due_s = -math.inf if self._blocks else self._poll_due_s
        write_due_s = min(self._write_due_s, self._assert_due_s)
        programmes = bool(self.programme) and self._wanted.keys() == self._written.keys()
        due_s = min(write_due_s, poll_due_s, self._programme_due_s if programmes else math.inf)
        self.write_due_s = max(write_due_s, self._resume_s)
        self.poll_due_s = max(poll_due_s, self._resume_s)
        self.due_s = max(due_s, self._resume_s)
