"""The light wave: fields of light that go with the road users of a street, and light where more is not known. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf
from typing import Literal, Protocol

import msgspec

from agent.services.announced import announce, approach
from agent.services.cells import TOUCH_M, Cell, Cells, Sensor
from agent.services.crowd import MOST_TRACKS
from agent.services.road_users import RoadUser
from agent.services.tracking import Tracker
from agent.services.tracks import DRIVING_M_PER_S, Track
from cext.fields import KINDS

# Need slots of the kernel, for lamps that are lit for another reason than a field.
FULL, NEAR, CLASS = range(3)

# Rings of light around a person, in metres (Haans and de Kort 2012: people want light close around them, less far off).
FULL_M, NEAR_M, FAR_M = 15.0, 45.0, 75.0

RENEW_S = 1.0  # needs that last while a condition holds are renewed and end so long after it
_STILL_S = 1.35  # a cell may see so much longer than who is known explains before it is lit by itself
_RISE = 0.8  # share of the fade up that is over when light is needed; it goes on for the rest
_FALL = 0.0207  # share of full light that a vehicle can spare at its back; light begins to fall so early
_SLOW_M_PER_S = 0.8  # hardly anybody walks more slowly
_STEP = 0.4  # walkers need steps of light, not all of it at once
_EARLY_S = 0.4  # and it is there so long before, as they are slow and light is dear to them
_SURE_M = 3.38  # who is known better than that needs no wider field
_NEXT_FIX_S = (27.0, 1.33)  # walkers, vehicles: for so long a field is not put anew

_KIND = {kind: number for number, kind in enumerate(KINDS)}

# Around a sensor or radar that cannot be believed: light as if somebody were there, and a ring, so that whoever leaves its
# cell does not come to the next lamp unannounced.
_IN_DOUBT = ((CLASS, FULL_M), (NEAR, NEAR_M))


class Radar(msgspec.Struct, frozen=True):
    """A vehicle radar of this street: its device, where it stands, in metres, and where it looks (+1 = to higher positions)."""

    device: str
    position_m: float
    looks: int


class Light(msgspec.Struct, frozen=True):
    """How light follows people.

    `hold_s`: how long light stays after the last sign of somebody; `vehicle_hold_s`: how long at least a vehicle is assumed
    where somebody is seen first; `sight_m`: how far ahead of a vehicle lamps are lit; `speed_limit_km_per_h`: the street's;
    `response_s`: how long a command takes to the light.
    """

    hold_s: float
    vehicle_hold_s: float
    sight_m: float
    speed_limit_km_per_h: float
    response_s: float

    @property
    def limit_m_per_s(self) -> float:
        """The street's speed limit, in m/s."""
        return self.speed_limit_km_per_h / 3.6


class Rings(msgspec.Struct, frozen=True):
    """Levels in per cent around people and ahead of vehicles, next to that and farther off; fades in seconds for full scale."""

    presence_pct: float
    near_pct: float
    far_pct: float
    fade_up_s: float
    fade_down_s: float


class Kernel(Protocol):
    """Where fields and needs go."""

    def set_need(self, i: int, slot: int, until_s: float) -> None: ...

    def set_way_place(self, i: int, position_m: float) -> None: ...

    def set_shape(
        self, kind: int, rings: Sequence[tuple[float, float, float]], lead_s: float, spare_s: float
    ) -> None: ...

    def put_user(  # noqa: PLR0913, PLR0917 - what is known of somebody
        self,
        slot: int,
        kind: int,
        position_m: float,
        velocity_m_per_s: float,
        spread_m: float,
        at_s: float,
        until_s: float,
    ) -> None: ...

    def clear_user(self, slot: int) -> None: ...


class Beside(msgspec.Struct, frozen=True):
    """What lies beside the view of a sensor, where nobody is seen: its lamps, as needs.

    Whoever walks may cross the view behind somebody else: neither seen to come nor to go. `walk_s`: a view that sees
    somebody for longer may hide somebody who walks; `cross_s`: so long after it has cleared they may still be in the gap.
    """

    lamps: tuple[tuple[int, int], ...]
    walk_s: float
    cross_s: float


