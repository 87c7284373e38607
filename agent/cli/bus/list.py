"""`gadelys bus list`: the lines of the running agent and what hangs on them."""

from __future__ import annotations

from pathlib import Path

import msgspec

from agent.cli import terminal
from agent.cli.client import Client
from agent.cli.text import Column, Line, Span, clip, line, table
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
    shown: list[Line] = []
    for one in lines:
        speed = "" if one.link is None else f", {one.link}"
        state = Span("up", "good") if one.up else Span("down", "bad")
        about = f"  {one.place}  {_KINDS[one.kind]}{speed}, waits {one.timeout_ms:g} ms, "
        shown.append(clip(line(Span(one.id, "bold"), about, state), width))
        columns = [Column(""), Column("unit"), Column("id", right=True), Column("profile")]
        rows: list[list[Span | str]] = [["", unit.id, str(unit.address), unit.profile] for unit in one.units]
        shown += table(columns, rows, width) if rows else [line(Span("  no units", "dim"))]
    return shown
