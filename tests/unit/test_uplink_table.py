"""Which points go up: of people and single vehicles nothing but counts."""

from __future__ import annotations

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
