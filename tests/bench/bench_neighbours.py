"""What neighbours cost a controller, and how soon one that is killed is missed: three agents on one street, over Zenoh."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from statistics import median

from figures import Figure, figure
from parted_street import PARTS, PartedStreet, memory_mb

NAME = "neighbours"
TITLE = "Neighbours: three agents on one street, over Zenoh on loopback"
ONLY_NAMED = True  # it takes a minute and a half
SETTLE_S = 12.0
WATCH_S = 10.0
KILLS = 5
MIDDLE = 1  # the controller that has two neighbours
SEAM_BUDGET_S = 2.6  # silent_after_s, half a beat more, and 0.1 s to ask


def run() -> list[Figure]:
    """Run the street without neighbours and with them."""
    with tempfile.TemporaryDirectory() as folder:
        bare_mb, bare_pct = _rest(Path(folder), linked=False)[:2]
    with tempfile.TemporaryDirectory() as folder:
        mb, pct, trips_ms, gone_s, back_s = _rest(Path(folder), linked=True)
    return [
        figure("resident memory, two neighbours more", mb - bare_mb, "MB", 16.0, f"{mb:.1f} MB, {bare_mb:.1f} without"),
        figure(
            "processor, two neighbours more", pct - bare_pct, "%", None, f"of a core at rest; {bare_pct:.1f} without"
        ),
        figure("round trip of a beat, median", median(trips_ms), "ms"),
        figure("killed (-9) to silent, worst", max(gone_s), "s", SEAM_BUDGET_S, f"{KILLS} kills, both neighbours"),
        figure("process started to heard again, worst", max(back_s), "s"),
    ]


def _rest(folder: Path, *, linked: bool) -> tuple[float, float, list[float], list[float], list[float]]:
    street = PartedStreet(folder, linked=linked)
    try:
        for part in range(len(PARTS)):
            street.start(part)
        began_s = time.monotonic()
        street.street.until("it has settled", lambda _: time.monotonic() - began_s > SETTLE_S)
        before_s, began_s = street.status(MIDDLE)["cpu_s"], time.monotonic()
        street.street.until("it has rested", lambda _: time.monotonic() - began_s > WATCH_S)
        pct = 100 * (street.status(MIDDLE)["cpu_s"] - before_s) / (time.monotonic() - began_s)
        mb = memory_mb(street.agents[MIDDLE].pid)
        if not linked:
            return mb, pct, [], [], []
        trips_ms = [one["round_trip_ms"] for part in range(len(PARTS)) for one in street.neighbours(part).values()]
        spans = [_kill(street) for _ in range(KILLS)]
        return mb, pct, trips_ms, [gone for gone, _ in spans], [back for _, back in spans]
    finally:
        street.close()


def _kill(street: PartedStreet) -> tuple[float, float]:
    """Kill the middle one and start it again; return until both others miss it, and until they hear it again."""

    def both(state: str) -> bool:
        return all(street.neighbours(part)["pole-2"]["state"] == state for part in (0, 2))

    street.kill(MIDDLE)
    killed_s = time.monotonic()
    street.street.until("it is missed", lambda _: both("silent"))
    gone_s = time.monotonic() - killed_s
    street.start(MIDDLE)
    started_s = time.monotonic()
    street.street.until("it is heard again", lambda _: street.all_heard())
    return gone_s, time.monotonic() - started_s
