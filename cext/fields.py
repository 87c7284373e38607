# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
# mypy: disable-error-code="import-untyped,untyped-decorator"
"""Need fields around road users: who is where and how fast in, how much light each lamp needs by that out.

A user's field moves with them. Of each user it is known when their field will next reach a lamp or let go of one; until
then they cost one comparison a step. Lamps stand sorted along the way, and each ring is a range of them.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from math import inf, isnan, nan

import cython

COMPILED: bool = cython.compiled

Ring = tuple[float, float, float]  # behind_m, ahead_m, pct
KINDS = ("vehicle", "pedestrian", "unknown")
VEHICLE, PEDESTRIAN, UNKNOWN = range(3)
MOST_RINGS = 6
FARTHEST_M = 1e7  # bounds of arguments; within them no sum below overflows or loses a millimetre
FASTEST_M_PER_S = 1e4
LONGEST_LEAD_S = 3600.0
STANDS_M_PER_S = 1e-3  # slower than that is no direction
EARLY_S = 1e-5  # users are looked at so long before a lamp's turn, and
EARLY = 1e-15  # this share of the time more: no rounding makes them late

_KINDS = cython.declare(cython.int, len(KINDS))
_RINGS = cython.declare(cython.int, MOST_RINGS)
_STANDS = cython.declare(cython.double, STANDS_M_PER_S)
_EARLY_S = cython.declare(cython.double, EARLY_S)
_EARLY = cython.declare(cython.double, EARLY)
_INF = cython.declare(cython.double, inf)


@cython.final
@cython.cclass
class Fields:
    """The fields of `users` users over `count` lamps, of which none is on the way and no kind has a shape at first.

    Its attributes are declared in fields.pxd. `need_pct` is each lamp's need, 0 for none; `touched` are those whose need
    the last `advance` changed; `next_s` is when the next one will change, if nothing is put. Slots and lamps out of range are
    IndexErrors, all other bad arguments ValueErrors; neither changes anything.
    """

    def __init__(self, count: int, users: int) -> None:
        if users < 0:
            raise ValueError(f"users = {users}: expected 0 or more slots")
        self.need_pct = array("d", [0.0]) * count
        self.touched = array("i", [0]) * count
        self._is_touched = array("i", [0]) * count
        self._inside = array("i", [0]) * (count * len(KINDS) * MOST_RINGS)  # users who have a lamp in that ring
        self._place_m = array("d", [nan]) * count
        self._way_m = array("d", [0.0]) * count  # places of lamps on the way, rising
        self._way_lamp = array("i", [0]) * count
        self._ring_count = array("i", [0]) * len(KINDS)
        self._behind_m = array("d", [0.0]) * (len(KINDS) * MOST_RINGS)
        self._ahead_m = array("d", [0.0]) * (len(KINDS) * MOST_RINGS)
        self._ring_pct = array("d", [0.0]) * (len(KINDS) * MOST_RINGS)
        self._lead_s = array("d", [0.0]) * len(KINDS)
        self._spare_s = array("d", [0.0]) * len(KINDS)
        self._live = array("i", [0]) * users  # slots in use, in no order
        self._live_at = array("i", [-1]) * users
        self._kind = array("i", [0]) * users
        self._position_m = array("d", [0.0]) * users
        self._velocity = array("d", [0.0]) * users
        self._spread_m = array("d", [0.0]) * users
        self._at_s = array("d", [0.0]) * users
        self._until_s = array("d", [0.0]) * users
        self._wake_s = array("d", [0.0]) * users
        self._from = array("i", [0]) * (users * MOST_RINGS)  # a ring has lamps from..to - 1 along the way
        self._to = array("i", [0]) * (users * MOST_RINGS)
        self._on_way = self._live_count = self._touched_count = 0
        self.next_s = inf
        self._count, self._users = count, users

    def set_way_place(self, i: int, position_m: float) -> None:
        """Where a lamp stands along the way, in metres; NaN for one that users do not pass."""
        lamp: cython.Py_ssize_t = self._lamp_at(i)
        k: cython.Py_ssize_t = 0
        if not isnan(position_m):
            _check("position_m", position_m, -FARTHEST_M, FARTHEST_M)
        self._renew(-1)
        if not isnan(self._place_m[lamp]):
            while self._way_lamp[k] != lamp:
                k += 1
            self._on_way -= 1
            while k < self._on_way:
                self._way_m[k] = self._way_m[k + 1]
                self._way_lamp[k] = self._way_lamp[k + 1]
                k += 1
        self._place_m[lamp] = position_m
        if not isnan(position_m):
            k = self._on_way
            while k > 0 and self._way_m[k - 1] > self._place_m[lamp]:
                self._way_m[k] = self._way_m[k - 1]
                self._way_lamp[k] = self._way_lamp[k - 1]
                k -= 1
            self._way_m[k] = self._place_m[lamp]
            self._way_lamp[k] = lamp
            self._on_way += 1

    def set_shape(self, kind: int, rings: Sequence[Ring], lead_s: float, spare_s: float = 0.0) -> None:
        """Give a kind of user its field: rings of (behind_m, ahead_m, pct), in any order; the highest that holds a lamp counts.

        Ahead, it begins where they will be `lead_s` from now; behind, a ring lets go of a lamp `spare_s` early, but not
        before they have passed it. For who stands, a ring reaches its longer side both ways.
        """
        first: cython.Py_ssize_t = self._kind_at(kind) * _RINGS
        if len(rings) > MOST_RINGS:
            raise ValueError(f"{len(rings)} rings: expected {MOST_RINGS} at most")
        for ring, (behind_m, ahead_m, pct) in enumerate(rings):
            _check(f"rings[{ring}] behind_m", behind_m, 0.0, FARTHEST_M)
            _check(f"rings[{ring}] ahead_m", ahead_m, 0.0, FARTHEST_M)
            _check(f"rings[{ring}] pct", pct, 0.0, 100.0)
        _check("lead_s", lead_s, 0.0, LONGEST_LEAD_S)
        _check("spare_s", spare_s, 0.0, LONGEST_LEAD_S)
        self._renew(kind)
        self._lead_s[kind], self._spare_s[kind], self._ring_count[kind] = lead_s, spare_s, len(rings)
        for ring, (behind_m, ahead_m, pct) in enumerate(rings):
            self._behind_m[first + ring] = behind_m
            self._ahead_m[first + ring] = ahead_m
            self._ring_pct[first + ring] = pct

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
        """Somebody was at `position_m` at `at_s`, give or take `spread_m`, and goes on like that before `until_s`."""
        user: cython.Py_ssize_t = self._user_at(slot)
        self._kind_at(kind)
        _check("position_m", position_m, -FARTHEST_M, FARTHEST_M)
        _check("velocity_m_per_s", velocity_m_per_s, -FASTEST_M_PER_S, FASTEST_M_PER_S)
        _check("spread_m", spread_m, 0.0, FARTHEST_M)
        if not -inf < at_s < inf:
            raise ValueError(f"at_s = {at_s}: expected a time in seconds")
        if not until_s > -inf:
            raise ValueError(f"until_s = {until_s}: expected a time in seconds, or inf for no end")
        if self._live_at[user] < 0:
            self._live[self._live_count] = user
            self._live_at[user] = self._live_count
            self._live_count += 1
        elif self._kind[user] != kind:
            self._withdraw(user)
        self._kind[user] = kind
        self._position_m[user] = position_m
        self._velocity[user] = velocity_m_per_s if abs(velocity_m_per_s) >= STANDS_M_PER_S else 0.0
        self._spread_m[user] = spread_m
        self._at_s[user] = at_s
        self._until_s[user] = until_s
        self._wake_s[user] = -_INF
        self.next_s = -_INF

    def clear_user(self, slot: int) -> None:
        """Nobody is in this slot; no matter whether somebody was."""
        user: cython.Py_ssize_t = self._user_at(slot)
        if self._live_at[user] >= 0:
            self._forget(user)
            self.next_s = -_INF

    # ---- Inside ------------------------------------------------------------------------------------------------------

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def advance(self, now_s: cython.double) -> cython.Py_ssize_t:
        """Bring all fields to `now_s`; how many entries of `touched` are new."""
        k: cython.Py_ssize_t
        user: cython.Py_ssize_t
        touched: cython.Py_ssize_t
        next_s: cython.double = _INF
        if self.next_s > now_s:
            return 0
        k = self._live_count - 1
        while k >= 0:  # from the end: who leaves is replaced by the last
            user = self._live[k]
            if self._wake_s[user] <= now_s:
                if self._until_s[user] <= now_s:
                    self._forget(user)
                    k -= 1
                    continue
                self._follow(user, now_s)
            next_s = min(next_s, self._wake_s[user])
            k -= 1
        self.next_s = next_s
        touched = self._touched_count
        for k in range(touched):
            self._is_touched[self.touched[k]] = 0
        self._touched_count = 0
        return touched

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _follow(self, user: cython.Py_ssize_t, now_s: cython.double) -> cython.void:
        """Move a user's rings to where they are now, and find out when the next lamp's turn is."""
        kind: cython.Py_ssize_t = self._kind[user]
        ring: cython.Py_ssize_t
        velocity: cython.double = self._velocity[user]
        here_m: cython.double = self._position_m[user]
        lead_m: cython.double = velocity * self._lead_s[kind]
        low_m: cython.double
        high_m: cython.double
        way_m: cython.double = _INF  # how far they go until a lamp enters or leaves
        if velocity != 0.0:
            here_m += velocity * (now_s - self._at_s[user])
        for ring in range(self._ring_count[kind]):
            low_m = max(self._behind_m[kind * _RINGS + ring] - abs(velocity) * self._spare_s[kind], 0.0)
            high_m = self._ahead_m[kind * _RINGS + ring]
            if velocity < 0.0:
                low_m, high_m = high_m, low_m
            elif velocity == 0.0:
                low_m = high_m = max(low_m, high_m)
            low_m = here_m + (min(lead_m, 0.0) - low_m - self._spread_m[user])
            high_m = here_m + (max(lead_m, 0.0) + high_m + self._spread_m[user])
            self._lay(user, ring, low_m, high_m)
            way_m = min(way_m, self._room_m(user * _RINGS + ring, low_m, high_m, velocity))
        self._wake_s[user] = self._until_s[user]
        if way_m < _INF:
            way_m = now_s + way_m / abs(velocity) - abs(now_s) * _EARLY - _EARLY_S
            self._wake_s[user] = min(way_m, self._until_s[user])

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _lay(
        self, user: cython.Py_ssize_t, ring: cython.Py_ssize_t, low_m: cython.double, high_m: cython.double
    ) -> cython.void:
        """Move a ring's range of lamps to where the ring is: from where it was if it has lamps, else by bisection."""
        first: cython.Py_ssize_t = self._from[user * _RINGS + ring]
        last: cython.Py_ssize_t = self._to[user * _RINGS + ring]
        if first == last:
            first = last = self._first_at(low_m)
        while first < self._on_way and self._way_m[first] < low_m:
            first += 1
        while first > 0 and self._way_m[first - 1] >= low_m:
            first -= 1
        last = max(first, last)
        while last < self._on_way and self._way_m[last] <= high_m:
            last += 1
        while last > first and self._way_m[last - 1] > high_m:
            last -= 1
        self._shift(user, ring, first, last)

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _room_m(
        self, at: cython.Py_ssize_t, low_m: cython.double, high_m: cython.double, velocity: cython.double
    ) -> cython.double:
        """How far a ring can move until a lamp enters or leaves it."""
        first: cython.Py_ssize_t = self._from[at]
        last: cython.Py_ssize_t = self._to[at]
        room_m: cython.double = _INF
        if velocity > 0.0:
            if last < self._on_way:
                room_m = self._way_m[last] - high_m
            if first < last:
                room_m = min(room_m, self._way_m[first] - low_m)
        elif velocity < 0.0:
            if first > 0:
                room_m = low_m - self._way_m[first - 1]
            if first < last:
                room_m = min(room_m, high_m - self._way_m[last - 1])
        return room_m

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _first_at(self, edge_m: cython.double) -> cython.Py_ssize_t:
        """The first lamp along the way that is not before an edge."""
        k: cython.Py_ssize_t = 0
        to: cython.Py_ssize_t = self._on_way
        while k < to:
            if self._way_m[(k + to) >> 1] < edge_m:
                k = ((k + to) >> 1) + 1
            else:
                to = (k + to) >> 1
        return k

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _shift(
        self, user: cython.Py_ssize_t, ring: cython.Py_ssize_t, first: cython.Py_ssize_t, last: cython.Py_ssize_t
    ) -> cython.void:
        """A ring has the lamps `first` to `last` - 1 from now on: those that are new enter, those that are not in it leave."""
        at: cython.Py_ssize_t = user * _RINGS + ring
        k: cython.Py_ssize_t
        ring += self._kind[user] * _RINGS
        if first == self._from[at] and last == self._to[at]:
            return
        for k in range(first, last):
            if k < self._from[at] or k >= self._to[at]:
                self._enter(self._way_lamp[k], ring)
        for k in range(self._from[at], self._to[at]):
            if k < first or k >= last:
                self._leave(self._way_lamp[k], ring)
        self._from[at] = first
        self._to[at] = last

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _enter(self, lamp: cython.Py_ssize_t, ring: cython.Py_ssize_t) -> cython.void:
        self._inside[lamp * _KINDS * _RINGS + ring] += 1
        if self._ring_pct[ring] > self.need_pct[lamp]:
            self.need_pct[lamp] = self._ring_pct[ring]
            self._touch(lamp)

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _leave(self, lamp: cython.Py_ssize_t, ring: cython.Py_ssize_t) -> cython.void:
        k: cython.Py_ssize_t
        need_pct: cython.double = 0.0
        self._inside[lamp * _KINDS * _RINGS + ring] -= 1
        for k in range(_KINDS * _RINGS):
            if self._inside[lamp * _KINDS * _RINGS + k] > 0:
                need_pct = max(need_pct, self._ring_pct[k])
        if need_pct != self.need_pct[lamp]:
            self.need_pct[lamp] = need_pct
            self._touch(lamp)

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _touch(self, lamp: cython.Py_ssize_t) -> cython.void:
        if self._is_touched[lamp] == 0:
            self._is_touched[lamp] = 1
            self.touched[self._touched_count] = lamp
            self._touched_count += 1

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _withdraw(self, user: cython.Py_ssize_t) -> cython.void:
        """Take a user's rings off all lamps; the next step lays them anew."""
        ring: cython.Py_ssize_t
        for ring in range(_RINGS):
            self._shift(user, ring, 0, 0)
        self._wake_s[user] = -_INF
        self.next_s = -_INF

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _forget(self, user: cython.Py_ssize_t) -> cython.void:
        last: cython.Py_ssize_t
        self._withdraw(user)
        self._live_count -= 1
        last = self._live[self._live_count]
        self._live[self._live_at[user]] = last
        self._live_at[last] = self._live_at[user]
        self._live_at[user] = -1

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _renew(self, kind: cython.Py_ssize_t) -> cython.void:
        """Withdraw all users of a kind, or of all kinds (-1): places or shapes change."""
        k: cython.Py_ssize_t
        for k in range(self._live_count):
            if kind < 0 or self._kind[self._live[k]] == kind:
                self._withdraw(self._live[k])

    @cython.cfunc
    @cython.exceptval(-1)
    def _lamp_at(self, i: cython.Py_ssize_t) -> cython.Py_ssize_t:
        if not 0 <= i < self._count:
            raise IndexError(f"no luminaire {i}: there are {self._count}, counted from 0")
        return i

    @cython.cfunc
    @cython.exceptval(-1)
    def _kind_at(self, kind: cython.Py_ssize_t) -> cython.Py_ssize_t:
        if not 0 <= kind < _KINDS:
            raise IndexError(f"no kind {kind}: expected {VEHICLE} (vehicle) to {UNKNOWN} (unknown)")
        return kind

    @cython.cfunc
    @cython.exceptval(-1)
    def _user_at(self, slot: cython.Py_ssize_t) -> cython.Py_ssize_t:
        if not 0 <= slot < self._users:
            raise IndexError(f"no user slot {slot}: there are {self._users}, counted from 0")
        return slot


def _check(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ValueError(f"{name} = {value}: expected {low:g} to {high:g}")
