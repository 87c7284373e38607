"""Which spans of a night a page shows: all of it, and one hour closely. Pure."""

from __future__ import annotations

import re

from agent.cli.trouble import MISUSED, Trouble
from agent.lab.play import Picture
from agent.lab.records import Scenario

NIGHT_ROWS, ZOOM_ROWS = 360, 720
ZOOM_S = 3600.0

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


def zoom_step(scenario: Scenario, clock: str | None) -> int:
    """Return the step at which the hour begins that is shown closely. Trouble if it is not in the night."""
    last = max(scenario.steps - round(ZOOM_S / scenario.step_s), 0)
    if clock is None:
        return min(round(_busiest_s(scenario) / scenario.step_s), last)
    match = _CLOCK.fullmatch(clock)
    if match is None:
        raise Trouble(f"--zoom: expected a time of the night such as 22:00, found {clock!r}", MISUSED)
    at_s = (int(match[1]) + int(match[2]) / 60 - scenario.begin_h) % 24 * 3600
    if at_s >= scenario.night_s:
        raise Trouble(f"--zoom: expected a time of the night, found {clock}, which is by day", MISUSED)
    return min(round(at_s / scenario.step_s), last)


def pictures_of(scenario: Scenario, zoomed: int) -> tuple[Picture, Picture]:
    """Return the two pictures of a night, empty."""
    night = max(scenario.steps // NIGHT_ROWS, 1)
    hour = min(round(ZOOM_S / scenario.step_s), scenario.steps)
    close = max(hour // ZOOM_ROWS, 1)
    return (
        Picture(0, scenario.steps // night * night, night, []),
        Picture(zoomed, zoomed + hour // close * close, close, []),
    )


def _busiest_s(scenario: Scenario) -> float:
    """Return the begin of the hour in which most people start."""
    hours = [0] * max(int(scenario.night_s // 3600), 1)
    for passer in scenario.passers:
        hour = int(passer.start_s // 3600)
        if 0 <= hour < len(hours):
            hours[hour] += 1
    return hours.index(max(hours)) * 3600.0
