"""The alarms of lamps, as a page of their own and as a part of the page of status. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from agent.cli import format as fmt
from agent.cli.text import Column, Line, Span, line, table, wrap
from agent.local.records import AlarmState, Status


def section(status: Status, width: int) -> list[Line]:
    """Return the alarms of a status; nothing if none is raised."""
    return page(status.alarms, status.time_zone, width) if status.alarms else []


def page(alarms: Sequence[AlarmState], time_zone: str, width: int) -> list[Line]:
    """Lay out alarms: a line each with what, where and since when, and the text with the figures below it."""
    if not alarms:
        return [line(Span("no alarms", "good"))]
    columns = [Column("alarm"), Column("of"), Column("since", spare=1), Column("for", right=True)]
    head, *rows = table(columns, [_row(alarm, time_zone) for alarm in alarms], width)
    lines = [head]
    for row, alarm in zip(rows, alarms, strict=True):
        lines += [row, *wrap(alarm.text, width, first="  ", rest="  ", tone="dim")]
    return lines


def _row(alarm: AlarmState, time_zone: str) -> list[Span | str]:
    return [
        Span(alarm.what, "bad" if alarm.severity == "alarm" else "warn"),
        Span(alarm.device, "bold"),
        fmt.local(alarm.since, time_zone, "%d %b %H:%M"),
        fmt.span(alarm.for_s),
    ]
