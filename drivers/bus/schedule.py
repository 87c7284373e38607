"""Whose turn it is on a line: five classes of traffic. Pure.

Control (levels of lamps) goes before commands (what people and programs ask, then settings), these before fast reads
(presence), these before slow ones (telemetry), these before a scan. Within a class what is due longest goes first; a
read has a deadline, which is when its next one is due. Of levels those of a lamp that is to begin to rise go first.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from enum import IntEnum
from operator import attrgetter

import msgspec

from drivers.bus.port import Answer
from drivers.bus.records import Link
from drivers.bus.service import UnitService
from drivers.errors import LinkLost, WireError
from drivers.modbus.pdu import Request

LONGEST_QUEUE = 32  # questions that wait, of each class

_SHARE = 8  # after so many transactions of classes above, a read that has missed its deadline gets its turn
_SCAN_ONE_IN = 100  # where a line has no room at all, one transaction in so many is a scan's

_RISE = attrgetter("rise_due_s")
_CONTROL = attrgetter("control_due_s")
_COMMAND = attrgetter("command_due_s")
_FAST, _SLOW = attrgetter("fast_deadline_s"), attrgetter("slow_deadline_s")
_DUE = attrgetter("due_s")
_ROOM = attrgetter("room_s")


class Traffic(IntEnum):
    """Classes of traffic, the highest first."""

    CONTROL = 0
    COMMAND = 1
    FAST = 2
    SLOW = 3
    SCAN = 4


class Question(msgspec.Struct, eq=False):
    """A transaction that somebody outside asks for. `told` is called with what came of it; `dropped`: nobody waits."""

    request: Request
    traffic: Traffic
    link: Link | None
    timeout_s: float
    told: Callable[[Answer | WireError], None]
    dropped: bool = False


class Turn(msgspec.Struct, frozen=True):
    """What is done next: something of a unit's, or a question."""

    traffic: Traffic
    unit: UnitService | None
    question: Question | None = None


