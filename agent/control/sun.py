"""Night by the sun: the astronomical clock."""

from __future__ import annotations

from datetime import datetime

from astral import Observer
from astral.sun import elevation


class AstronomicalClock:
    """Night at one place: the sun is below `dusk_deg` (degrees above the horizon; -0.833 is sunset with refraction)."""

    def __init__(self, latitude_deg: float, longitude_deg: float, dusk_deg: float) -> None:
        self._observer = Observer(latitude_deg, longitude_deg)
        self._dusk_deg = dusk_deg

    def elevation_deg(self, utc: datetime) -> float:
        """Return the sun's geometric height in degrees (error below 0.02 degrees, as astral documents it)."""
        return elevation(self._observer, utc, with_refraction=False)

    def is_night(self, utc: datetime) -> bool:
        """Return whether the street needs light."""
        return self.elevation_deg(utc) < self._dusk_deg
