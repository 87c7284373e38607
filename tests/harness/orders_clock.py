"""The process's own monotonic clock, and a wall clock that nobody trusts."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from agent.clock import Wall


class SteadyClock:
    """Time as it passes."""

    def mono_s(self) -> float:
        return time.monotonic()

    def wall(self) -> Wall:
        return Wall(datetime(2026, 11, 25, tzinfo=UTC), trusted=False)

    street = wall
