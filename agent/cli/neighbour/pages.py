"""What `gadelys neighbour list` and `show` print, and how they end."""

from __future__ import annotations

from pathlib import Path

import msgspec

from agent.cli import format as fmt
from agent.cli import status_neighbours, terminal
from agent.cli.client import Client
from agent.cli.text import Line, Span, line
from agent.cli.trouble import REFUSED, Trouble
from agent.local.records import NeighbourRow, NeighboursState, Status

WHY = {
    "forged": "the seal is not that of the secret",
    "replayed": "it came before",
    "late": "older than 1 s",
    "future": "of a time that is not yet",
    "unacquainted": "does not repeat our nonce: at each start, or a recording",
    "too_many": "more than 20 a second",
    "malformed": "no message",
    "stranger": "of none of the neighbours, or for somebody else",
}


def list_(given: Path | None, *, as_json: bool) -> int:
    """List the neighbours."""
    state = _state(given)
    if as_json:
        terminal.show_json(msgspec.json.encode(state))
    else:
        terminal.show(status_neighbours.rows(state, terminal.width()))
    return 0


def show(given: Path | None, name: str, *, as_json: bool) -> int:
    """Show one neighbour."""
    state = _state(given)
    one = next((row for row in state.neighbours if row.id == name), None)
    if one is None:
        known = ", ".join(row.id for row in state.neighbours)
        raise Trouble(f"no neighbour is named {name!r}; there are: {known}", REFUSED)
    if as_json:
        terminal.show_json(msgspec.json.encode(one))
    else:
        terminal.show(sheet(one, state))
    return 0


def sheet(one: NeighbourRow, state: NeighboursState) -> list[Line]:
    """Return one neighbour as a page. Pure."""
    age = fmt.MISSING if one.age_ms is None else f"{one.age_ms:g} ms"
    facts: list[tuple[str, Span | str]] = [
        ("state", Span(one.state, status_neighbours.TONES[one.state])),
        ("heard", "never" if one.heard_s is None else f"{fmt.span(one.heard_s)} ago"),
        ("endpoint", one.endpoint),
        ("place", f"our end of {one.end}; its position 0 is our {one.offset_m:g} m"),
        ("round trip", status_neighbours.trip(one)),
        ("age", f"{age} when the last message came"),
        ("sent", f"{fmt.number(one.sent, 'message')}, {fmt.number(one.users_told, 'word')} of road users"),
        ("received", f"{fmt.number(one.received, 'message')}; now tells of {one.users_announced}"),
        ("link", status_neighbours.link(state)),
    ]
    lines = [line(Span(one.id, "bold"))]
    lines += [line(f"{name:<12}", text) for name, text in facts]
    lines += [line(f"{'refused':<12}", f"{fmt.number(count)} {reason}: {WHY[reason]}")
              for reason, count in sorted(one.refused.items())]  # fmt: skip
    return lines


def _state(given: Path | None) -> NeighboursState:
    with Client(given) as client:
        state = msgspec.json.decode(client.call("status"), type=Status).neighbours
    if state is None:
        raise Trouble("this controller has no neighbours configured (docs/neighbours.md)", REFUSED)
    return state
