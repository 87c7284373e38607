"""One lamp's health in virtual time."""

from __future__ import annotations

from typing import Any

import msgspec

from agent.services.alarms import AlarmBook
from agent.services.lamp_health import Counters, LampHealth, Limits, Sample

LIMITS = Limits(
    day_burner_s=1800.0,
    failure_power_pct=50.0,
    failure_level_pct=30.0,
    failure_after_s=300.0,
    cycling_changes=5,
    cycling_within_s=600.0,
    hot_cel=85.0,
    clear_after_s=60.0,
)
UTC = "2026-11-20T20:30:00.000Z"
WELL = Sample(
    commanded_pct=100.0,
    believed_pct=100.0,
    level_pct=100.0,
    power_w=None,
    state=None,
    cycles=None,
    gear_cel=None,
    failed=None,
    day=False,
)


class WatchedLamp:
    """A 60 W lamp that is looked at once a second."""

    def __init__(self, **limits: Any) -> None:
        self.now_s = 1000.0
        self.book = AlarmBook({})
        self.counters = Counters()
        given = msgspec.structs.replace(LIMITS, **limits)
        self.health = LampHealth("lum-01", 60.0, given, self.counters, book=self.book, now_s=self.now_s)
        self.news: list[tuple[float, str]] = []

    def run(self, seconds: float, **sample: Any) -> None:
        """Let time pass with what is known of the lamp."""
        if "level_pct" in sample:
            sample.setdefault("believed_pct", sample["level_pct"] or 0.0)
        look = msgspec.structs.replace(WELL, **sample)
        for _ in range(round(seconds)):
            self.now_s += 1.0
            self.news += [(self.now_s, name) for name in self.health.step(look, self.now_s, lambda: UTC)]

    @property
    def raised(self) -> dict[str, str]:
        """Return the alarms that are raised, with their texts."""
        return {alarm.key.partition("/")[2]: alarm.text for alarm in self.book.alarms()}
