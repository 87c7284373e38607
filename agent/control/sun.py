"""Night by the sun: the astronomical clock."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from astral import Observer
from astral.sun import elevation, noon

_HALVINGS = 17  # of half a day: a third of a second


class AstronomicalClock:
    """Night at one place: the sun is below `dusk_deg` (degrees above the horizon; -0.833 is sunset with refraction)."""

    def __init__(self, latitude_deg: float, longitude_deg: float, dusk_deg: float) -> None:
        self._observer = Observer(latitude_deg, longitude_deg)
        self.dusk_deg = dusk_deg

    def elevation_deg(self, utc: datetime) -> float:
        """Return the sun's geometric height in degrees (error below 0.02 degrees, as astral documents it)."""
        return elevation(self._observer, utc, with_refraction=False)

    def is_night(self, utc: datetime) -> bool:
        """Return whether the street needs light."""
        return self.elevation_deg(utc) < self.dusk_deg

    def crossing(self, day: date, height_deg: float, *, rising: bool) -> datetime | None:
        """Return when (UTC) the sun passes a height before or after a day's noon; none if it does not."""
        high = noon(self._observer, day)
        low = high - timedelta(hours=12) if rising else high + timedelta(hours=12)
        if not self.elevation_deg(low) < height_deg <= self.elevation_deg(high):
            return None
        for _ in range(_HALVINGS):
            middle = low + (high - low) / 2
            if self.elevation_deg(middle) < height_deg:
                low = middle
            else:
                high = middle
        return high if rising else low
