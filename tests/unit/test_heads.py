"""Distance heads: what they read is a bay that is taken or free, or a container that fills."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from agent.config import ConfigError
from agent.heads import Heads
from agent.image import Image
from agent.services.heads import FREE_BEYOND_M, Bay, Container, meant
from config_reading import POLE, read_text
from drivers.points import Point, PointType, Quality, Reading

HEAD = 'kind = "distance"\ninstrument = "people-1"\n'
PEOPLE = '[device.people-1]\nkind = "presence"\ninstrument = "people-1"           # an [instrument.…] whose model serves the kind\nposition_m = 0\n'  # fmt: skip  # noqa: E501


def image(options: str) -> Image:
    """The image of a pole with one head, which is watched."""
    assert PEOPLE in POLE
    config = read_text(POLE.replace(PEOPLE, f"[device.head-1]\n{HEAD}{options}\n").replace("ld2410", "tfmini"))
    heads = Heads(config)
    made = Image([Point(key="head-1/distance/sensor_value", type=PointType.FLOAT, unit="m"), *heads.points])
    heads.watch(made)
    return made


def told(watched: Image, distance_m: float | None, quality: Quality = Quality.GOOD, reason: str = "") -> Reading:
    """What is told after a reading of the head."""
    watched.put("head-1/distance/sensor_value", Reading(distance_m, quality, reason, 7.0))
    (key,) = (point.key for point in watched if not point.key.endswith("sensor_value"))
    return watched.raw(key)


def test_a_bay_is_taken_by_what_is_near_and_free_again_further_away() -> None:
    bay = image("occupied_below_m = 1.6")
    said = [told(bay, distance_m).value for distance_m in (2.4, 1.61, 1.55, 1.65, 1.69, 1.71, 1.65)]
    assert said == [False, False, True, True, True, False, False]


def test_of_a_head_that_fails_nothing_is_known() -> None:
    bay = image("occupied_below_m = 1.6")
    told(bay, 1.0)
    reading = told(bay, None, Quality.BAD, "no answer within 100 ms")
    assert (reading.value, reading.quality, reading.reason) == (None, Quality.BAD, "no answer within 100 ms")


def test_a_container_fills() -> None:
    container = image("empty_m = 2.5\nfull_m = 0.5")
    assert [told(container, m).value for m in (2.5, 1.5, 0.5, 2.7, 0.1)] == [0.0, 50.0, 100.0, 0.0, 100.0]
    assert told(container, 1.5, Quality.UNCERTAIN, "glare").quality is Quality.UNCERTAIN


def test_a_head_that_looks_at_nothing_says_its_distance() -> None:
    assert [point.key for point in image("")] == ["head-1/distance/sensor_value"]


@given(some.floats(0.05, 50), some.floats(0, 60), some.booleans() | some.none())
def test_what_is_near_takes_and_what_is_far_frees_whatever_was_before(
    below_m: float, distance_m: float, before: bool | None
) -> None:
    reading = meant(Bay(below_m), Reading(distance_m, Quality.GOOD, "", 0.0), before)
    if distance_m < below_m or distance_m >= below_m + FREE_BEYOND_M:
        assert reading.value is (distance_m < below_m)


@given(some.floats(0.5, 50), some.floats(0, 0.45), some.floats(-10, 100))
def test_a_container_is_between_empty_and_full(empty_m: float, full_m: float, distance_m: float) -> None:
    value = meant(Container(empty_m, full_m), Reading(distance_m, Quality.GOOD, "", 0.0), None).value
    assert isinstance(value, float)
    assert 0 <= value <= 100


@pytest.mark.parametrize(("options", "says"), [
    ("occupied_below_m = 0", "occupied_below_m: expected a number from 0.05 to 50, found 0"),
    ("empty_m = 1", "full_m: expected a number from 0 to 50, found nothing"),
    ("full_m = 1", "empty_m: expected a number from 0.05 to 50, found nothing"),
    ("empty_m = 1\nfull_m = 1", "full_m: expected less than empty_m (1), found 1"),
    ("occupied_below_m = 1\nempty_m = 2", "empty_m: expected no such option with occupied_below_m"),
])  # fmt: skip
def test_mistakes_are_named(options: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        image(options)
    assert f"device.head-1.{says}" in str(caught.value)
