# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
# mypy: disable-error-code="import-untyped,untyped-decorator"
"""A night of N lamps and whoever passes them, step by step: levels that slew, energy, what everybody got. Arithmetic only.

Levels are shares of full light, 0..1; places are metres along a way; times are seconds from the night's begin. What is needed
is a set of rings for each kind of user: so much light so far behind and ahead of them. A user's score at an instant is u, the
mean over all lamps with a need of min(1, level / need).
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import pairwise
from math import isfinite

import cython

COMPILED: bool = cython.compiled

UNDER_LIT = 0.9  # u below it, in plain double arithmetic
UTILITY, USER_STEPS, UNDER_STEPS, DARK_STEPS = range(4)  # columns of an account

# The same names as C variables: the loops may not look at a Python object.
_UTILITY = cython.declare(cython.int, UTILITY)
_USER_STEPS = cython.declare(cython.int, USER_STEPS)
_UNDER_STEPS = cython.declare(cython.int, UNDER_STEPS)
_DARK_STEPS = cython.declare(cython.int, DARK_STEPS)
_UNDER_LIT = cython.declare(cython.double, UNDER_LIT)


@cython.final
@cython.cclass
class Night:
    """`lamps` lamps that begin at level 0, one step after the other. Bad arguments are a ValueError and change nothing."""

    step_s: cython.double
    _lamps: cython.Py_ssize_t
    _step: cython.Py_ssize_t
    _up: cython.double  # share of full light a step
    _down: cython.double
    _off_w: cython.double
    _standing_w: cython.double
    _span_w: cython.double
    _level: cython.double[::1]
    _command: cython.double[::1]
    _need: cython.double[::1]
    _energy_j: cython.double[::1]
    _light_s: cython.double[::1]
    _commands: cython.long[::1]
    # Ways: the lamps of each, by rising place.
    _ways: cython.Py_ssize_t
    _way_first: cython.long[::1]
    _way_lamp: cython.long[::1]
    _way_m: cython.double[::1]
    _score_from_m: cython.double[::1]
    _score_to_m: cython.double[::1]
    # Rings of each kind, highest level first.
    _kinds: cython.Py_ssize_t
    _ring_first: cython.long[::1]
    _ring_behind_m: cython.double[::1]
    _ring_ahead_m: cython.double[::1]
    _ring_need: cython.double[::1]
    _reach_m: cython.double[::1]  # the widest of a kind's rings, either way
    # Users by rising start; those present are _present[:_present_count].
    _users: cython.Py_ssize_t
    _next_user: cython.Py_ssize_t
    _present_count: cython.Py_ssize_t
    _user_kind: cython.long[::1]
    _user_way: cython.long[::1]
    _user_start_s: cython.double[::1]
    _user_end_s: cython.double[::1]
    _user_from_m: cython.double[::1]
    _user_m_per_s: cython.double[::1]
    _user_dark: cython.long[::1]
    _present: cython.long[::1]
    _dark_level: cython.double
    _dark_steps: cython.long
    _near_m: cython.double
    _account: cython.double[::1]  # a row of four a kind

    def __init__(self, lamps: int, step_s: float, *, up_s: float, down_s: float) -> None:
        """Fades are seconds for full scale; 0 is at once."""
        if lamps < 1 or not 0.0 < step_s < 60.0:
            raise ValueError(f"{lamps} lamps, a step of {step_s} s: expected at least one lamp, a step from 0 to 60 s")
        if not (up_s >= 0.0 and down_s >= 0.0):
            raise ValueError(f"fades of {up_s} and {down_s} s: expected 0 or more")
        self.step_s = step_s
        self._lamps = lamps
        self._step = 0
        self._up = step_s / up_s if up_s > step_s else 1.0
        self._down = step_s / down_s if down_s > step_s else 1.0
        self._level, self._command, self._need = (_doubles(lamps) for _ in range(3))
        self._energy_j, self._light_s = (_doubles(lamps) for _ in range(2))
        self._commands = _longs(lamps)
        self._ways = self._kinds = 0
        self.set_power(0.0, 0.0, 1.0)
        self.set_ways([], [])
        self.set_rings([])
        self.set_dark(0.0, 0.0, 0.0)

    def set_power(self, off_w: float, standing_w: float, full_w: float) -> None:
        """Watts at level 0, of the least light, and of full light; between the last two it is a straight line."""
        for value in (off_w, standing_w, full_w):
            if not (value >= 0.0 and isfinite(value)):
                raise ValueError(f"{value} W: expected 0 or more")
        self._off_w = off_w
        self._standing_w = standing_w
        self._span_w = full_w - standing_w

    def set_ways(self, ways: Sequence[Sequence[tuple[int, float]]], scored: Sequence[tuple[float, float]]) -> None:
        """For each way its lamps as (lamp, place), and where users are scored: from, up to but not at."""
        if len(ways) != len(scored):
            raise ValueError(f"{len(ways)} ways, {len(scored)} stretches: expected one each")
        first, places = [0], []
        for way in ways:
            for lamp, place_m in sorted(way, key=lambda pair: pair[1]):
                if not 0 <= lamp < self._lamps or not isfinite(place_m):
                    raise ValueError(f"lamp {lamp} at {place_m} m: there are {self._lamps}, counted from 0")
                places.append((lamp, place_m))
            first.append(len(places))
        self.set_users([])  # their ways are gone
        self._ways = len(ways)
        self._way_first = array("l", first)
        self._way_lamp = array("l", [*(lamp for lamp, _ in places), 0])
        self._way_m = array("d", [*(place_m for _, place_m in places), 0.0])
        self._score_from_m = array("d", [*(low for low, _ in scored), 0.0])
        self._score_to_m = array("d", [*(high for _, high in scored), 0.0])

    def set_rings(self, kinds: Sequence[Sequence[tuple[float, float, float]]]) -> None:
        """For each kind of user its rings: metres behind, metres ahead, the level needed there (above 0, at most 1)."""
        first, rings, reach = [0], [], []
        for kind in kinds:
            for behind_m, ahead_m, need in sorted(kind, key=lambda ring: -ring[2]):
                if not (0.0 < need <= 1.0 and isfinite(behind_m) and isfinite(ahead_m)):
                    raise ValueError(f"a ring of {behind_m} and {ahead_m} m at {need}: expected a level from 0 to 1")
                rings.append((behind_m, ahead_m, need))
            reach.append(max((max(ring[:2]) for ring in kind), default=0.0))
            first.append(len(rings))
        self.set_users([])  # their kinds are gone
        self._kinds = len(kinds)
        self._ring_first = array("l", first)
        columns = zip(*rings, (0.0, 0.0, 0.0), strict=True)
        self._ring_behind_m, self._ring_ahead_m, self._ring_need = (array("d", column) for column in columns)
        self._reach_m = array("d", [*reach, 0.0])
        self._account = _doubles(4 * len(kinds) + 1)

    def set_users(self, users: Sequence[tuple[int, int, float, float, float, float]]) -> None:
        """Who comes, by rising start: kind, way, start and end (s), place at the start (m), speed (m/s, + is up the way)."""
        for kind, way, *numbers in users:
            if not (0 <= kind < self._kinds and 0 <= way < self._ways and all(map(isfinite, numbers))):
                raise ValueError(f"a user of kind {kind} on way {way}, {numbers}: expected what there is, and numbers")
        if any(later[2] < earlier[2] for earlier, later in pairwise(users)):
            raise ValueError("users out of order: expected them by rising start")
        self._users = len(users)
        columns = [*zip(*users, (0, 0, 0.0, 0.0, 0.0, 0.0), strict=True)]
        self._user_kind, self._user_way = (array("l", column) for column in columns[:2])
        self._user_start_s, self._user_end_s, self._user_from_m, self._user_m_per_s = (
            array("d", column) for column in columns[2:]
        )
        self._user_dark = _longs(len(users) + 1)
        self._present = _longs(len(users) + 1)
        self._present_count = 0
        self._next_user = 0

    def set_dark(self, level: float, after_s: float, near_m: float) -> None:
        """A user is in the dark once their nearest lamp, if it is within `near_m`, is below `level` for over `after_s`."""
        self._dark_level = level
        self._dark_steps = round(after_s / self.step_s)
        self._near_m = near_m

    def set_level(self, lamp: int, level: float) -> None:
        """Command a lamp, and have it there at once; counted as no command."""
        at: cython.Py_ssize_t = self._at(lamp)
        self._command[at] = self._level[at] = _share(level)

    def command(self, lamp: int, level: float) -> None:
        """Command a lamp: from the next step on it slews there. Counted if that is another level than before."""
        at: cython.Py_ssize_t = self._at(lamp)
        wanted: cython.double = _share(level)
        if wanted != self._command[at]:
            self._command[at] = wanted
            self._commands[at] += 1

    def run(self, until_step: int) -> None:
        """Go on to a step, which is not yet done: step n is at n x step_s."""
        self._run(until_step, False)

    def run_to_needs(self, until_step: int) -> None:
        """Go on with every lamp at once at the highest level anybody needs of it: the least energy for u = 1."""
        self._run(until_step, True)

    def energy_j(self, lamp: int) -> float:
        """Return what a lamp has drawn so far."""
        return self._energy_j[self._at(lamp)]  # type: ignore[no-any-return]

    def light_s(self, lamp: int) -> float:
        """Return the seconds of full light that a lamp has given so far."""
        return self._light_s[self._at(lamp)]  # type: ignore[no-any-return]

    def commands(self, lamp: int) -> int:
        """Return how often the commanded level changed so far."""
        return self._commands[self._at(lamp)]  # type: ignore[no-any-return]

    def account(self, kind: int) -> tuple[float, ...]:
        """Return the sum of u, user-steps, under-lit user-steps, and dark ones, of one kind of user."""
        if not 0 <= kind < self._kinds:
            raise IndexError(f"no kind {kind}: there are {self._kinds}, counted from 0")
        return tuple(self._account[4 * kind : 4 * kind + 4])

    # ---- Inside ------------------------------------------------------------------------------------------------------

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _run(self, until_step: cython.Py_ssize_t, to_needs: cython.bint) -> cython.void:
        while self._step < until_step:
            self._come_and_go(self._step * self.step_s)
            if to_needs:
                self._follow_needs(self._step * self.step_s)
            self._slew()
            self._score(self._step * self.step_s)
            self._step += 1

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _come_and_go(self, now_s: cython.double) -> cython.void:
        at: cython.Py_ssize_t = 0
        while self._next_user < self._users and self._user_start_s[self._next_user] <= now_s:
            self._present[self._present_count] = self._next_user
            self._present_count += 1
            self._next_user += 1
        while at < self._present_count:
            if self._user_end_s[self._present[at]] <= now_s:
                self._present_count -= 1
                self._present[at] = self._present[self._present_count]
            else:
                at += 1

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _slew(self) -> cython.void:
        i: cython.Py_ssize_t
        level: cython.double
        wanted: cython.double
        power_w: cython.double
        for i in range(self._lamps):
            level = self._level[i]
            wanted = self._command[i]
            if level < wanted:
                level = wanted if wanted - level <= self._up else level + self._up
                self._level[i] = level
            elif level > wanted:
                level = wanted if level - wanted <= self._down else level - self._down
                self._level[i] = level
            power_w = self._standing_w + self._span_w * level if level > 0.0 else self._off_w
            self._energy_j[i] += power_w * self.step_s
            self._light_s[i] += level * self.step_s

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _score(self, now_s: cython.double) -> cython.void:
        k: cython.Py_ssize_t
        user: cython.Py_ssize_t
        way: cython.Py_ssize_t
        at_m: cython.double
        for k in range(self._present_count):
            user = self._present[k]
            way = self._user_way[user]
            at_m = self._place_m(user, now_s)
            if self._score_from_m[way] <= at_m < self._score_to_m[way]:
                self._score_one(user, way, at_m)

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _score_one(self, user: cython.Py_ssize_t, way: cython.Py_ssize_t, at_m: cython.double) -> cython.void:
        kind: cython.Py_ssize_t = self._user_kind[user]
        reach_m: cython.double = max(self._reach_m[kind], self._near_m)
        i: cython.Py_ssize_t = self._first_from(way, at_m - reach_m)
        lamp: cython.Py_ssize_t
        need: cython.double
        away_m: cython.double
        nearest_m: cython.double = self._near_m
        nearest: cython.Py_ssize_t = -1
        total: cython.double = 0.0
        needed: cython.Py_ssize_t = 0
        while i < self._way_first[way + 1] and self._way_m[i] <= at_m + reach_m:
            lamp = self._way_lamp[i]
            away_m = self._way_m[i] - at_m
            need = self._need_of(kind, away_m if self._user_m_per_s[user] >= 0.0 else -away_m)
            if need > 0.0:
                needed += 1
                total += self._level[lamp] / need if self._level[lamp] < need else 1.0
            if abs(away_m) <= nearest_m:
                nearest_m, nearest = abs(away_m), lamp
            i += 1
        total = total / needed if needed > 0 else 1.0
        self._account[4 * kind + _UTILITY] += total
        self._account[4 * kind + _USER_STEPS] += 1.0
        if total < _UNDER_LIT:
            self._account[4 * kind + _UNDER_STEPS] += 1.0
        if nearest >= 0 and self._level[nearest] < self._dark_level:
            self._user_dark[user] += 1
            if self._user_dark[user] > self._dark_steps:
                self._account[4 * kind + _DARK_STEPS] += 1.0
        else:
            self._user_dark[user] = 0

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _follow_needs(self, now_s: cython.double) -> cython.void:
        k: cython.Py_ssize_t
        i: cython.Py_ssize_t
        user: cython.Py_ssize_t
        way: cython.Py_ssize_t
        need: cython.double
        at_m: cython.double
        away_m: cython.double
        reach_m: cython.double
        for i in range(self._lamps):
            self._need[i] = 0.0
        for k in range(self._present_count):
            user = self._present[k]
            way = self._user_way[user]
            at_m = self._place_m(user, now_s)
            reach_m = self._reach_m[self._user_kind[user]]
            i = self._first_from(way, at_m - reach_m)
            while i < self._way_first[way + 1] and self._way_m[i] <= at_m + reach_m:
                away_m = self._way_m[i] - at_m
                need = self._need_of(self._user_kind[user], away_m if self._user_m_per_s[user] >= 0.0 else -away_m)
                self._need[self._way_lamp[i]] = max(self._need[self._way_lamp[i]], need)
                i += 1
        for i in range(self._lamps):
            if self._need[i] != self._command[i]:
                self._commands[i] += 1
            self._command[i] = self._need[i]
            self._level[i] = self._need[i]

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _place_m(self, user: cython.Py_ssize_t, now_s: cython.double) -> cython.double:
        return self._user_from_m[user] + self._user_m_per_s[user] * (now_s - self._user_start_s[user])

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _need_of(self, kind: cython.Py_ssize_t, ahead_m: cython.double) -> cython.double:
        """What somebody needs of a lamp that is so far ahead of them (behind: below 0)."""
        r: cython.Py_ssize_t
        for r in range(self._ring_first[kind], self._ring_first[kind + 1]):
            if -self._ring_behind_m[r] <= ahead_m <= self._ring_ahead_m[r]:
                return self._ring_need[r]
        return 0.0

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _first_from(self, way: cython.Py_ssize_t, from_m: cython.double) -> cython.Py_ssize_t:
        """Return the first lamp of a way that is not before a place, by halving."""
        low: cython.Py_ssize_t = self._way_first[way]
        high: cython.Py_ssize_t = self._way_first[way + 1]
        middle: cython.Py_ssize_t
        while low < high:
            middle = (low + high) // 2
            if self._way_m[middle] < from_m:
                low = middle + 1
            else:
                high = middle
        return low

    @cython.cfunc
    @cython.exceptval(-1)
    def _at(self, lamp: cython.Py_ssize_t) -> cython.Py_ssize_t:
        if not 0 <= lamp < self._lamps:
            raise IndexError(f"no lamp {lamp}: there are {self._lamps}, counted from 0")
        return lamp


def _doubles(count: int) -> array[float]:
    return array("d", [0.0]) * count


def _longs(count: int) -> array[int]:
    return array("l", [0]) * count


def _share(level: float) -> float:
    if not 0.0 <= level <= 1.0:
        raise ValueError(f"level = {level}: expected a share of full light, 0..1")
    return level
