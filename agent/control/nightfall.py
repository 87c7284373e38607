"""Night or day: the astronomical clock and the photocell together, each alone, or neither. Pure.

The photocell brings light forward or delays it by at most 45 min around the clock; without a trusted clock it rules alone;
without either it is not known, and the street is lit.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from agent.control.photocell import DOUBT_S, Photocell
from agent.control.settled import Settled
from agent.control.sun import AstronomicalClock

MOST_SHIFT = timedelta(minutes=45)
DARKER_AFTER_S = 60.0  # so long what darkens the street must be said without a break: clocks may jump to and fro

By = Literal["clock", "photocell", "both", "nothing"]
_ORDER: tuple[bool | None, ...] = (False, True, None)  # by light: off, night, lit because nobody knows


class Nightfall:
    """Decides whether it is night. `step` takes monotonic seconds and the wall time with its trust."""

    def __init__(self, sun: AstronomicalClock, night: bool | None, photocell: Photocell | None = None) -> None:
        self.by: By = "nothing"
        self.sun_deg: float | None = None  # the sun's height in degrees; none without a trusted clock
        self._sun = sun
        self._photocell = photocell
        self._settled = Settled(_ORDER.index(night), DARKER_AFTER_S)
        self._known = False  # the photocell was asked in this twilight
        self._out = False  # it then fell silent: the clock has the rest of this twilight

    def step(self, now_s: float, utc: datetime, *, trusted: bool) -> bool | None:
        """Return whether it is night; none if that is not known, which is lit."""
        self.sun_deg = self._sun.elevation_deg(utc) if trusted else None
        said = self._by_clock(now_s, utc) if trusted else self._by_photocell()
        return _ORDER[round(self._settled.take(_ORDER.index(said), now_s))]

    def _by_photocell(self) -> bool | None:
        said = None if self._photocell is None else self._photocell.night
        self.by = "nothing" if said is None else "photocell"
        return said

    def _by_clock(self, now_s: float, utc: datetime) -> bool:
        night = self._sun.is_night(utc)
        self.by = "clock"
        if self._photocell is None:
            return night
        if not self._twilight(utc, night):
            self._known = self._out = False
            return night
        said = self._photocell.night if now_s - self._photocell.heard_s < DOUBT_S else None
        self._out |= self._known and said is None
        self._known |= said is not None
        if said is None or self._out:
            return night
        self.by = "both"
        return said

    def _twilight(self, utc: datetime, night: bool) -> bool:
        """Return whether the clock's night begins or ends within the shift, before or after."""
        return any(self._sun.is_night(utc + MOST_SHIFT * part) is not night for part in (-1, -0.5, 0.5, 1))
