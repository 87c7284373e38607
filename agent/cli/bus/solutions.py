"""What registers could mean, given a value that is known: a list, the likeliest first, and the profile row to paste. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from agent.cli import format as fmt
from agent.cli.bus.registers import value
from agent.cli.bus.typed import Block
from agent.cli.text import Column, Line, Span, line, table
from drivers.modbus.codec import Code, NoValue, decode
from drivers.modbus.solve import Solution
from drivers.points import Value


class Candidate(msgspec.Struct, frozen=True):
    """One meaning: where, how, and what it reads."""

    at: Block
    code: Code
    reads: Value
    error: float


def candidates(solutions: Sequence[Solution], at: Block, data: bytes) -> list[Candidate]:
    """Return the meanings of what was read from a block."""
    made = []
    for one in solutions:
        code = Code(type=one.type, order=one.order, scale=one.scale)
        raw = data[2 * one.offset : 2 * (one.offset + code.words)]
        try:
            reads = decode(code, raw)
        except NoValue:
            continue
        made.append(Candidate(Block(at.space, at.address + one.offset, code.words), code, reads, one.error))
    return made


def page(found: Sequence[Candidate], wanted: Block, most: int, width: int) -> list[Line]:
    """Lay them out; those at the address that was asked for are bold."""
    columns = [
        Column("where"),
        Column("type"),
        Column("order"),
        Column("scale", right=True),
        Column("reads", right=True),
        Column("off by", right=True, spare=1),
    ]
    rows: list[list[Span | str]] = [
        [
            Span(str(one.at), "bold" if one.at.address == wanted.address else "plain"),
            one.code.type,
            one.code.order if one.code.words > 1 or one.code.order != "ABCD" else fmt.MISSING,
            f"{one.code.scale:g}",
            value(one.reads),
            _off(one),
        ]
        for one in found[:most]
    ]
    more = len(found) - most
    lines = table(columns, rows, width)
    return lines + ([line(Span(f"and {more} less likely", "dim"))] if more > 0 else [])


def row(best: Candidate) -> list[str]:
    """Return the likeliest as a row of a profile."""
    code = best.code
    lines = [
        "[[points]]",
        'point = "function/resource"  # what it is: docs/points.md',
        'title = "what it is called"',
        'unit = ""',
        f'space = "{best.at.space}"',
        f"address = {best.at.address}",
        f'type = "{code.type}"',
    ]
    if code.order != "ABCD":
        lines.append(f'order = "{code.order}"')
    if code.scale != 1:
        lines.append(f"scale = {code.scale:g}")
    return lines


def record(found: Sequence[Candidate]) -> list[dict[str, object]]:
    """Return them for JSON."""
    return [
        {
            "space": one.at.space,
            "address": one.at.address,
            "type": one.code.type,
            "order": one.code.order,
            "scale": one.code.scale,
            "value": one.reads,
            "error": one.error,
        }
        for one in found
    ]


def _off(one: Candidate) -> str:
    """Return how far it is off; nothing beyond what a float32 holds."""
    return "0" if isinstance(one.reads, str) or one.error <= 1e-6 * abs(one.reads) else f"{one.error:.2g}"
