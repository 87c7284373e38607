# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
# mypy: disable-error-code="import-untyped,untyped-decorator"
"""The light of N luminaires in one call: leases, needs and road users in, arbitrated and faded levels out. Arithmetic only.

One source, compiled and interpreted, equal to the last bit. The traps of that are listed in README.md beside this file.
Who needs light by where people are is in fields.py, how a level is given in ramps.py; what is wanted is decided here.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from math import inf, isfinite, isnan, nan

import cython

from cext.fields import Fields, Ring
from cext.ramps import Ramps

COMPILED: bool = cython.compiled

RUNGS = ("interlock", "lock", "safety", "minimum_time", "technician", "operator", "adaptive", "schedule", "default")
WINNERS = (*RUNGS, "floor")  # names of the codes that winner() gives
INTERLOCK, LOCK, SAFETY, MINIMUM_TIME, TECHNICIAN, OPERATOR, ADAPTIVE, SCHEDULE, DEFAULT, FLOOR = range(10)

# The same names as C variables: the loop of step() may not look at a Python object.
_RUNGS = cython.declare(cython.int, len(RUNGS))
_INTERLOCK = cython.declare(cython.int, INTERLOCK)
_LOCK = cython.declare(cython.int, LOCK)
_TECHNICIAN = cython.declare(cython.int, TECHNICIAN)
_ADAPTIVE = cython.declare(cython.int, ADAPTIVE)
_SCHEDULE = cython.declare(cython.int, SCHEDULE)
_DEFAULT = cython.declare(cython.int, DEFAULT)
_FLOOR = cython.declare(cython.int, FLOOR)
_NAN = cython.declare(cython.double, nan)
_INF = cython.declare(cython.double, inf)


def arbitrate(values: Sequence[float], ceiling_pct: float, floor_pct: float) -> tuple[float, int]:
    """Level in per cent and winner code for the values of the nine rungs, highest first; NaN is an empty rung."""
    if len(values) != len(RUNGS):
        raise ValueError(f"{len(values)} values: expected {len(RUNGS)}, one a rung, NaN for an empty one")
    for name, value in zip(RUNGS, values, strict=True):
        if not isnan(value):
            _check_pct(name, value)
    _check_pct("ceiling_pct", ceiling_pct)
    _check_pct("floor_pct", floor_pct)
    return _decide(array("d", values), ceiling_pct, floor_pct)  # type: ignore[no-any-return]


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _decide(
    values: cython.double[::1], ceiling_pct: cython.double, floor_pct: cython.double
) -> tuple[cython.double, cython.int]:
    """The one formula of the street's lamps. An empty rung is NaN, for which every comparison is false."""
    wanted: cython.double
    scheduled: cython.double = values[_SCHEDULE]
    winner: cython.int = 0
    while winner < _ADAPTIVE and not values[winner] >= 0.0:
        winner += 1
    if winner < _ADAPTIVE:
        wanted = values[winner] if winner != _LOCK else 0.0  # somebody works on the line
    else:
        scheduled = min(scheduled, ceiling_pct)
        if scheduled >= 0.0 and not values[_ADAPTIVE] > scheduled:
            winner, wanted = _SCHEDULE, scheduled
        elif values[_ADAPTIVE] >= 0.0:
            wanted = values[_ADAPTIVE]
        else:
            winner = _DEFAULT
            wanted = values[_DEFAULT] if values[_DEFAULT] >= 0.0 else 100.0  # fail lit
    if wanted < floor_pct and winner != _INTERLOCK and winner != _LOCK and winner != _TECHNICIAN:  # noqa: PLR1714 (C)
        return floor_pct, _FLOOR
    return wanted, winner


