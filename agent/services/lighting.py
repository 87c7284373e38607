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
WALKING_M_PER_S = 1.4
FORGET_S = 60.0  # a neighbour's first sight older than this belongs to somebody else
LEAD_S = 1.5  # the next lamp is lit so long before somebody comes to it: response of bus, module and lamp
RENEW_S = 1.0  # needs that last while a condition holds are renewed each step and end so long after it


class Lamp(msgspec.Struct, frozen=True):
    """A lamp of this street: where it stands, in metres."""

    position_m: float


class Sensor(msgspec.Struct, frozen=True):
    """A presence sensor of this street: its device and where it stands, in metres."""

    device: str
    position_m: float


class Light(msgspec.Struct, frozen=True):
    """How long light stays after the last sign of somebody, how long a lamp ahead waits, how far ahead: s, s, m."""

    hold_s: float
    vehicle_hold_s: float
    sight_m: float


class Needs(Protocol):
    """Where needs go: the kernel. A need lasts until `until_s` and is only ever extended."""

    def set_need(self, i: int, slot: int, until_s: float) -> None: ...


class _Track:
    """What is known of whoever a sensor sees: since when, and how they move (+1 = to higher positions)."""

    __slots__ = ("direction", "faulty", "present", "since_s", "speed_m_per_s", "until_s")

    def __init__(self) -> None:
        self.present = False
        self.faulty = True
        self.since_s = float("-inf")
        self.until_s = float("-inf")
        self.direction = 0
        self.speed_m_per_s = WALKING_M_PER_S


class LightWave:
    """Needs of one street. Call `see` with what each sensor says, then `step`; both with monotonic seconds."""

    def __init__(self, lamps: Sequence[Lamp], sensors: Sequence[Sensor], light: Light) -> None:
        self._lamps = lamps
        self._sensors = sensors
        self._light = light
        self._order = sorted(range(len(sensors)), key=lambda i: sensors[i].position_m)
        self._tracks = [_Track() for _ in sensors]
        self._around = [
            [
                (lamp, abs(at.position_m - sensor.position_m), at.position_m - sensor.position_m)
                for lamp, at in enumerate(lamps)
            ]
            for sensor in sensors
        ]
        self.covered = tuple(any(abs(lamp.position_m - s.position_m) <= FULL_M for s in sensors) for lamp in lamps)

    def see(self, sensor: int, present: bool, faulty: bool, now_s: float, needs: Needs) -> None:
        """Take what a sensor says now. `faulty`: it is silent, stale or bad, and what it says is not believed."""
        track = self._tracks[sensor]
        if present and not faulty and not track.present:
            self._first_sight(sensor, now_s, needs)
        track.faulty = faulty
        track.present = present and not faulty
        if track.present:
            track.until_s = now_s + self._light.hold_s

    def step(self, now_s: float, needs: Needs) -> None:
        """Renew the needs around everybody who is seen or was a moment ago, and in the cells of faulty sensors."""
        for sensor, track in enumerate(self._tracks):
            if track.faulty:
                # Fail lit: a sensor that cannot be believed counts as presence at the class level.
                for lamp, away_m, _ in self._around[sensor]:
                    if away_m <= FULL_M:
                        needs.set_need(lamp, CLASS, now_s + RENEW_S)
            if now_s < track.until_s:
                self._surround(sensor, track, now_s, needs)

    def _surround(self, sensor: int, track: _Track, now_s: float, needs: Needs) -> None:
        """Rings around a sensor that sees somebody, widened towards where they are about to be."""
        seen_m = track.speed_m_per_s * (now_s + LEAD_S - track.since_s)
        leaving = seen_m >= SENSOR_REACH_M + FULL_M
        until_s = now_s + RENEW_S
        for lamp, away_m, offset_m in self._around[sensor]:
            if away_m <= FULL_M:
                needs.set_need(lamp, FULL, until_s)
            elif away_m <= NEAR_M:
                ahead = track.direction == 0 or offset_m * track.direction > 0
                needs.set_need(lamp, FULL if leaving and ahead else NEAR, until_s)
            elif away_m <= FAR_M:
                needs.set_need(lamp, FAR, until_s)

    def _first_sight(self, sensor: int, now_s: float, needs: Needs) -> None:
        """Somebody comes into a sensor's view: find out from its neighbours how they move, and light the way ahead."""
        track = self._tracks[sensor]
        track.since_s = now_s
        track.direction, track.speed_m_per_s = self._motion(sensor, now_s)
        if track.direction != 0 and track.speed_m_per_s < DRIVING_M_PER_S:
            return
        for direction in (track.direction,) if track.direction else (-1, 1):
            # Unknown yet: whoever drives is at the next sensor by then; whoever walks costs that much light once.
            gap_m = self._gap_m(sensor, direction)
            speed_m_per_s = track.speed_m_per_s if track.direction else 2 * DRIVING_M_PER_S
            until_s = now_s + max(self._light.vehicle_hold_s, LEAD_S + gap_m / speed_m_per_s)
            for lamp, _, offset_m in self._around[sensor]:
                if -FULL_M <= offset_m * direction <= self._light.sight_m:
                    needs.set_need(lamp, FULL, until_s)

    def _motion(self, sensor: int, now_s: float) -> tuple[int, float]:
        """Direction and speed from the neighbour that began to see last: (0, walking) if nobody came from there."""
        best = (0, WALKING_M_PER_S)
        latest_s = now_s - FORGET_S
        for direction in (1, -1):
            neighbour = self._neighbour(sensor, -direction)
            if neighbour is None:
                continue
            since_s = self._tracks[neighbour].since_s
            if latest_s < since_s < now_s:
                latest_s = since_s
                away_m = abs(self._sensors[sensor].position_m - self._sensors[neighbour].position_m)
                best = (direction, away_m / (now_s - since_s))
        return best

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
