"""Levels and times that the tests of control share."""

from __future__ import annotations

from agent.control.street import Levels
from agent.services.lighting import Light

LEVELS = Levels(
    class_pct=80.0,
    base_pct=10.0,
    floor_pct=5.0,
    night_minimum_pct=15.0,
    presence_pct=100.0,
    near_pct=60.0,
    far_pct=20.0,
    fade_up_s=1.0,
    fade_down_s=4.0,
)
LIGHT = Light(hold_s=4.0, vehicle_hold_s=3.0, sight_m=120.0, speed_limit_km_per_h=50.0, response_s=0.5)
DEMO_LEVELS = Levels(
    class_pct=100.0,
    base_pct=10.0,
    floor_pct=5.0,
    night_minimum_pct=10.0,
    presence_pct=100.0,
    near_pct=60.0,
    far_pct=20.0,
    fade_up_s=1.0,
    fade_down_s=4.0,
)