@cython.final
@cython.cclass
class Street:
    """The luminaires of one controller. Percentages are 0..100, times are monotonic seconds of one clock.

    An index out of range is an IndexError, any other bad argument a ValueError; neither changes anything.
    """

    _count: cython.Py_ssize_t
    _need_count: cython.Py_ssize_t
    _last_s: cython.double  # time of the last step
    _next_s: cython.double  # least of _wake_s
    _fields: Fields
    _ramps: Ramps
    _value_pct: cython.double[::1]  # a row of nine a luminaire
    _until_s: cython.double[::1]
    _need_pct: cython.double[::1]
    _need_until_s: cython.double[::1]  # a row of need slots a luminaire
    _floor_pct: cython.double[::1]
    _ceiling_pct: cython.double[::1]
    _due_s: cython.double[::1]  # when to arbitrate next; -inf: something was set
    _wake_s: cython.double[::1]  # when to look at the luminaire next; -inf while it fades
    _target_pct: cython.double[::1]
    _winner: cython.int[::1]
    _row_pct: cython.double[::1]  # the nine values under arbitration

    def __init__(self, count: int, need_pct: Sequence[float], users: int = 0) -> None:
        """`count` luminaires with a need slot for each level of `need_pct`, and slots for `users` road users.

        Levels are unknown, no lease is held, nobody is there.
        """
        if count < 0:
            raise ValueError(f"count = {count}: expected 0 or more luminaires")
        for slot, level_pct in enumerate(need_pct):
            _check_pct(f"need_pct[{slot}]", level_pct)
        self._fields = Fields(count, users)
        self._ramps = Ramps(count)
        self._need_pct = array("d", need_pct)
        self._value_pct = _doubles(count * len(RUNGS), nan)
        self._until_s = _doubles(count * len(RUNGS), -inf)
        self._need_until_s = _doubles(count * len(need_pct), -inf)
        self._floor_pct = _doubles(count, 0.0)
        self._ceiling_pct = _doubles(count, 100.0)
        self._due_s = _doubles(count, -inf)
        self._wake_s = _doubles(count, -inf)
        self._target_pct = _doubles(count, 100.0)
        self._row_pct = _doubles(len(RUNGS), nan)
        self._winner = array("i", [DEFAULT]) * count
        self._last_s = -inf
        self._next_s = -inf if count else inf
        self._need_count = len(need_pct)
        self._count = count

    # ---- What is wanted ----------------------------------------------------------------------------------------------

    def set_lease(self, i: int, rung: int, value_pct: float, until_s: float) -> None:
        """`rung` wants `value_pct` before `until_s` (inf: no end). A lock is off; adaptive is made of needs alone."""
        at: cython.Py_ssize_t = self._lease_at(i, rung)
        if rung == ADAPTIVE:
            raise ValueError("the adaptive rung is the highest live need: use set_need or put_user")
        _check_pct("value_pct", value_pct)
        _check_end(until_s)
        if rung == LOCK and value_pct != 0.0:
            raise ValueError(f"a lock holding {value_pct} %: somebody works on the line, expected 0")
        self._value_pct[at] = value_pct
        self._until_s[at] = until_s
        self._touch(i)

    def clear_lease(self, i: int, rung: int) -> None:
        """Empty one rung; no matter whether it was."""
        self._until_s[self._lease_at(i, rung)] = -_INF
        self._touch(i)

    def lease(self, i: int, rung: int) -> tuple[float, float] | None:
        """(value_pct, until_s) of a lease that the last step found live, or that was set since."""
        at: cython.Py_ssize_t = self._lease_at(i, rung)
        return (self._value_pct[at], self._until_s[at]) if self._until_s[at] > self._last_s else None

    def set_need(self, i: int, slot: int, until_s: float) -> None:
        """Somebody needs the level of `slot` until then. Extends what stands, never shortens it."""
        at: cython.Py_ssize_t = self._lamp_at(i) * self._need_count + self._slot_at(slot)
        _check_end(until_s)
        if until_s > self._need_until_s[at]:
            self._need_until_s[at] = until_s
            self._touch(i)

    def clear_needs(self, i: int) -> None:
        """Nobody needs this luminaire any longer."""
        first: cython.Py_ssize_t = self._lamp_at(i) * self._need_count
        slot: cython.Py_ssize_t
        for slot in range(self._need_count):
            self._need_until_s[first + slot] = -_INF
        self._touch(i)

    def set_need_level(self, slot: int, pct: float) -> None:
        """Give a need slot another level, on all luminaires."""
        i: cython.Py_ssize_t
        at: cython.Py_ssize_t = self._slot_at(slot)
        _check_pct("pct", pct)
        self._need_pct[at] = pct
        for i in range(self._count):
            self._touch(i)

    # ---- Road users: a user's field is one more need of the lamps in it ----------------------------------------------

    def set_way_place(self, i: int, position_m: float) -> None:
        """Where a luminaire stands along the way, in metres (-1e7..1e7); NaN (at first): users do not pass it."""
        self._fields.set_way_place(i, position_m)

    def set_shape(self, kind: int, rings: Sequence[Ring], lead_s: float, spare_s: float = 0.0) -> None:
        """Give a kind of user (VEHICLE, PEDESTRIAN, UNKNOWN) its field: at most six rings of (behind_m, ahead_m, pct).

        The highest ring that holds a lamp counts. Ahead, it begins where they will be `lead_s` (0..3600) from now; behind, it
        lets go `spare_s` (the same) early, of lamps that they have passed. Of who stands it has its longer side both ways.
        """
        self._fields.set_shape(kind, rings, lead_s, spare_s)

    def put_user(  # noqa: PLR0913, PLR0917 - what is known of somebody
        self,
        slot: int,
        kind: int,
        position_m: float,
        velocity_m_per_s: float,
        spread_m: float,
        at_s: float,
        until_s: float,
    ) -> None:
        """Somebody was at `position_m` at `at_s`, give or take `spread_m`, and goes on so until `until_s` (inf: no end).

        Replaces whoever was in the slot. Slower than 1 mm/s (either way: the velocity's sign) is standing.
        """
        self._fields.put_user(slot, kind, position_m, velocity_m_per_s, spread_m, at_s, until_s)

    def clear_user(self, slot: int) -> None:
        """Nobody is in this slot; no matter whether somebody was."""
        self._fields.clear_user(slot)

    # ---- How it is given ---------------------------------------------------------------------------------------------

    def set_limits(self, i: int, floor_pct: float, ceiling_pct: float) -> None:
        """The least that the city allows now, and the most that a schedule may have. 0 and 100 at first."""
        at: cython.Py_ssize_t = self._lamp_at(i)
        _check_pct("floor_pct", floor_pct)
        _check_pct("ceiling_pct", ceiling_pct)
        self._floor_pct[at] = floor_pct
        self._ceiling_pct[at] = ceiling_pct
        self._touch(i)

    def set_fade(self, i: int, up_s: float, down_s: float, *, up_alone: bool = False, down_alone: bool = False) -> None:
        """Seconds for full scale up and down; 0 (at first) is at once. `…_alone`: the device fades that way by itself.

        Such a device is told the target at once and nothing on the way there; the fade is still followed here.
        """
        self._ramps.set_fade(self._lamp_at(i), up_s, down_s, up_alone=up_alone, down_alone=down_alone)

    def set_curve(self, i: int, curve: int, minimum_pct: float = 0.0) -> None:
        """The driver's curve from what it is told to light (LINEAR or DALI), and the least light that the lamp can give.

        Less light than that, but for none at all, is given as the minimum.
        """
        self._ramps.set_curve(self._lamp_at(i), curve, minimum_pct)
        self._touch(i)

    def set_clo(self, i: int, factor: float) -> None:
        """Constant light output: the share of its light, above 0 to 1, that a lamp is to give as it is not yet worn."""
        self._ramps.set_clo(self._lamp_at(i), factor)
        self._touch(i)

    def set_level(self, i: int, pct: float) -> None:
        """What the lamp is known to give: the next fade starts there. An unknown lamp goes to its target at once."""
        at: cython.Py_ssize_t = self._lamp_at(i)
        _check_pct("pct", pct)
        self._ramps.set_level(at, pct)
        self._touch(i)

    # ---- What comes out ----------------------------------------------------------------------------------------------

    def step(self, now_s: float) -> int:
        """Bring every level to `now_s`; how many are to be sent. A time before the last step's is taken as the last step's.

        A lamp that sets off or turns round moves by the dead band at once, so that the first command leaves with this
        step; from there it fades by the time between steps. Changes under the dead band wait, the target never does.
        """
        if not isfinite(now_s):
            raise ValueError(f"now_s = {now_s}: expected a time in seconds")
        self._advance(now_s)
        return self._ramps.changed_count

    @property
    def changed(self) -> memoryview:
        """Indices of the luminaires whose output changed in the last step, rising. Good until the next step."""
        return self._ramps.changed[: self._ramps.changed_count]

    def level(self, i: int) -> float:
        """The light that was last asked of the lamp, in per cent; NaN before the first step if it was not set."""
        return self._ramps.level_pct[self._lamp_at(i)]  # type: ignore[no-any-return]

    def output(self, i: int) -> float:
        """What to tell the driver, in per cent of its control range: the level by CLO, minimum and curve. NaN as above.

        Also after `set_level` of a device that fades by itself: it is told anew. Of DALI a whole number of 1/254.
        """
        return self._ramps.output_pct[self._lamp_at(i)]  # type: ignore[no-any-return]

    def output_of(self, i: int, light_pct: float) -> float:
        """What the driver would be told for another light of this lamp."""
        _check_pct("light_pct", light_pct)
        return self._ramps.output_of(self._lamp_at(i), light_pct)

    def light_of(self, i: int, told_pct: float) -> float:
        """The light, 100 % as designed at most, that this lamp gives when its driver is told `told_pct`."""
        return self._ramps.light_of(self._lamp_at(i), told_pct)

    def target(self, i: int) -> float:
        """The arbitrated level, in per cent, that the fade goes to."""
        return self._target_pct[self._lamp_at(i)]  # type: ignore[no-any-return]

    def winner(self, i: int) -> int:
        """Who decided the target: a rung, or FLOOR."""
        return self._winner[self._lamp_at(i)]  # type: ignore[no-any-return]

    def next_s(self) -> float:
        """When a step is due without anything being set: the last step's time while one fades, inf for never."""
        return max(self._last_s, min(self._next_s, self._fields.next_s))  # type: ignore[no-any-return]

    # ---- Inside ------------------------------------------------------------------------------------------------------

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _advance(self, now_s: cython.double) -> cython.void:
        i: cython.Py_ssize_t
        k: cython.Py_ssize_t
        elapsed_s: cython.double
        wake_s: cython.double
        next_s: cython.double = _INF
        now_s = max(now_s, self._last_s)
        elapsed_s = now_s - self._last_s
        self._last_s = now_s
        self._ramps.changed_count = 0
        for k in range(self._fields.advance(now_s)):
            self._touch(self._fields.touched[k])
        if self._next_s > now_s:
            return
        for i in range(self._count):
            wake_s = self._wake_s[i]
            if wake_s <= now_s:
                if self._due_s[i] <= now_s:
                    self._arbitrate(i, now_s)
                wake_s = -_INF if self._ramps.fade(i, self._target_pct[i], elapsed_s) else self._due_s[i]
                self._wake_s[i] = wake_s
            next_s = min(next_s, wake_s)
        self._next_s = next_s

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _arbitrate(self, i: cython.Py_ssize_t, now_s: cython.double) -> cython.void:
        """Set target and winner, and the time when a live lease or need ends."""
        k: cython.Py_ssize_t
        until_s: cython.double
        due_s: cython.double = _INF
        for k in range(_RUNGS):
            until_s = self._until_s[i * _RUNGS + k]
            self._row_pct[k] = _NAN
            if until_s > now_s:
                self._row_pct[k] = self._value_pct[i * _RUNGS + k]
                due_s = min(due_s, until_s)
        for k in range(self._need_count):
            until_s = self._need_until_s[i * self._need_count + k]
            if until_s > now_s:
                if not self._row_pct[_ADAPTIVE] >= self._need_pct[k]:
                    self._row_pct[_ADAPTIVE] = self._need_pct[k]
                due_s = min(due_s, until_s)
        if self._fields.need_pct[i] > 0.0 and not self._row_pct[_ADAPTIVE] >= self._fields.need_pct[i]:
            self._row_pct[_ADAPTIVE] = self._fields.need_pct[i]
        self._due_s[i] = due_s
        self._target_pct[i], self._winner[i] = _decide(self._row_pct, self._ceiling_pct[i], self._floor_pct[i])

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _touch(self, i: cython.Py_ssize_t) -> cython.void:
        """Something was set: arbitrate at the next step."""
        self._due_s[i] = -_INF
        self._wake_s[i] = -_INF
        self._next_s = -_INF

    @cython.cfunc
    @cython.exceptval(-1)
    def _lamp_at(self, i: cython.Py_ssize_t) -> cython.Py_ssize_t:
        if not 0 <= i < self._count:
            raise IndexError(f"no luminaire {i}: there are {self._count}, counted from 0")
        return i

    @cython.cfunc
    @cython.exceptval(-1)
    def _lease_at(self, i: cython.Py_ssize_t, rung: cython.Py_ssize_t) -> cython.Py_ssize_t:
        if not 0 <= rung < _RUNGS:
            raise IndexError(f"no rung {rung}: expected {INTERLOCK} (interlock) to {DEFAULT} (default)")
        return self._lamp_at(i) * _RUNGS + rung

    @cython.cfunc
    @cython.exceptval(-1)
    def _slot_at(self, slot: cython.Py_ssize_t) -> cython.Py_ssize_t:
        if not 0 <= slot < self._need_count:
            raise IndexError(f"no need slot {slot}: there are {self._need_count}, counted from 0")
        return slot


def _doubles(count: int, value: float) -> array[float]:
    return array("d", [value]) * count


def _check_pct(name: str, value: float) -> None:
    if not 0.0 <= value <= 100.0:
        raise ValueError(f"{name} = {value}: expected 0..100 per cent")


def _check_end(until_s: float) -> None:
    if not until_s > -inf:
        raise ValueError(f"until_s = {until_s}: expected a time in seconds, or inf for no end")