class Schedule:
    """The turns of one line. Times are monotonic seconds."""

    def __init__(self, units: Sequence[UnitService]) -> None:
        self._units = units
        self._unsafe = [unit for unit in units if not unit.device_safety]
        self._presence = any(unit.plan.read("fast") for unit in units)
        self._commands: deque[Question] = deque()
        self._scans: deque[Question] = deque()
        self._fed_until_s = -math.inf
        self._busy: set[UnitService] = set()
        self._above = 0  # transactions in a row of classes above that of a read which has missed its deadline
        self._since_scan = 0
        self._took_s = 0.03  # a transaction of late

    def feed(self, until_s: float) -> None:
        """Let units that light their lamps by themselves be spoken to until then: any traffic keeps them from it."""
        self._fed_until_s = until_s

    def fed(self, now_s: float) -> bool:
        """Return whether all units are spoken to."""
        return now_s < self._fed_until_s

    @property
    def fed_until_s(self) -> float:
        """Return until when all units are spoken to."""
        return self._fed_until_s

    def ask(self, question: Question) -> bool:
        """Queue a question. False if too many wait."""
        queue = self._commands if question.traffic is Traffic.COMMAND else self._scans
        if len(queue) >= LONGEST_QUEUE:
            return False
        queue.append(question)
        return True

    def give_up(self, error: LinkLost) -> None:
        """Tell all who wait that the link is gone."""
        for queue in (self._commands, self._scans):
            while queue:
                queue.popleft().told(error)

    def next_turn(self, now_s: float) -> Turn | None:
        """Return what is done next, none if nothing is due."""
        units = self._spoken_to(now_s)
        turn = self._highest(units, now_s)
        if turn is not None and turn.unit is not None and turn.traffic < Traffic.SLOW:
            # Where a lamp is to rise somebody is there: what has missed its deadline waits a little longer.
            share = 2 * _SHARE if turn.unit.rise_due_s <= now_s else _SHARE
            if self._above >= share:
                turn = self._starved(units, now_s, turn.traffic) or turn
                self._above = -1
        if turn is None or (turn.traffic > Traffic.COMMAND and self._since_scan >= _SCAN_ONE_IN):
            turn = self._scan(units, now_s) or turn
        if turn is not None:
            self._above = self._above + 1 if turn.traffic < Traffic.SLOW else 0
            self._since_scan = 0 if turn.traffic is Traffic.SCAN else self._since_scan + 1
        return turn

    def next_due_s(self, now_s: float) -> float:
        """Return when something will be due, inf if nobody knows of anything."""
        return min(map(_DUE, self._spoken_to(now_s)), default=math.inf)

    def due_count(self, now_s: float) -> int:
        """Return for how many turns something is due, at most."""
        units = sum(unit.due_s <= now_s for unit in self._spoken_to(now_s))
        return units + len(self._commands) + bool(self._scans)

    def begins(self, unit: UnitService) -> None:
        """Note that a unit has a request under way: it gets no second one."""
        self._busy.add(unit)

    def ends(self, unit: UnitService) -> None:
        """Note that it has none any more."""
        self._busy.discard(unit)

    def took(self, seconds: float) -> None:
        """Note how long a transaction has taken."""
        self._took_s += 0.1 * (seconds - self._took_s)

    def _spoken_to(self, now_s: float) -> Sequence[UnitService]:
        units = self._units if now_s < self._fed_until_s else self._unsafe
        return [unit for unit in units if unit not in self._busy] if self._busy else units

    def _open(self, now_s: float) -> bool:
        """Return whether questions may go out: no unit of the line is to be left alone now."""
        return self.fed(now_s) or len(self._unsafe) == len(self._units)

    def _highest(self, units: Sequence[UnitService], now_s: float) -> Turn | None:
        if units and (unit := min(units, key=_RISE)).rise_due_s <= now_s:
            return Turn(Traffic.CONTROL, unit)
        if units and (unit := min(units, key=_CONTROL)).control_due_s <= now_s:
            return Turn(Traffic.CONTROL, unit)
        if self._commands and self._open(now_s) and (question := _first(self._commands)) is not None:
            return Turn(Traffic.COMMAND, None, question)
        if units and (unit := min(units, key=_COMMAND)).command_due_s <= now_s:
            return Turn(Traffic.COMMAND, unit)
        return self._read(units, now_s)

    def _read(self, units: Sequence[UnitService], now_s: float) -> Turn | None:
        if self._presence and (fast := [unit for unit in units if unit.fast_due_s <= now_s]):
            return Turn(Traffic.FAST, min(fast, key=_FAST))
        if slow := [unit for unit in units if unit.slow_due_s <= now_s]:
            return Turn(Traffic.SLOW, min(slow, key=_SLOW))
        return None

    def _scan(self, units: Sequence[UnitService], now_s: float) -> Turn | None:
        if self._scans and self._has_room(units, now_s) and (question := _first(self._scans)) is not None:
            return Turn(Traffic.SCAN, None, question)
        return None

    def _starved(self, units: Sequence[UnitService], now_s: float, above: Traffic) -> Turn | None:
        """Return the read of a class below that has waited longest beyond its deadline; of presence before all others."""
        fast = units if above < Traffic.FAST else ()
        if late := [unit for unit in fast if unit.fast_deadline_s < now_s and unit.fast_due_s <= now_s]:
            return Turn(Traffic.FAST, min(late, key=_FAST))
        if late := [unit for unit in units if unit.slow_deadline_s < now_s and unit.slow_due_s <= now_s]:
            return Turn(Traffic.SLOW, min(late, key=_SLOW))
        return None

    def _has_room(self, units: Sequence[UnitService], now_s: float) -> bool:
        """Return whether a scan's question costs no read its turn: each would still be made in good time after it."""
        if not self._open(now_s):
            return False
        if self._since_scan >= _SCAN_ONE_IN:
            return True
        until_s = now_s + self._scans[0].timeout_s + 2 * self._took_s
        behind = sum(unit.due_s <= until_s for unit in units)
        return until_s + behind * self._took_s <= min(map(_ROOM, units), default=math.inf)


def _first(questions: deque[Question]) -> Question | None:
    """Take the first question that somebody still waits for."""
    while questions:
        question = questions.popleft()
        if not question.dropped:
            return question
    return None
