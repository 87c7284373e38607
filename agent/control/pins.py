"""Pins that mean something: levels through debounce and hold into readings of presence sensors and contacts. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable

from cext.presence import Debounce, PirDetector
from drivers.points import Point, PointType, Quality, Reading

RESTLESS_S = 2.0  # a pin whose level does not stand for so long is not believed: hum, a loose wire, a head gone mad


class PinSensor:
    """One device on a pin: `level` with each raw level, `step` with the time; it delivers readings of its one point."""

    def __init__(
        self,
        point: Point,
        detector: PirDetector | Debounce,
        debounce_s: float,
        deliver: Callable[[str, Reading], None],
    ) -> None:
        self.point = point
        self._detector = detector
        self._debounce_s = debounce_s
        self._deliver = deliver
        self._seen = False
        self._shown: bool | None = None
        self._raw = False
        self._edge_s = self._restless_from_s = -math.inf  # when it changed last; since when no level has stood
        self._restless = False

    def level(self, active: bool, now_s: float) -> None:
        """Take a level of the pin (True = active)."""
        self._seen = True
        self._detector.edge(active, now_s)
        if active is not self._raw:
            if now_s - self._edge_s >= self._debounce_s:
                self._restless_from_s = now_s
            self._raw, self._edge_s = active, now_s

    def lost(self, reason: str, now_s: float) -> None:
        """Take that the pin cannot be read any more."""
        self._seen = self._restless = False
        self._shown = None
        self._deliver(self.point.key, Reading(None, Quality.BAD, reason, now_s))

    def next_s(self) -> float:
        """Return when a step is due if no edge comes before; inf for never."""
        if not self._seen:
            return math.inf
        due_s: float = self._detector.next_s()
        return min(due_s, self._edge_s + self._debounce_s) if self._restless else due_s

    def step(self, now_s: float) -> None:
        """Deliver a reading if what the detector says has changed."""
        if not self._seen:
            return
        present = self._detector.step(now_s)
        standing = now_s - self._edge_s >= self._debounce_s
        if not standing and self._edge_s - self._restless_from_s >= RESTLESS_S:
            self._tell_restless(now_s)
        elif present is not self._shown and (standing or not self._restless):
            self._restless = False
            self._shown = present
            self._deliver(self.point.key, Reading(present, Quality.GOOD, "", now_s))

    def _tell_restless(self, now_s: float) -> None:
        if not self._restless:
            self._restless, self._shown = True, None
            reason = f"no level stands for {self._debounce_s:g} s: something disturbs the wire"
            self._deliver(self.point.key, Reading(None, Quality.BAD, reason, now_s))


def presence_on_pin(
    device: str, debounce_s: float, hold_s: float, deliver: Callable[[str, Reading], None]
) -> PinSensor:
    """Build a PIR: a pulse counts after `debounce_s` and as presence for `hold_s` seconds."""
    # A pin has no age: it is read by its edges. What is wrong with it is told by `lost`.
    point = Point(key=f"{device}/presence/state", type=PointType.BOOL, max_age_s=math.inf, title="somebody is there")
    return PinSensor(point, PirDetector(debounce_s, hold_s), debounce_s, deliver)


def contact_on_pin(device: str, debounce_s: float, deliver: Callable[[str, Reading], None]) -> PinSensor:
    """Build a contact: a level counts when it has stood for `debounce_s` seconds."""
    point = Point(key=f"{device}/contact/state", type=PointType.BOOL, max_age_s=math.inf, title="contact active")
    return PinSensor(point, Debounce(debounce_s), debounce_s, deliver)
