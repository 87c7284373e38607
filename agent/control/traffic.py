"""The class by counted traffic: UNI 11248, annex D (as summarised in public; the standard itself was not read). Pure.

Count for ten minutes, times six. Up at once; down after two samples in a row below the band, so that a class that was reached
holds for one more interval. Whatever is wrong with counting: the design class.
"""

from __future__ import annotations

import math

import msgspec

from agent.control.classes import RoadKind, Volume, volume

INTERVAL_S = 600.0
_PER_H = 3600.0 / INTERVAL_S
SILENT_S = 24 * 3600.0  # nobody for so long on a street that is counted: the counter is blind
_BLIND = "nobody counted for 24 h"


class Road(msgspec.Struct, frozen=True):
    """What a street can take, in road users an hour, and by which bands its volume is judged."""

    capacity_per_h: float
    kind: RoadKind


class Traffic:
    """The volume that is in force. Call `pass_by` for who passes, `step` at least every few seconds."""

    def __init__(self, road: Road) -> None:
        self.fault = ""  # why counting is not believed
        self.per_h: float | None = None  # by the last whole interval
        self._road = road
        self._begun_s: float | None = None
        self._count = 0
        self._last_s = -math.inf  # when somebody passed last
        self._blind = False
        self._whole: tuple[Volume, ...] = ()  # of the last two whole intervals

    def pass_by(self, count: int, now_s: float) -> None:
        """Take that so many have passed since it was last said."""
        self._count += count
        self._last_s = now_s
        self._blind = False

    def step(self, now_s: float, fault: str = "") -> None:
        """Go on to a time; `fault` says why counting cannot be believed, if so."""
        if fault:
            self._restart(fault)
        elif self._begun_s is None:
            self.fault = _BLIND if self._blind else ""
            self._begun_s, self._count = now_s, 0
            self._last_s = max(self._last_s, now_s)
        elif not 0.0 <= now_s - self._begun_s < 2 * INTERVAL_S:
            self._restart("counting was interrupted")  # what was counted meanwhile belongs to no interval
        elif now_s - self._begun_s >= INTERVAL_S:
            self._end_interval(now_s)

    @property
    def volume(self) -> Volume | None:
        """Return the volume in force: the highest of the last two intervals and what this one has shown so far.

        None while counting is not believed, or was not for two intervals yet.
        """
        if self.fault or len(self._whole) < 2:
            return None
        return max(*self._whole, self._band())

    def _end_interval(self, now_s: float) -> None:
        self._whole = (*self._whole, self._band())[-2:]
        self.per_h = self._count * _PER_H
        self._begun_s = now_s
        self._count = 0
        if now_s - self._last_s >= SILENT_S:
            self._blind = True
        self.fault = _BLIND if self._blind else ""

    def _band(self) -> Volume:
        return volume(self._count * _PER_H, self._road.capacity_per_h, self._road.kind)

    def _restart(self, fault: str) -> None:
        self.fault, self.per_h = fault, None
        self._begun_s, self._whole, self._count = None, (), 0
