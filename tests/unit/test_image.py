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


def test_points_that_are_read_again_and_are_the_same_are_young_and_no_news() -> None:
    level = Point(key="lux-1/illuminance/level", type=PointType.FLOAT, max_age_s=5.0)
    image = Image([LUX, level])
    heard: list[str] = []
    image.put(LUX.key, good(12.0, 1.0))
    image.put(level.key, good(3.0, 1.0))
    image.listeners.append(heard.append)
    image.same((LUX.key, level.key), 10.0)
    image.put(level.key, good(4.0, 10.0))
    assert image.get(LUX.key, 12.0) == good(12.0, 10.0)
    assert image.raw(level.key) == good(4.0, 10.0)
    image.same((LUX.key, level.key), 11.0)
    assert (image.raw(LUX.key).mono_s, image.raw(level.key).mono_s) == (11.0, 11.0)
    assert image.get(LUX.key, 16.1).quality is Quality.STALE
    assert heard == [level.key]


def test_what_was_put_last_counts_however_young_the_others_are() -> None:
    image = Image([LUX])
    image.put(LUX.key, good(12.0, 1.0))
    image.same((LUX.key,), 2.0)
    bad = Reading(None, Quality.BAD, "no answer", 3.0)
    image.put(LUX.key, bad)
    assert image.raw(LUX.key) == bad


def test_a_driver_must_declare_what_it_delivers() -> None:
    with pytest.raises(KeyError):
        Image([LUX]).put("lux-2/illuminance/value", good(1.0, 0.0))


def test_what_is_called_stale_is_what_is_given_as_stale() -> None:
    image = Image(
        [Point(key="d/a", type=PointType.INT, max_age_s=2.0), Point(key="d/b", type=PointType.INT, max_age_s=2.0)]
    )
    image.put("d/a", Reading(1, Quality.GOOD, "", 10.0))
    image.put("d/b", Reading(None, Quality.BAD, "no answer", 10.0))
    image.same(("d/a", "d/b"), 11.0)
    for now_s, stale in ((12.5, False), (13.5, True)):
        assert image.stale("d/a", now_s) is stale is (image.get("d/a", now_s).quality is Quality.STALE)
        assert not image.stale("d/b", now_s)
