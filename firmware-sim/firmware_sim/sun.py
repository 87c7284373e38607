"""The sun's height, and the light that it gives. Pure.

Height: the low-precision formulae of the Astronomical Almanac (error about 0.01 degrees from 1950 to 2050), without
refraction. Light: the fit of Janiczek and DeYoung (US Naval Observatory Circular 171, 1987; also in the Explanatory
Supplement to the Astronomical Almanac, 1992) for level ground under an average clear sky.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime

_J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)
STREET_LUX = 0.3  # what lamps and town leave on a sensor that looks up, at night

# From this height up: the logarithm of the lux as a polynomial of height / 90.
_CLEAR_SKY = (
    (20.0, (3.74, 3.97, -4.07, 1.47)),
    (5.0, (3.05, 13.28, -45.98, 64.33)),
    (-0.8, (2.88, 22.26, -207.64, 1034.30)),
    (-5.0, (2.88, 21.81, -258.11, -858.36)),
    (-12.0, (2.70, 12.17, -431.69, -1899.83)),
)


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
    """Light on level ground; never below what a street has at night."""
    x = height_deg / 90
    for lowest_deg, (a, b, c, d) in _CLEAR_SKY:
        if height_deg >= lowest_deg:
            return max(STREET_LUX, math.pow(10, a + x * (b + x * (c + x * d))))
    return STREET_LUX
