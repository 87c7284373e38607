"""`gadelys status`, `gadelys alarms` and `gadelys points`: one question, one page."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from agent.cli import arguments, status_alarms, terminal
from agent.cli import format as fmt
from agent.cli.client import Client
from agent.cli.status_page import page
from agent.cli.text import Column, Line, Span, Tone, table
from agent.cli.trouble import MISUSED, REFUSED, Trouble
from agent.local.records import AlarmState, PointState, Status

TONES: dict[str, Tone] = {"good": "good", "uncertain": "warn", "bad": "bad", "stale": "warn"}


def status(given: Path | None, *, as_json: bool) -> int:
    """Print the page of status."""
    with Client(given) as client:
        result = client.call("status")
    if as_json:
        terminal.show_json(result)
    else:
        terminal.show(page(msgspec.json.decode(result, type=Status), terminal.width()))
    return 0


def alarms(given: Path | None, *, as_json: bool) -> int:
    """Print the alarms that are raised; 1 if there are some."""
    with Client(given) as client:
        result = client.call("alarms.list")
        zone = msgspec.json.decode(client.call("status"), type=Status).time_zone
    found = msgspec.json.decode(result, type=list[AlarmState])
    if as_json:
        terminal.show_json(result)
    else:
        terminal.show(status_alarms.page(found, zone, terminal.width()))
    return REFUSED if found else 0


def bundle(given: Path | None, file: Path) -> int:
    """Write the bundle to a file, which only its owner may read."""
    with Client(given) as client:
        result = client.call("bundle")
    text = msgspec.json.format(result) + b"\n"
    if str(file) == "-":
        sys.stdout.buffer.write(text)
        return 0
    try:
        file.touch(mode=0o600)
        file.write_bytes(text)
    except OSError as error:
        raise Trouble(f"{file} cannot be written: {error.strerror or error}", MISUSED) from None
    sys.stderr.write(f"{file}: {len(text)} bytes\n")
    return 0


def points(given: Path | None, pattern: str, *, as_json: bool) -> int:
    """Print the points that a pattern names; 1 if there is none."""
    with Client(given) as client:
        result = client.call("points.list", pattern=arguments.pattern(pattern))
    found = msgspec.json.decode(result, type=list[PointState])
    if as_json:
        terminal.show_json(result)
    elif found:
        terminal.show(point_table(found, terminal.width()))
    else:
        sys.stderr.write(no_point(pattern))
    return 0 if found else REFUSED


def no_point(pattern: str) -> str:
    """Say that a pattern names nothing."""
    return f"gadelys: no point is named {pattern!r}; `gadelys points` lists them all\n"


def point_table(found: list[PointState], width: int) -> list[Line]:
    """Lay out points. Pure."""
    columns = [
        Column("point"),
        Column("value", right=True),
        Column("quality"),
        Column("age", right=True, spare=2),
        Column("why", spare=1),
    ]
    if not any(point.reason for point in found):
        columns.pop()
    rows: list[list[Span | str]] = [
        [
            point.key,
            Span(fmt.value(point.value, point.unit), "bold"),
            Span(point.quality, TONES.get(point.quality, "bad")),
            fmt.span(point.age_s),
            point.reason,
        ]
        for point in found
    ]
    return table(columns, rows, width)
