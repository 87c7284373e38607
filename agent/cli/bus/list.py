"""`gadelys bus list`: the lines of the running agent and what hangs on them."""

from __future__ import annotations

from pathlib import Path

import msgspec

from agent.cli import format as fmt
from agent.cli import terminal
from agent.cli.client import Client
from agent.cli.text import Column, Line, Span, table
from agent.local.bus_records import Line as BusLine

_KINDS = {"rtu": "serial", "rtu_tcp": "device server", "tcp": "TCP"}


def show(given: Path | None, *, as_json: bool) -> int:
    """Print the lines."""
    with Client(given) as client:
        result = client.call("bus.list")
    if as_json:
        terminal.show_json(result)
    else:
        terminal.show(page(msgspec.json.decode(result, type=list[BusLine]), terminal.width()))
    return 0


def page(lines: list[BusLine], width: int) -> list[Line]:
    """Lay out the lines, and below each its units. Pure."""
    columns = [
        Column("bus"),
        Column("place"),
        Column("kind", spare=2),
        Column("speed"),
        Column("time-out", right=True, spare=1),
        Column("units"),
    ]
    rows: list[list[Span | str]] = [
        [
            Span(one.id, "bold"),
            Span(one.place, "plain" if one.up else "bad"),
            _KINDS[one.kind],
            fmt.MISSING if one.link is None else str(one.link),
            f"{one.timeout_ms:g} ms",
            ", ".join(f"{unit.id} {unit.address}" for unit in one.units) or fmt.MISSING,
        ]
        for one in lines
    ]
    return table(columns, rows, width)
