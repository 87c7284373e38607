"""What stands for much telemetry when there is no room for all of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from agent.journal.records import Numbered

EVERY_S = 60.0  # of each metric so often one report is left
_GOOD = 192


def thin(reports: Iterable[Numbered]) -> list[Numbered]:
    """Return, in their order, the last report of each metric and minute, and all on which a quality turns.

    All are of one boot.
    """
    last: dict[tuple[str, str, int], int] = {}
    kept: set[int] = set()
    qualities: dict[tuple[str, str], int] = {}
    given = list(reports)
    for place, (_, report) in enumerate(given):
        series = report.device, report.metric
        if qualities.get(series, _GOOD) != report.quality:
            kept.add(place)
        qualities[series] = report.quality
        last[(*series, int(report.mono_s // EVERY_S))] = place
    kept.update(last.values())
    return [given[place] for place in sorted(kept)]