class LightWave:
    """The light around the road users of one street. Tell it what is seen, then `step` it; both with monotonic seconds."""

    def __init__(  # noqa: PLR0913, PLR0917 - what a street is made of
        self,
        lamps_m: Sequence[float],
        sensors: Sequence[Sensor],
        light: Light,
        rings: Rings,
        kernel: Kernel,
        radars: Sequence[Radar] = (),
    ) -> None:
        """`kernel` has MOST_TRACKS slots for users and the need slots FULL, NEAR, CLASS."""
        self.cells = Cells(sensors)
        self.tracker = Tracker(self.cells, light.limit_m_per_s, light.hold_s, light.vehicle_hold_s)
        self.covered = tuple(any(abs(at_m - s.position_m) <= FULL_M for s in sensors) for at_m in lamps_m)
        self._kernel = kernel
        self._radars = radars
        self._blind = [True] * len(radars)
        self._silent = {-1: False, 1: False}
        self._around_cell = [_around(lamps_m, cell.sensor.position_m, _IN_DOUBT) for cell in self.cells.row]
        self._beside_cell = [_beside(lamps_m, self.cells.row, place) for place in range(len(self.cells.row))]
        self._around_radar = [_around(lamps_m, radar.position_m, _IN_DOUBT) for radar in radars]
        self._seams = {
            end: _around(lamps_m, ends(lamps_m, default=0.0), ((CLASS, light.sight_m),))
            for end, ends in ((-1, min), (1, max))
        }
        self._free = list(range(MOST_TRACKS))
        self._slots: dict[int, int] = {}
        self._renew_s = -inf
        self._now_s = -inf
        self._shape(lamps_m, light, rings)

    def see(self, sensor: int, *, present: bool, faulty: bool, now_s: float) -> None:
        """Take what a sensor says now. `faulty`: it is silent, stale or bad, and what it says is not believed."""
        if self.cells.see(sensor, present=present, faulty=faulty, now_s=self._time(now_s)):
            self._renew_s = -inf

    def approach(self, radar: int, distance_m: float, speed_m_per_s: float, seen_s: float) -> None:
        """Take that a radar saw at `seen_s` somebody come nearer: so far away, so fast. Who walks is for other sensors."""
        looks, here_m = self._radars[radar].looks, self._radars[radar].position_m
        sight = here_m + looks * distance_m, -looks * speed_m_per_s, seen_s
        approach(self.tracker.crowd, self.cells, sight, self._now_s)

    def blind(self, radar: int, *, faulty: bool) -> None:
        """Take whether a radar can be believed: one that cannot may hide who comes, so its stretch is kept lit."""
        if faulty is not self._blind[radar]:
            self._blind[radar] = faulty
            self._renew_s = -inf

    def announce(self, user: RoadUser, until_s: float) -> None:
        """Take that a neighbour tells of somebody who comes: they are lit, until then at most if no sensor sees them."""
        announce(self.tracker.crowd, self.cells, user, until_s, self._now_s)

    def seam(self, end: Literal[-1, 1], *, silent: bool) -> None:
        """Take whether the neighbour at the lower or the higher end is silent: nobody tells who comes from there."""
        self._silent[end] = silent
        self._renew_s = -inf

    def step(self, now_s: float) -> None:
        """Bring the fields of all road users to where they are, and light what is lit for other reasons."""
        now_s = self._time(now_s)
        self.tracker.step(now_s)
        self._put(self.tracker.crowd.tracks)
        if now_s >= self._renew_s or self.tracker.checked:
            self._renew_s = now_s + RENEW_S / 2
            self._renew(now_s)

    def road_users(self, now_s: float) -> list[RoadUser]:
        """Return whoever is believed to be on the street and was seen here; of whom neighbours told they tell themselves."""
        now_s = self._time(now_s)
        return [track.told(now_s) for track in self.tracker.crowd.tracks if track.word is None]

    def clear(self) -> None:
        """Forget everybody: by day nobody is followed."""
        self.tracker.clear()
        self._put(())

    def next_s(self) -> float:
        """Return when a step is due though no sensor has news; inf: not before."""
        watched = self.tracker.crowd.tracks or any(cell.said or cell.blind for cell in self.cells.row)
        if watched or any(self._blind) or any(self._silent.values()):
            return min(self.tracker.check_s, self._renew_s) if self.tracker.crowd.tracks else self._renew_s
        return inf

    def _time(self, now_s: float) -> float:
        """Time does not go back, whatever is said of it."""
        if self._now_s < now_s < inf:
            self._now_s = now_s
        return self._now_s

    def _put(self, tracks: Iterable[Track]) -> None:
        crowd = self.tracker.crowd
        for track in crowd.gone:
            slot = self._slots.pop(track.user, None)
            if slot is not None:
                self._free.append(slot)
                self._kernel.clear_user(slot)
        crowd.gone.clear()
        for track in tracks:
            if track.moved:
                track.moved = False
                slot = self._slots.setdefault(track.user, -1)
                if slot < 0:
                    slot = self._slots[track.user] = self._free.pop()
                off_m = track.ahead(track.at_s + _NEXT_FIX_S[track.vehicle])[1] ** 0.5
                spread_m = min(max(off_m - _SURE_M, 0.0), FULL_M)
                self._kernel.put_user(slot, _KIND[track.kind], track.x_m, track.velocity, spread_m, track.at_s, inf)

    def _renew(self, now_s: float) -> None:
        """Light around who is seen and not known, around what cannot be believed, and at the ends nobody tells of."""
        until_s = now_s + RENEW_S
        for cell, around, beside in zip(self.cells.row, self._around_cell, self._beside_cell, strict=True):
            if beside is not None and cell.said and now_s - cell.said_s > beside.walk_s:
                self._need(beside.lamps, until_s + beside.cross_s)
            if cell.blind:
                self._need(around, until_s)
            elif cell.said and now_s - cell.sensor.delay_s - cell.explained_s > _STILL_S:
                self._need([(lamp, FULL) for lamp, slot in around if slot == CLASS], until_s)
        for around, blind in zip(self._around_radar, self._blind, strict=True):
            if blind:
                self._need(around, until_s)
        for end, silent in self._silent.items():
            if silent:
                self._need(self._seams[end], until_s)

    def _need(self, lamps: Iterable[tuple[int, int]], until_s: float) -> None:
        for lamp, slot in lamps:
            self._kernel.set_need(lamp, slot, until_s)

    def _shape(self, lamps_m: Sequence[float], light: Light, rings: Rings) -> None:
        """Give lamps their places and road users their fields."""
        for lamp, at_m in enumerate(lamps_m):
            self._kernel.set_way_place(lamp, at_m)
        drive, walk = light.response_s + _RISE * rings.fade_up_s, light.response_s + _STEP * rings.fade_up_s + _EARLY_S
        spare_s = _FALL * rings.fade_down_s
        steps = ((FULL_M, rings.presence_pct), (NEAR_M, rings.near_pct), (FAR_M, rings.far_pct))
        ahead = (FULL_M, light.sight_m, rings.presence_pct)
        around = [(reach_m, reach_m, pct) for reach_m, pct in steps]
        self._kernel.set_shape(_KIND["vehicle"], (ahead,), drive, spare_s)
        self._kernel.set_shape(_KIND["pedestrian"], around, walk, spare_s / 2)
        self._kernel.set_shape(_KIND["unknown"], (ahead, *around), max(drive, walk), spare_s / 2)


