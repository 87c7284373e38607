"""What `gadelys unit` says: the plan, each step, the end, and what to change in a configuration. Pure."""

from __future__ import annotations

from agent.cli.text import Column, Line, Span, Tone, line, table, wrap
from drivers.bus.port import Answer
from drivers.modbus import rtu
from drivers.modbus.commission import Ask, Change, End, Outcome, writes


def plan(change: Change, width: int) -> list[Line]:
    """Return every write in words and bytes, and what comes after."""
    columns = [Column("", right=True), Column("write"), Column("to"), Column("frame", spare=1)]
    rows: list[list[Span | str]] = [
        [str(number), ask.what, _to(ask), hexed(ask)] for number, ask in enumerate(writes(change), 1)
    ]
    lines = table(columns, rows, width)
    if any(register.mask != 0xFFFF for register in change.registers):
        lines += wrap("Other bits of these registers are read first and kept.", width)
    after = {
        "at once": "It comes into force at once; then the unit is looked for in its new place.",
        "saved": "It comes into force with the saving; then the unit is looked for in its new place.",
        "restart": "It comes into force when its power was off and on; then the unit is looked for in its new place.",
    }
    return [*lines, *wrap(after[change.effect], width)]


def step(ask: Ask, outcome: Outcome) -> Line:
    """Return a write and what came of it."""
    taken = isinstance(outcome, Answer)
    status = Span("written" if taken else "?", "good" if taken else "warn")
    return line(status, f"  {ask.what}  ", Span(hexed(ask), "dim"), "" if taken else f"  {outcome}")


def ending(end: End, width: int) -> list[Line]:
    """Return how it ended and what to do then."""
    first = "done: " if end.done else "written, not proved: " if end.pending else "not done: "
    tone: Tone = "good" if end.done else "warn" if end.pending else "bad"
    lines = wrap(end.text, width, first=first, rest="  ", tone=tone)
    return lines + (wrap(end.remedy, width, first="  ", rest="  ") if end.remedy else [])


def lost(unit: str, change: Change, *, back: bool) -> str:
    """Return what the running agent loses by it; `back`: its configuration has the new place for another unit."""
    until = "" if back else f" until its configuration says {_says(change)}"
    return f"It is {unit} of the running agent, which loses it{until}."


def configured(change: Change, was: str | None, becomes: str | None) -> str:
    """Return what to change in a configuration; what the running agent calls the unit in its old and its new place."""
    if becomes is not None:
        return f"In the agent's configuration it is {becomes} now."
    if change.new.unit != change.old.unit:
        table = f"[unit.{was}]" if was is not None else "its [unit.…]"
        return f"In the configuration: {_says(change)} in {table}"
    return f"In the configuration: {_says(change)} in its [bus.…]; all units of a line have one speed"


def _says(change: Change) -> str:
    link, old = change.new.link, change.old.link
    if change.new.unit != change.old.unit or link is None or old is None:
        return f"address = {change.new.unit}"
    parity = f', parity = "{link.parity}", stop_bits = {link.stop_bits}' if link.parity != old.parity else ""
    return f"baud = {link.baud}{parity}"


def hexed(ask: Ask) -> str:
    """Return the frame of a request as it is on a serial line."""
    return rtu.frame(ask.request).hex(" ").upper()


def _to(ask: Ask) -> str:
    address = int.from_bytes(ask.request.pdu[1:3], "big")
    speed = "" if ask.link is None else f" at {ask.link}"
    return f"register {address} of unit {ask.request.unit}{speed}"
