"""The process image: ages, staleness, who is told."""

from __future__ import annotations

import pytest

from agent.image import Image
from drivers.points import Point, PointType, Quality, Reading

LUX = Point(key="lux-1/illuminance/value", type=PointType.FLOAT, unit="lx", max_age_s=5.0)


def good(value: float, mono_s: float) -> Reading:
    return Reading(value, Quality.GOOD, "", mono_s)


def test_never_read_is_bad_and_says_so() -> None:
    reading = Image([LUX]).get(LUX.key, 100.0)
    assert (reading.value, reading.quality, reading.reason) == (None, Quality.BAD, "not read yet")


def test_older_than_its_maximum_age_is_stale_and_keeps_its_value() -> None:
    image = Image([LUX])
    image.put(LUX.key, good(12.0, 100.0))
    assert image.get(LUX.key, 105.0).quality is Quality.GOOD
    stale = image.get(LUX.key, 105.1)
    assert (stale.value, stale.quality) == (12.0, Quality.STALE)
    assert "5 s ago" in stale.reason


def test_bad_stays_bad_however_old() -> None:
    image = Image([LUX])
    image.put(LUX.key, Reading(None, Quality.BAD, "no answer", 0.0))
    assert image.get(LUX.key, 1e6).quality is Quality.BAD


def test_listeners_hear_changes_only() -> None:
    image = Image([LUX])
    heard: list[str] = []
    image.listeners.append(heard.append)
    image.put(LUX.key, good(12.0, 1.0))
    image.put(LUX.key, good(12.0, 2.0))
    image.put(LUX.key, Reading(12.0, Quality.UNCERTAIN, "saturated", 3.0))
    assert heard == [LUX.key, LUX.key]


def test_a_driver_must_declare_what_it_delivers() -> None:
    with pytest.raises(KeyError):
        Image([LUX]).put("lux-2/illuminance/value", good(1.0, 0.0))
