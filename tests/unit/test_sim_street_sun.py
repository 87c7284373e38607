"""The simulated sun against another's reckoning (astral), and its light against what is known of day and night."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from astral import Observer
from astral.sun import elevation, sunrise, sunset

from firmware_sim.street import DUSK_DEG, LATITUDE_DEG, LONGITUDE_DEG
from firmware_sim.sun import STREET_LUX, elevation_deg, illuminance_lux

# The Almanac's formulae promise 0.01 degrees, which is the sun's way in 2.4 s; astral's have errors of their own.
BOUND_DEG = 0.015
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("latitude_deg", "longitude_deg"),
    [
        (LATITUDE_DEG, LONGITUDE_DEG),  # Albertslund
        (0.0, 0.0),
        (69.65, 18.96),  # Tromso: polar night and midnight sun
        (-33.92, 18.42),  # Cape Town
        (-54.8, -68.3),  # Ushuaia
        (52.0, 179.0),  # beside the date line
    ],
)
def test_the_height_of_the_sun_all_the_year(latitude_deg: float, longitude_deg: float) -> None:
    place = Observer(latitude_deg, longitude_deg)
    for step in range(0, 365 * 24, 19):  # each hour of the day comes in turn
        utc = NEW_YEAR + timedelta(hours=step, minutes=step % 60)
        judged = elevation(place, utc, with_refraction=False)
        assert elevation_deg(utc, latitude_deg, longitude_deg) == pytest.approx(judged, abs=BOUND_DEG), utc


@pytest.mark.parametrize("month", range(1, 13))
def test_the_street_is_dark_from_sunset_to_sunrise(month: int) -> None:
    """At the sunset and sunrise of the calendar the sun stands at -0.833 degrees: half its disc and 34' of refraction."""
    place = Observer(LATITUDE_DEG, LONGITUDE_DEG)
    day = date(2026, month, 20)
    for moment in (sunset(place, day), sunrise(place, day)):
        assert elevation_deg(moment, LATITUDE_DEG, LONGITUDE_DEG) == pytest.approx(DUSK_DEG, abs=0.1)


def test_the_time_zone_of_the_moment_does_not_matter() -> None:
    utc = datetime(2026, 11, 20, 20, 30, tzinfo=UTC)
    local = datetime.fromisoformat("2026-11-20T21:30+01:00")
    assert elevation_deg(utc, LATITUDE_DEG, LONGITUDE_DEG) == elevation_deg(local, LATITUDE_DEG, LONGITUDE_DEG)


def test_noon_at_midsummer_and_midwinter() -> None:
    """90 - 55.656 + 23.44 and - 23.44 degrees."""
    heights = [
        max(
            elevation_deg(datetime(2026, month, 21, 11, minute, tzinfo=UTC), LATITUDE_DEG, LONGITUDE_DEG)
            for minute in range(60)
        )
        for month in (6, 12)
    ]
    assert heights == pytest.approx([57.78, 10.91], abs=0.02)


def test_more_sun_is_never_less_light() -> None:
    heights = [tenth / 100 for tenth in range(-9000, 9001)]
    lights = [illuminance_lux(height_deg) for height_deg in heights]
    assert lights == sorted(lights)


def test_the_fit_has_no_steps_to_speak_of() -> None:
    """Its pieces meet within 1.5 %."""
    for seam_deg in (20.0, 5.0, -0.8, -5.0):
        assert illuminance_lux(seam_deg) == pytest.approx(illuminance_lux(seam_deg - 1e-9), rel=0.015)


@pytest.mark.parametrize(
    ("height_deg", "low_lux", "high_lux"),
    [
        (-90.0, STREET_LUX, STREET_LUX),
        (-18.0, STREET_LUX, STREET_LUX),
        (-12.0, STREET_LUX, STREET_LUX),
        (-6.0, 3.0, 4.0),  # end of civil twilight: 3.4 lx
        (-0.833, 300.0, 600.0),  # sunset: about 400 lx
        (20.0, 20_000.0, 35_000.0),
        (57.8, 80_000.0, 110_000.0),  # noon in June
        (90.0, 110_000.0, 140_000.0),
    ],
)
def test_day_and_night(height_deg: float, low_lux: float, high_lux: float) -> None:
    assert low_lux <= illuminance_lux(height_deg) <= high_lux