def _beside(lamps_m: Sequence[float], row: Sequence[Cell], place: int) -> Beside | None:
    """Return what lies beside a view; none if others join it on both sides, or it is gone from at once."""
    cell, sensor = row[place], row[place].sensor
    low_m = row[place - 1].high_m if place > 0 else cell.low_m
    high_m = row[place + 1].low_m if place + 1 < len(row) else cell.high_m
    gap_m = max(cell.low_m - low_m, high_m - cell.high_m)
    if gap_m <= TOUCH_M:
        return None
    lamps = _around(lamps_m, sensor.position_m, ((NEAR, sensor.reach_m + gap_m + FULL_M),))
    walk_s = sensor.clears_s + 2 * sensor.reach_m / DRIVING_M_PER_S
    return Beside(tuple(lamps), walk_s, max(0.0, gap_m / _SLOW_M_PER_S - sensor.clears_s - sensor.delay_s))


def _around(lamps_m: Sequence[float], place_m: float, reaches: Sequence[tuple[int, float]]) -> list[tuple[int, int]]:
    """Return the lamps around a place, each with the first need slot in whose reach, in metres, it stands."""
    found = []
    for lamp, at_m in enumerate(lamps_m):
        slot = next((slot for slot, reach_m in reaches if abs(at_m - place_m) <= reach_m), None)
        if slot is not None:
            found.append((lamp, slot))
    return found
