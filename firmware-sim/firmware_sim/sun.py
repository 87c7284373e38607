"""The sun's height, and the light that it gives. Pure.

Height: the low-precision formulae of the Astronomical Almanac (error below 0.02 degrees from 1950 to 2050), without
refraction. Light on the ground: by day 133 775 lx times the sine of the height to the power 1.15 (dry sky, of the order
of the CIE clear sky); in twilight a straight line in the logarithm from 400 lx at 0 to 3.4 lx at -6 and 0.01 at -12 degrees.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime

_J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)
STREET_LUX = 0.3  # what lamps and town leave on a sensor that looks up, at night


def elevation_deg(utc: datetime, latitude_deg: float, longitude_deg: float) -> float:
    """Height of the sun above the horizon in degrees."""
    days = (utc - _J2000).total_seconds() / 86400
    mean_longitude = 280.460 + 0.9856474 * days
    anomaly = math.radians(357.528 + 0.9856003 * days)
    ecliptic = math.radians(mean_longitude + 1.915 * math.sin(anomaly) + 0.020 * math.sin(2 * anomaly))
    obliquity = math.radians(23.439 - 0.0000004 * days)
    declination = math.asin(math.sin(obliquity) * math.sin(ecliptic))
    ascension = math.atan2(math.cos(obliquity) * math.sin(ecliptic), math.cos(ecliptic))
    sidereal = math.radians(280.46062 + 360.98564737 * days + longitude_deg)
    latitude = math.radians(latitude_deg)
    return math.degrees(
        math.asin(
            math.sin(latitude) * math.sin(declination)
            + math.cos(latitude) * math.cos(declination) * math.cos(sidereal - ascension)
        )
    )


def illuminance_lux(height_deg: float) -> float:
    """Light on level ground under a dry sky, in lux."""
    if height_deg >= 0:
        return 400 + 133_775 * math.sin(math.radians(height_deg)) ** 1.15
    if height_deg >= -6:
        return _between(height_deg, -6, 3.4, 0, 400)
    if height_deg >= -12:
        return max(STREET_LUX, _between(height_deg, -12, 0.01, -6, 3.4))
    return STREET_LUX


def _between(height: float, low: float, low_lux: float, high: float, high_lux: float) -> float:
    return float(low_lux * (high_lux / low_lux) ** ((height - low) / (high - low)))
