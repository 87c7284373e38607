"""The neighbours' part of the page of `gadelys status`. Pure."""

from __future__ import annotations

from agent.cli import format as fmt
from agent.cli.text import Column, Line, Span, Tone, clip, line, table
from agent.local.records import NeighbourRow, NeighboursState, Status

TONES: dict[str, Tone] = {"heard": "good", "blind": "warn", "silent": "bad"}
_INDENT = "  "


def section(status: Status, width: int) -> list[Line]:
    """Return the neighbours and how they are reached; nothing for a pole that has none."""
    return [] if status.neighbours is None else rows(status.neighbours, width)


def rows(neighbours: NeighboursState, width: int) -> list[Line]:
    """Return a line for each neighbour, and one for the link."""
    columns = [
        Column("neighbour"),
        Column("end"),
        Column("state"),
        Column("heard", right=True),
        Column("way", right=True, spare=2),
        Column("sent", right=True, spare=3),
        Column("received", right=True, spare=4),
        Column("refused", right=True),
        Column("tells of", right=True, spare=1),
        Column("endpoint", spare=5),
    ]
    cells: list[list[Span | str]] = [
        [
            Span(one.id, "bold"),
            one.end,
            Span(one.state, TONES[one.state]),
            fmt.span(one.heard_s),
            trip(one),
            fmt.number(one.sent),
            fmt.number(one.received),
            Span(fmt.number(refused(one)), "warn" if refused(one) else "plain"),
            str(one.users_announced),
            one.endpoint,
        ]
        for one in neighbours.neighbours
    ]
    return [*table(columns, cells, width), clip(line(Span(f"{_INDENT}{link(neighbours)}", "dim")), width)]


def link(neighbours: NeighboursState) -> str:
    """Return how the link is, in words."""
    signed = "signed" if neighbours.signed else "NOT SIGNED"
    encrypted = "encrypted" if neighbours.encrypted else "not encrypted"
    dropped = neighbours.dropped_in + neighbours.dropped_out
    lost = f", {fmt.number(dropped, 'message')} dropped" if dropped else ""
    strange = sum(neighbours.refused.values())
    refused_ = f", {fmt.number(strange)} of strangers refused" if strange else ""
    return f"link {neighbours.state}, listens at {neighbours.listen}, {signed}, {encrypted}{lost}{refused_}"


def trip(one: NeighbourRow) -> str:
    """Return the round trip."""
    return fmt.MISSING if one.round_trip_ms is None else f"{one.round_trip_ms:g} ms"


def refused(one: NeighbourRow) -> int:
    """Return how many of its messages were refused, but for those of a meeting."""
    return sum(count for reason, count in one.refused.items() if reason != "unacquainted")


def problems(neighbours: NeighboursState | None) -> list[str]:
    """Return what of it somebody has to look after."""
    if neighbours is None:
        return []
    found = []
    if neighbours.state in {"off", "waiting"}:
        because = f" ({neighbours.last_error})" if neighbours.last_error else ""
        found.append(f"the link to neighbours is {neighbours.state}{because}")
    for one in neighbours.neighbours:
        if one.state == "silent":
            ago = "never heard" if one.heard_s is None else f"last heard {fmt.span(one.heard_s)} ago"
            found.append(f"neighbour {one.id} is silent ({ago}); its end of the street is kept lit")
        elif one.state == "blind":
            found.append(f"neighbour {one.id} does not see who comes from there; its end of the street is kept lit")
        if forged := one.refused.get("forged", 0):
            found.append(f"{fmt.number(forged, 'message')} in the name of {one.id} forged, or with another secret")
    return found
