"""Which points go up: of people and single vehicles nothing but counts."""

from __future__ import annotations

from agent.services.lamp_health import health_points
from agent.services.street_health import meter_points
from agent.uplink.table import build
from drivers.points import Point, PointType


def point(key: str) -> Point:
    return Point(key=key, type=PointType.FLOAT)


def test_nobodys_evening_goes_up() -> None:
    keys = ["r/presence/state", "r/presence/distance", "v/vehicles/count", "v/vehicles/speed", "a/air/pm10"]
    table = build(map(point, keys))
    assert set(table.points) == {"a/air/pm10"}
    assert table.presence == {"r/presence/state": "r"}
    assert {name for device, name in table.own if device == "v"} >= {"vehicles/quality"}


def test_sound_is_told_at_the_beat() -> None:
    assert build([point("n/noise/level")]).points["n/noise/level"].slow


def test_bays_and_containers_are_told_at_the_beat() -> None:
    heads = [point("b/distance/sensor_value"), point("b/parking/occupancy"), point("c/waste/cover_open")]
    table = build([*heads, point("c/waste/filling_pct"), point("d/distance/sensor_value")])
    assert [key for key, spec in table.points.items() if not spec.slow] == ["d/distance/sensor_value"]


def test_alarms_of_lamps_are_told_at_once_and_what_adds_up_at_the_beat() -> None:
    own = [*health_points("l", lambda _key: False, own_meter=True), *meter_points("m")]
    table = build([point("l/lamp/dimming_level"), *own])
    at_once = {key for key, spec in table.points.items() if not spec.slow}
    assert at_once == {
        "l/lamp/lamp_failure",
        "l/lamp/day_burner",
        "l/lamp/cycling_failure",
        "m/meter/lamp_failure",
        "m/meter/cycling_failure",
    }
    assert {key for key, spec in table.points.items() if spec.driven} == {"l/lamp/dimming_level"}
