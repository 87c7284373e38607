"""The light wave: fields of light that go with the road users of a street, and light where somebody is who is not known. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Protocol

from agent.services.cells import Cells, Sensor
from agent.services.tracking import MOST_TRACKS, Tracker
from agent.services.tracks import Track

VEHICLE, PEDESTRIAN, UNKNOWN = range(3)
FULL, NEAR, FAR, CLASS = range(4)
FULL_M, NEAR_M, FAR_M = 15.0, 45.0, 75.0
RENEW_S = 1.0


class LightWave:
    def __init__(self, lamps_m: Sequence[float], sensors: Sequence[Sensor], limit_m_per_s: float = 13.89, hold_s: float = 4.0) -> None:
        self.cells = Cells(sensors)
        self.tracker = Tracker(self.cells, limit_m_per_s, hold_s)
        self._lamps_m = lamps_m
        self._near = [[i for i, at_m in enumerate(lamps_m) if abs(at_m - c.sensor.position_m) <= FULL_M] for c in self.cells.row]
        self._slots = list(range(MOST_TRACKS))
        self._slot: dict[int, int] = {}
        self._late_s = max((s.late_s for s in sensors), default=0.0)

    def step(self, now_s: float, kernel) -> None:
        tracker = self.tracker
        tracker.step(now_s)
        for track in tracker.gone:
            slot = self._slot.pop(track.user, None)
            if slot is not None:
                self._slots.append(slot)
                kernel.clear_user(slot)
        tracker.gone.clear()
        for track in tracker.tracks:
            if track.moved:
                track.moved = False
                slot = self._slot.get(track.user)
                if slot is None:
                    slot = self._slot[track.user] = self._slots.pop()
                ahead_s = 2.0 if track.vehicle else 8.0
                spread = max(0.0, track.ahead(track.at_s + ahead_s)[1] ** 0.5 - 1.5)
                if not track.velocity:
                    spread = min(spread, 15.0)
                kind = VEHICLE if track.vehicle else PEDESTRIAN
                kernel.put_user(slot, kind, track.x_m, track.velocity, spread, track.at_s, inf)
        at_s = now_s - self._late_s
        for place, cell in enumerate(self.cells.row):
            if cell.faulty:
                kernel.set_need
            elif cell.said and at_s - cell.explained_s > 0.4:
                for lamp in self._near[place]:
                    kernel.set_need(lamp, FULL, now_s + RENEW_S)
