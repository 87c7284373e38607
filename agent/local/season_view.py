"""What the local API shows of the season. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from agent.config import Lighting
from agent.control.photocell import Photocell
from agent.control.plan import Change, Foresight
from agent.control.season import Season
from agent.control.traffic import Traffic
from agent.local.records import PhotocellState, SeasonState, TrafficState


class SeasonView:
    """Looks at the season of one street. Reads only."""

    def __init__(self, lighting: Lighting, season: Season, photocell: Photocell | None, foresight: Foresight) -> None:
        self._lighting = lighting
        self._season = season
        self._photocell = photocell
        self._foresight = foresight

    def state(self, utc: datetime, *, trusted: bool) -> SeasonState:
        """Return it as of a moment; without a trusted clock nothing can be foreseen."""
        season, coming = self._season, self._foresight.next(utc) if trusted else None
        return SeasonState(
            night_by=season.night_by,
            design_class=season.design.class_name,
            class_name=season.rest.class_name,
            class_pct=round(season.rest.class_pct, 2),
            base_pct=round(season.rest.base_pct, 2),
            why=season.rest.why,
            next_change=None if coming is None else utc_stamp(coming.at),
            next_what="" if coming is None else what(coming),
            photocell=self._cell(self._photocell),
            traffic=self._count(season.traffic),
        )

    def _cell(self, cell: Photocell | None) -> PhotocellState | None:
        if cell is None:
            return None
        lux = None if cell.lux is None else round(cell.lux, 1)
        return PhotocellState(self._lighting.photocell or "", lux, cell.night, cell.fault)

    def _count(self, traffic: Traffic | None) -> TrafficState | None:
        if traffic is None or self._lighting.traffic is None:
            return None
        volume = None if traffic.volume is None else traffic.volume.name.lower()
        return TrafficState(self._lighting.traffic.counter, traffic.per_h, volume, traffic.fault)


def what(change: Change) -> str:
    """Return a change in words: day, or the levels and whose they are."""
    if not change.night:
        return "day"
    rest = change.rest
    named = f"{rest.class_name} " if rest.class_name else ""
    return f"{named}{rest.class_pct:g} %, base {rest.base_pct:g} % ({rest.why})"


def utc_stamp(utc: datetime) -> str:
    """Return a moment as machines want it, to the second: ISO 8601, UTC, Z."""
    return utc.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
