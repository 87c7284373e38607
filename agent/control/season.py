"""How much light a street has while nobody is seen, and when it is night: calendar, counted traffic, clock, photocell. Pure.

The rung is `schedule`; presence is a layer of its own above it, and the higher level wins.
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from agent.control.calendar import Calendar, Period
from agent.control.classes import by_volume, level_pct
from agent.control.nightfall import DARKER_AFTER_S, By, Nightfall
from agent.control.settled import Settled
from agent.control.traffic import Traffic


class Design(msgspec.Struct, frozen=True):
    """What a street was designed for: its class ("" if not said), the level that meets it, the level while nobody is there.

    `lowest` is the lowest class that counted traffic may choose.
    """

    class_pct: float
    base_pct: float
    class_name: str = ""
    lowest: str = ""


class Rest(msgspec.Struct, frozen=True):
    """The levels of a street, in per cent, while nobody is seen: its class, and the base where sensors watch; and why."""

    class_pct: float
    base_pct: float
    class_name: str
    why: str


def by_calendar(design: Design, period: Period | None) -> Rest:
    """Return what a period asks for; without one, or where it says nothing, it is as designed."""
    if period is None:
        return Rest(design.class_pct, design.base_pct, design.class_name, "design")
    says_class = period.class_pct is not None
    class_pct = design.class_pct if period.class_pct is None else period.class_pct
    base_pct = design.base_pct if period.base_pct is None else period.base_pct
    name = period.class_name if says_class else design.class_name
    return Rest(class_pct, min(base_pct, class_pct), name, f"calendar {period.name}")


class Season:
    """What is in force. `step` takes monotonic seconds and the wall time with its trust; other times are never read."""

    def __init__(
        self,
        design: Design,
        nightfall: Nightfall,
        *,
        night: bool | None,
        calendar: Calendar | None = None,
        traffic: Traffic | None = None,
    ) -> None:
        self.design = design
        self.night = night
        self.traffic = traffic
        self.rest = by_calendar(design, None)
        self.calendar = calendar
        self._nightfall = nightfall
        # Falls late, as the night does: a clock that jumps to and fro over the end of a period is not seen.
        self._class = Settled(design.class_pct, DARKER_AFTER_S)
        self._base = Settled(design.base_pct, DARKER_AFTER_S)

    @property
    def night_by(self) -> By:
        """Return what decided whether it is night."""
        return self._nightfall.by

    @property
    def sun_deg(self) -> float | None:
        """Return the sun's height in degrees at the last step; none without a trusted clock."""
        return self._nightfall.sun_deg

    def step(self, now_s: float, utc: datetime, *, trusted: bool) -> None:
        """Go on to a time: sets `night` and `rest`."""
        self.night = self._nightfall.step(now_s, utc, trusted=trusted)
        asked = self._asked(utc) if trusted else self._as_designed("design, for the clock is not trusted")
        class_pct = self._class.take(asked.class_pct, now_s)
        base_pct = min(self._base.take(asked.base_pct, now_s), class_pct)
        self.rest = msgspec.structs.replace(asked, class_pct=class_pct, base_pct=base_pct)

    def _asked(self, utc: datetime) -> Rest:
        period = None if self.calendar is None else self.calendar.at(utc.astimezone(UTC))
        planned = by_calendar(self.design, period)
        if self.traffic is None:
            return planned
        counted = self._counted(self.traffic)
        # A calendar that says no class leaves it to what is counted; of two that say one the higher wins.
        if period is not None and period.class_pct is not None and planned.class_pct >= counted.class_pct:
            return planned
        base_pct = planned.base_pct if period is not None and period.base_pct is not None else counted.base_pct
        return msgspec.structs.replace(counted, base_pct=min(base_pct, counted.class_pct))

    def _counted(self, traffic: Traffic) -> Rest:
        if traffic.volume is None:
            return self._as_designed(f"design, for {traffic.fault or 'traffic is not counted for long enough yet'}")
        design = self.design
        name = by_volume(design.class_name, traffic.volume)
        name = min(name, design.lowest)  # of one letter and one digit: the lower number is the higher class
        class_pct = level_pct(name, design.class_name, design.class_pct)
        why = f"traffic {traffic.volume.name.lower()}"  # no count: it is logged, and 6/h is one who walked by
        return Rest(class_pct, min(design.base_pct, class_pct), name, why)

    def _as_designed(self, why: str) -> Rest:
        return msgspec.structs.replace(by_calendar(self.design, None), why=why)
