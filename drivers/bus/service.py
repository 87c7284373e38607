"""How one unit is doing and what it is due for: levels to write, settings to programme, blocks to read. Pure."""

from __future__ import annotations

import math
from typing import Literal

from drivers.bus.levels import Levels
from drivers.bus.patience import Patience
from drivers.bus.records import UnitSpec, UnitState
from drivers.bus.rounds import Round
from drivers.bus.settings import Settings
from drivers.bus.unit import Block, Pieces, UnitPlan
from drivers.errors import BadAnswer, NoAnswer, Refused
from drivers.modbus import plan
from drivers.points import Reading

_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 10.0
_FAILURES_TO_SILENCE = 2


class UnitService:
    """One unit over time. Times are monotonic seconds.

    When it has something to do stands in `rise_due_s` (a lamp that is to begin to rise), `control_due_s` (levels),
    `command_due_s` (settings), `fast_due_s` and `slow_due_s` (reads) and `due_s` (anything), -inf for at once, inf for
    never; `…_deadline_s` is when the next read would be due, `room_s` how long a read may wait in good time. The bus
    looks at all of its units after each transaction, so each method leaves them reckoned.
    """

    def __init__(self, spec: UnitSpec, cost: plan.Cost, *, timeout_s: float, beat: float | None = None) -> None:
        """`timeout_s` is the longest wait for an answer; `beat` (0 to 1) its place among the others of a serial line."""
        self.plan = UnitPlan(spec, cost)
        self.spec = spec
        self.device_safety = spec.profile.safety is not None and spec.safe_after_s is not None
        self.patience = Patience(spec.profile.timeout_ms / 1000 if spec.profile.timeout_ms else timeout_s)
        self.levels = Levels()
        self.settings = Settings(self.plan.setup, self.plan.safety)
        self.fast = Round(self.plan.read("fast"), spec.poll_s, beat)
        self.slow = Round(self.plan.read("slow"), self.plan.slow_s, beat)
        self.once = Round(self.plan.read("once"), math.inf, None)
        self.state: Literal["starting", "ok", "silent"] = "starting"
        self.last_error = ""
        self._counts = {"answers": 0, "timeouts": 0, "bad_answers": 0, "crc_errors": 0, "refusals": 0}
        self._turnaround_s = spec.profile.turnaround_ms / 1000
        self._failed_in_a_row = 0
        self._pause_s = _FIRST_PAUSE_S
        self._resume_s = -math.inf  # silent until then, or in need of a rest after its last answer
        self._before: dict[Block, Pieces] = {}
        self.rise_due_s = math.inf
        self.control_due_s = self.command_due_s = self.fast_due_s = self.slow_due_s = self.due_s = -math.inf
        self.fast_deadline_s = self.slow_deadline_s = self.room_s = -math.inf
        self.restart()

    # ---- What is wanted ----------------------------------------------------------------------------------------------

    def want(self, device: str, level_pct: float, now_s: float) -> None:
        """Take a level."""
        if self.levels.want(device, level_pct, now_s):
            self._reckon()

    def restart(self) -> None:
        """Begin anew with a unit that may have lost everything: what its lamps need to light, levels, all settings."""
        self.levels.restart()
        self.settings.restart()
        for one in (self.fast, self.slow, self.once):
            one.restart()
        self._before.clear()
        self._reckon()

    # ---- What is due -------------------------------------------------------------------------------------------------

    def next_block(self, now_s: float, *, fast: bool) -> Block:
        """Return the next block of the fast round, or of the others."""
        rounds = self.fast if fast else self.once if self.once.due_s <= now_s else self.slow
        block = rounds.next_block(now_s)
        self._reckon_reads()
        return block

    # ---- What came of it ---------------------------------------------------------------------------------------------

    def learnt(self, block: Block, data: bytes, now_s: float) -> tuple[bool, list[tuple[str, Reading]]]:
        """Take a block's answer; return whether the one before was believed too, and what differs from it."""
        pieces, before = block.cut(data), self._before.get(block)
        self._before[block] = pieces
        if before is None:
            if self.plan.answered(block):
                self._replan()
            return False, self.plan.readings(block, pieces, now_s)
        return True, self.plan.changes(block, pieces, before, now_s)

    def cannot_read(self, block: Block, error: Refused) -> tuple[str, ...]:
        """Note that a block was refused. Return the keys that are bad by it: none if it is read in smaller ones now."""
        self._before.pop(block, None)
        if not self.plan.refused(block, error.code):
            return block.keys
        self._replan()
        return ()

    def wrote(self, levels: dict[str, float], now_s: float) -> dict[str, float]:
        """Note that levels were acknowledged; return those that are news."""
        news = self.levels.wrote(levels, now_s)
        self._reckon()
        return news

    def told_to_all(self, now_s: float) -> None:
        """Note that the levels went to all units at once, and nobody acknowledged them."""
        self.levels.told_to_all(now_s)
        self._reckon()

    def refused_levels(self, now_s: float) -> None:
        """Note that a write of levels was refused."""
        self.levels.refused(now_s)
        self._reckon()

    def proved(self, now_s: float) -> None:
        """Note that the setting whose turn it was reads back as meant."""
        self.settings.proved(now_s)
        self._reckon()

    def not_proved(self, reason: str, now_s: float) -> bool:
        """Note that a setting was refused or reads back as another. True if that is news."""
        self.last_error = f"{self.settings.programme[0].what}: {reason}"
        news = self.settings.not_proved(now_s)
        self._reckon()
        return news

    def refused(self, reason: str) -> None:
        """Note that the unit has answered with an exception."""
        self._counts["refusals"] += 1
        self.last_error = reason

    def answered(self, latency_s: float | None, now_s: float) -> bool:
        """Note an answer, and how long it took to begin if that is known. True if the unit was silent before."""
        self._counts["answers"] += 1
        if latency_s is not None:
            self.patience.took(latency_s)
        self._failed_in_a_row = 0
        self._pause_s = _FIRST_PAUSE_S
        back = self.state == "silent"
        self.state = "ok"
        resume_s = now_s + self._turnaround_s if self._turnaround_s else -math.inf
        if self._resume_s != resume_s:
            self._resume_s = resume_s
            self._reckon()
        return back

    def failed(self, error: NoAnswer | BadAnswer, now_s: float) -> bool:
        """Note a failure. True if the unit is silent from now on: its readings are bad."""
        self._counts["timeouts" if isinstance(error, NoAnswer) else "bad_answers"] += 1
        self._counts["crc_errors"] += isinstance(error, BadAnswer) and error.cause == "crc"
        self.last_error = str(error)
        self.patience.ran_out()
        self.levels.unanswered()
        self.settings.written = False
        self._failed_in_a_row += 1
        for one in (self.fast, self.slow, self.once):
            one.restart()
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
        self.patience.forget()
        self.restart()

    def report(self) -> UnitState:
        """Return how the unit is doing."""
        return UnitState(
            id=self.spec.id,
            address=self.spec.address,
            state=self.state,
            device_safety=self.device_safety,
            safety_verified=self.device_safety and self.settings.safe,
            failures=sum(self._counts[name] for name in ("timeouts", "bad_answers", "refusals")),
            last_error=self.last_error,
            left_out=self.fast.left_out + self.slow.left_out,
            timeout_s=self.patience.timeout_s,
            latency=self.patience.histogram(),
            **self._counts,
        )

    def _replan(self) -> None:
        """Read the blocks of a new plan; all of them are news."""
        self.fast.replan(self.plan.read("fast"))
        self.slow.replan(self.plan.read("slow"))
        self.once.replan(self.plan.read("once"))
        self._before.clear()
        self._reckon()

    def _reckon(self) -> None:
        """Work out when the unit has something to do, now that something has changed."""
        resume_s = self._resume_s
        self.rise_due_s = max(self.levels.rise_s, resume_s)
        self.control_due_s = max(self.levels.due_s, resume_s)
        programmes = self.settings.due_s < math.inf and self.levels.complete()
        self.command_due_s = max(self.settings.due_s, resume_s) if programmes else math.inf
        self._reckon_reads()

    def _reckon_reads(self) -> None:
        resume_s, fast, slow, once_s = self._resume_s, self.fast, self.slow, self.once.due_s
        self.fast_due_s = fast_s = max(resume_s, fast.due_s)
        slow_s = min(once_s, slow.due_s)
        self.slow_due_s = slow_s = max(resume_s, slow_s)
        self.due_s = min(self.control_due_s, self.command_due_s, fast_s, slow_s)
        self.fast_deadline_s, self.slow_deadline_s = fast.deadline_s, slow.deadline_s
        self.room_s = max(min(fast.room_s, slow.room_s), resume_s)
