"""The light wave: from what presence sensors see to which lamps are needed, how much and until when. Pure.

A presence sensor says only that somebody moves near it. Speed and direction follow from the order in which neighbouring
sensors begin to see: who took 2 s for 30 m drives, who took 20 s walks. Until then a first sight is lit for both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

# Need slots of the kernel, highest first.
FULL, NEAR, FAR, CLASS = range(4)

# Rings of light around a person, in metres (Haans and de Kort 2012: people want light close around them, less far off).
FULL_M, NEAR_M, FAR_M = 15.0, 45.0, 75.0

SENSOR_REACH_M = 10.0  # to either side of its pole; what common radar and PIR heads see along a street
DRIVING_M_PER_S = 4.0  # above it somebody is lit as a vehicle: further ahead
FASTEST_M_PER_S = 40.0  # two sensors that begin to see one after the other quicker than that see two people
WALKING_M_PER_S = 1.4
SLOWEST_M_PER_S = 0.4  # with a walking frame
FORGET_S = 60.0  # a neighbour's first sight older than this belongs to somebody else
SENSOR_CLEARS_S = 5.0  # a sensor goes on seeing for so long after the last movement
PASSED_S = 1.0  # light stays for this long behind a vehicle
SEEN_LATE_S = 1.5  # a sensor may say so much later that it sees a vehicle: poll and debounce
BLUR = 0.3  # a vehicle's place is known to this share of the way since it was last seen
MOST_VEHICLES = 16
LEAD_S = 1.5  # the next lamp is lit so long before somebody comes to it: response of bus, module and lamp
RENEW_S = 1.0  # needs that last while a condition holds are renewed each step and end so long after it


Span = tuple[float, float]

# Around a sensor that cannot be believed: light as if somebody were there, and a ring, so that whoever leaves its cell
# does not come to the next lamp unannounced.
_IN_DOUBT = ((CLASS, FULL_M), (NEAR, NEAR_M))


class Lamp(msgspec.Struct, frozen=True):
    """A lamp of this street: where it stands, in metres."""

    position_m: float


class Sensor(msgspec.Struct, frozen=True):
    """A presence sensor of this street: its device and where it stands, in metres."""

    device: str
    position_m: float


class Radar(msgspec.Struct, frozen=True):
    """A vehicle radar of this street: its device, where it stands, in metres, and where it looks (+1 = to higher positions)."""

    device: str
    position_m: float
    looks: int


class Light(msgspec.Struct, frozen=True):
    """How long light stays after the last sign of somebody, how long a lamp ahead waits, how far ahead: s, s, m."""

    hold_s: float
    vehicle_hold_s: float
    sight_m: float


class Needs(Protocol):
    """Where needs go: the kernel. A need lasts until `until_s` and is only ever extended."""

    def set_need(self, i: int, slot: int, until_s: float) -> None: ...


class _Vehicle:
    """Somebody who drives: seen last at `from_m` and `from_s`, going at a constant speed; the sensors still to confirm it."""

    __slots__ = ("direction", "from_m", "from_s", "speed_m_per_s", "to_pass")

    def __init__(self, direction: int, speed_m_per_s: float, from_m: float, from_s: float, to_pass: list[int]) -> None:
        self.direction = direction
        self.speed_m_per_s = speed_m_per_s
        self.from_m = from_m
        self.from_s = from_s
        self.to_pass = to_pass

    def at_m(self, now_s: float) -> float:
        return self.from_m + self.direction * self.speed_m_per_s * (now_s - self.from_s)


class _Track:
    """What is known of whoever a sensor sees: since when, and how they move (+1 = to higher positions)."""

    __slots__ = ("anywhere", "direction", "faulty", "present", "since_s", "speed_m_per_s", "until_s")

    def __init__(self) -> None:
        self.present = False
        self.faulty = True
        self.since_s = float("-inf")
        self.until_s = float("-inf")
        self.anywhere = False  # came unseen behind a vehicle: neither place nor direction is known
        self.direction = 0
        self.speed_m_per_s = WALKING_M_PER_S

    def passing(self, now_s: float) -> bool:
        """Whether a vehicle alone explains what is seen: it drove in, and has not been seen for longer than that takes."""
        passed_s = 2 * SENSOR_REACH_M / self.speed_m_per_s + SENSOR_CLEARS_S + SEEN_LATE_S
        return self.speed_m_per_s >= DRIVING_M_PER_S and now_s < self.since_s + passed_s

    def walker(self, now_s: float) -> None:
        """Take that somebody on foot is there: a vehicle alone would have been gone by now."""
        self.since_s = now_s
        self.anywhere = True
        self.direction = 0
        self.speed_m_per_s = WALKING_M_PER_S


class LightWave:
    """Needs of one street. Call `see` with what each sensor says, then `step`; both with monotonic seconds."""

    def __init__(
        self, lamps: Sequence[Lamp], sensors: Sequence[Sensor], light: Light, radars: Sequence[Radar] = ()
    ) -> None:
        self._lamps = lamps
        self._sensors = sensors
        self._light = light
        self._order = sorted(range(len(sensors)), key=lambda i: sensors[i].position_m)
        self._tracks = [_Track() for _ in sensors]
        self._vehicles: list[_Vehicle] = []
        self._offsets_m = [[lamp.position_m - sensor.position_m for lamp in lamps] for sensor in sensors]
        self._radars = radars
        self._radar_offsets_m = [[lamp.position_m - radar.position_m for lamp in lamps] for radar in radars]
        self._blind = [True] * len(radars)
        self.covered = tuple(any(abs(lamp.position_m - s.position_m) <= FULL_M for s in sensors) for lamp in lamps)

    def see(self, sensor: int, present: bool, faulty: bool, now_s: float, needs: Needs) -> None:
        """Take what a sensor says now. `faulty`: it is silent, stale or bad, and what it says is not believed."""
        track = self._tracks[sensor]
        if present and not faulty and not track.present:
            self._first_sight(sensor, now_s, needs)
        if track.present and not present and not faulty and not track.passing(now_s):
            track.until_s = max(track.until_s, now_s + self._unseen_s(sensor))  # they walk where nothing sees them
        track.faulty = faulty
        track.present = present and not faulty
        if track.present:
            if track.speed_m_per_s >= DRIVING_M_PER_S and not track.passing(now_s):
                track.walker(now_s)
            track.until_s = now_s + (PASSED_S if track.passing(now_s) else self._light.hold_s)

    def approach(self, radar: int, distance_m: float, speed_m_per_s: float, seen_s: float) -> None:
        """Take that a radar saw at `seen_s` somebody come nearer: so far away, so fast. Who walks is for other sensors."""
        if speed_m_per_s < DRIVING_M_PER_S:
            return
        looks, here_m = self._radars[radar].looks, self._radars[radar].position_m
        direction, from_m = -looks, here_m + looks * distance_m
        for vehicle in self._vehicles:
            blur_m = FULL_M + BLUR * abs(vehicle.at_m(seen_s) - vehicle.from_m)
            if vehicle.direction == direction and abs(vehicle.at_m(seen_s) - from_m) <= blur_m:
                vehicle.speed_m_per_s, vehicle.from_m, vehicle.from_s = speed_m_per_s, from_m, seen_s
                return
        ahead = [s for s in self._order[::direction] if (self._sensors[s].position_m - from_m) * direction > 0]
        self._vehicles = [
            *self._vehicles[: MOST_VEHICLES - 1],
            _Vehicle(direction, speed_m_per_s, from_m, seen_s, ahead),
        ]

    def blind(self, radar: int, *, faulty: bool) -> None:
        """Take whether a radar can be believed: one that cannot may hide who comes, so its stretch is kept lit."""
        self._blind[radar] = faulty

    def step(self, now_s: float, needs: Needs) -> None:
        """Renew the needs around everybody who is seen or was a moment ago, and in the cells of faulty sensors."""
        for sensor, track in enumerate(self._tracks):
            if track.faulty:
                _ring(self._offsets_m[sensor], (0.0, 0.0), _IN_DOUBT, now_s + RENEW_S, needs)
            if now_s < track.until_s:
                self._surround(sensor, track, now_s, needs)
        for offsets_m, blind in zip(self._radar_offsets_m, self._blind, strict=True):
            if blind:
                _ring(offsets_m, (0.0, 0.0), _IN_DOUBT, now_s + RENEW_S, needs)
        self._vehicles = [vehicle for vehicle in self._vehicles if self._follow(vehicle, now_s, needs)]

    def moves(self, now_s: float) -> bool:
        """Return whether somebody is followed: seen, or seen a moment ago, or driving between two sensors."""
        return bool(self._vehicles) or any(now_s < track.until_s for track in self._tracks)

    def _surround(self, sensor: int, track: _Track, now_s: float, needs: Needs) -> None:
        """Rings around where whoever a sensor sees can be, up to where they are about to be."""
        until_s = now_s + RENEW_S
        if track.passing(now_s):
            _ring(self._offsets_m[sensor], (0.0, 0.0), ((FULL, FULL_M),), until_s, needs)
            return
        front_m = track.speed_m_per_s * (now_s + LEAD_S - track.since_s) - SENSOR_REACH_M
        front_m = min(max(front_m, SENSOR_REACH_M), SENSOR_REACH_M + FULL_M)
        if track.anywhere:
            front_m = SENSOR_REACH_M + FULL_M
        back_m = SENSOR_REACH_M if track.direction else front_m
        span = (-back_m, front_m) if track.direction >= 0 else (-front_m, back_m)
        _ring(self._offsets_m[sensor], span, ((FULL, FULL_M), (NEAR, NEAR_M), (FAR, FAR_M)), until_s, needs)

    def _follow(self, vehicle: _Vehicle, now_s: float, needs: Needs) -> bool:
        """Light the way ahead of a vehicle. False if no sensor saw it where it should have been: it stopped or turned off."""
        at_m = vehicle.at_m(now_s)
        blur_m = BLUR * abs(at_m - vehicle.from_m)
        for lamp, place in enumerate(self._lamps):
            ahead_m = (place.position_m - at_m) * vehicle.direction
            if -FULL_M - blur_m <= ahead_m <= self._light.sight_m + blur_m:
                needs.set_need(lamp, FULL, now_s + RENEW_S)
        late_m = SENSOR_REACH_M + vehicle.speed_m_per_s * SEEN_LATE_S + blur_m
        while vehicle.to_pass:
            sensor = vehicle.to_pass[0]
            if (at_m - self._sensors[sensor].position_m) * vehicle.direction < late_m:
                return True
            # A sensor that already sees somebody else cannot tell; one that sees nobody has the last word.
            if now_s >= self._tracks[sensor].until_s and not self._tracks[sensor].faulty:
                return False
            vehicle.to_pass.pop(0)
        end_m = max(abs(lamp.position_m - vehicle.from_m) for lamp in self._lamps)
        return abs(at_m - vehicle.from_m) <= end_m + FULL_M

    def _first_sight(self, sensor: int, now_s: float, needs: Needs) -> None:
        """Somebody comes into a sensor's view: find out from its neighbours how they move, and light the way ahead."""
        track = self._tracks[sensor]
        track.direction, track.speed_m_per_s = self._expected(sensor, now_s) or self._motion(sensor, now_s)
        track.since_s = now_s
        track.anywhere = False
        self._taken_over(sensor, now_s)
        if track.direction == 0:
            # Unknown yet: whoever drives is at the next sensor by then; whoever walks costs that much light once.
            for direction in (-1, 1):
                until_s = now_s + max(self._light.vehicle_hold_s, LEAD_S + self._gap_m(sensor, direction) / 8.0)
                for lamp, offset_m in enumerate(self._offsets_m[sensor]):
                    if -FULL_M <= offset_m * direction <= self._light.sight_m:
                        needs.set_need(lamp, FULL, until_s)
        elif track.speed_m_per_s >= DRIVING_M_PER_S:
            self._drive(sensor, track, now_s)

    def _drive(self, sensor: int, track: _Track, now_s: float) -> None:
        """Follow a vehicle from here: the one that was expected, or a new one."""
        here_m = self._sensors[sensor].position_m
        known = [v for v in self._vehicles if v.direction == track.direction and sensor in v.to_pass[:2]]
        self._vehicles = [vehicle for vehicle in self._vehicles if vehicle not in known][: MOST_VEHICLES - 1]
        place = self._order.index(sensor)
        ahead = self._order[place + 1 :] if track.direction > 0 else self._order[:place][::-1]
        entry_m = here_m - track.direction * SENSOR_REACH_M / 2
        self._vehicles.append(_Vehicle(track.direction, track.speed_m_per_s, entry_m, now_s, list(ahead)))

    def _expected(self, sensor: int, now_s: float) -> tuple[int, float] | None:
        """Direction and speed of a vehicle that a radar has announced, and that is due here about now."""
        here_m = self._sensors[sensor].position_m
        for vehicle in self._vehicles:
            blur_m = BLUR * abs(vehicle.at_m(now_s) - vehicle.from_m)
            late_m = SENSOR_REACH_M + vehicle.speed_m_per_s * SEEN_LATE_S + blur_m
            if sensor in vehicle.to_pass[:1] and abs(vehicle.at_m(now_s) - here_m) <= late_m:
                return vehicle.direction, vehicle.speed_m_per_s
        return None

    def _motion(self, sensor: int, now_s: float) -> tuple[int, float]:
        """Direction and speed of whoever comes from a neighbour; (0, walking) if from none or if it could be from both."""
        drivers, walkers = [], []
        for direction in (1, -1):
            neighbour = self._neighbour(sensor, -direction)
            if neighbour is None:
                continue
            there = self._tracks[neighbour]
            away_m = abs(self._sensors[sensor].position_m - self._sensors[neighbour].position_m)
            after_s = now_s - there.since_s
            if not away_m / FASTEST_M_PER_S < after_s < FORGET_S:
                continue
            if after_s <= away_m / DRIVING_M_PER_S:
                drivers.append((after_s, direction, away_m / after_s))
            elif there.speed_m_per_s < DRIVING_M_PER_S:
                walkers.append((direction, away_m / after_s if not there.anywhere else WALKING_M_PER_S))
        if drivers:
            return min(drivers)[1:]
        return walkers[0] if len(walkers) == 1 and walkers[0][1] < DRIVING_M_PER_S else (0, WALKING_M_PER_S)

    def _unseen_s(self, sensor: int) -> float:
        """How long the slowest walker can still be between this sensor's view, which has just cleared, and the next one.

        0 if they have come into the next one meanwhile.
        """
        here_m, beside = self._sensors[sensor].position_m, self._beside(sensor)
        if any(self._came_on(sensor, other) for other in beside):
            return 0.0
        gap_m = max((abs(self._sensors[other].position_m - here_m) for other in beside), default=0.0)
        return min(max((gap_m - 2 * SENSOR_REACH_M) / SLOWEST_M_PER_S - SENSOR_CLEARS_S, 0.0), FORGET_S)

    def _taken_over(self, sensor: int, now_s: float) -> None:
        """Somebody is seen here who may have been waited for beside: there, light stays no longer than after a last sign."""
        for other in self._beside(sensor):
            if not self._tracks[other].present and self._came_on(other, sensor):
                self._tracks[other].until_s = min(self._tracks[other].until_s, now_s + self._light.hold_s)

    def _came_on(self, sensor: int, other: int) -> bool:
        """Whether who was seen by a sensor can be whoever was then seen beside it: no vehicle takes a walker along."""
        there, after_s = self._tracks[other], self._tracks[other].since_s - self._tracks[sensor].since_s
        gap_m = abs(self._sensors[other].position_m - self._sensors[sensor].position_m)
        return after_s > 0 and (there.speed_m_per_s < DRIVING_M_PER_S or after_s <= gap_m / DRIVING_M_PER_S)

    def _beside(self, sensor: int) -> list[int]:
        place = self._order.index(sensor)
        return [self._order[at] for at in (place - 1, place + 1) if 0 <= at < len(self._order)]

    def _neighbour(self, sensor: int, direction: int) -> int | None:
        """Return the next working sensor in a direction."""
        place = self._order.index(sensor) + direction
        while 0 <= place < len(self._order):
            if not self._tracks[self._order[place]].faulty:
                return self._order[place]
            place += direction
        return None

    def _gap_m(self, sensor: int, direction: int) -> float:
        neighbour = self._neighbour(sensor, direction)
        if neighbour is None:
            return 0.0
        return abs(self._sensors[neighbour].position_m - self._sensors[sensor].position_m)


def _ring(
    offsets_m: Sequence[float], span_m: Span, rings: Sequence[tuple[int, float]], until_s: float, needs: Needs
) -> None:
    """Light the lamps within each ring's distance of a span around a sensor; `offsets_m` of the lamps from it."""
    for lamp, offset_m in enumerate(offsets_m):
        away_m = max(span_m[0] - offset_m, offset_m - span_m[1], 0.0)
        for slot, reach_m in rings:
            if away_m <= reach_m:
                needs.set_need(lamp, slot, until_s)
                break
