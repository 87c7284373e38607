"""How soon the first lamp is commanded after a start."""

from __future__ import annotations

import asyncio
from statistics import median

from figures import Figure, figure
from lit_street import lit_street

NAME = "start"
TITLE = "Start: from the process's start to the first level on the wire"
RUNS = 9


def run() -> list[Figure]:
    """Start and stop the agent several times on the street of the demonstration."""
    spans = asyncio.run(_spans())
    return [
        figure("median", 1000 * median(spans), "ms", 500.0, f"{RUNS} starts, after one that warmed the file cache"),
        figure("worst", 1000 * max(spans), "ms"),
    ]


async def _spans() -> list[float]:
    spans = []
    async with lit_street() as street:
        for _ in range(RUNS + 1):
            begin_s = await street.start_agent()
            await street.until("a first level", lambda: street.first_level_s is not None)
            assert street.first_level_s is not None
            spans.append(street.first_level_s - begin_s)
            await street.stop_agent()
    return spans[1:]
