"""The season on the page of `gadelys status`: what the street rests at and why, and what of it is not believed. Pure."""

from __future__ import annotations

from agent.cli import format as fmt
from agent.cli.text import Line, Span, line
from agent.local.records import Status

_BY = {
    "clock": "by the clock",
    "photocell": "by the photocell",
    "both": "by photocell and clock",
    "nothing": "not known",
}


def lines(status: Status) -> list[Line]:
    """Return what the street rests at, by what it is night, what comes next."""
    season = status.season
    named = f"{season.class_name} " if season.class_name else ""
    now = "day" if status.night is False else "night"
    rests = line(
        "rests at ",
        Span(f"{named}{fmt.pct(season.class_pct)}", "bold"),
        f", base {fmt.pct(season.base_pct)} ({season.why}); {now} {_BY[season.night_by]}",
    )
    coming = []
    if season.next_change is not None:
        at = fmt.local(season.next_change, status.time_zone, "%a %H:%M")
        coming.append(line(Span(f"from {at}: {season.next_what}", "dim")))
    return [rests, *coming, *_senses(status)]


def problems(status: Status) -> list[str]:
    """Return what of the season somebody has to look after."""
    season, found = status.season, []
    cell, traffic = season.photocell, season.traffic
    if cell is not None and cell.fault:
        instead = "the clock alone says when it is night" if status.clock_trusted else "lamps are kept lit"
        found.append(f"photocell {cell.device} is not believed ({cell.fault}); {instead}")
    if traffic is not None and traffic.fault:
        found.append(f"{traffic.counter} does not count ({traffic.fault}); the street rests at its design class")
    if not status.clock_trusted and not status.demonstration:
        alone = cell is not None and not cell.fault
        instead = "the photocell alone says when it is night, no calendar" if alone else "lamps are kept lit"
        found.append(f"the clock is not trusted: {instead}")
    return found


def _senses(status: Status) -> list[Line]:
    cell, traffic = status.season.photocell, status.season.traffic
    said = []
    if cell is not None and not cell.fault:
        says = {True: "night", False: "day", None: "not known yet"}[cell.night]
        hears = fmt.value(cell.lux, "lx") if cell.lux is not None else "not listened to (our own lamps change)"
        said.append(f"photocell {cell.device}: {hears}, {says}")
    if traffic is not None and traffic.volume is not None:
        said.append(f"traffic at {traffic.counter}: {traffic.volume}, {fmt.value(traffic.per_h, '')} an hour")
    return [line(Span("; ".join(said), "dim"))] if said else []
