"""All points of a profile, read off one unit: which value stands where, and what the unit says to it. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from agent.cli import format as fmt
from agent.cli.bus.typed import Block
from agent.cli.text import Column, Line, Span, table
from drivers.modbus.codec import Code, NoValue, decode
from drivers.points import Value
from drivers.profile import Profile


class Spot(msgspec.Struct, frozen=True):
    """One value of a unit: a row of its profile, of one channel."""

    point: str
    title: str
    unit: str
    at: Block
    code: Code


class Found(msgspec.Struct, frozen=True):
    """What a unit told of one value: the raw bytes, the value or why there is none."""

    spot: Spot
    raw: bytes
    value: Value | None
    reason: str


def spots(profile: Profile) -> list[Spot]:
    """Return every value of a profile, channel by channel."""
    made = []
    for row in profile.points:
        for channel in range(1, max(profile.channels, 1) + 1):
            count = 1 if row.is_bit else row.code.words
            at = Block(row.space, row.address + (channel - 1) * row.stride, count)
            made.append(
                Spot(row.point + (f" {channel}" if profile.channels else ""), row.title, row.unit, at, row.code)
            )
            if not row.stride:
                break  # the same for all channels
    return made


def found(spot: Spot, raw: bytes) -> Found:
    """Decode what was read."""
    try:
        bits = raw[:1] if not spot.at.is_bits else b""
        value = decode(spot.code, raw) if bits else decode(spot.code, bytes([0, raw[0] & 1]))
    except NoValue as none:
        return Found(spot, raw, None, str(none))
    return Found(spot, raw, value, "")


def page(rows: Sequence[Found], width: int) -> list[Line]:
    """Lay them out."""
    columns = [
        Column("point"),
        Column("value", right=True),
        Column("where"),
        Column("raw", spare=2),
        Column("what", spare=3),
        Column("why", spare=1),
    ]
    cells: list[list[Span | str]] = [
        [
            one.spot.point,
            Span(fmt.value(one.value, one.spot.unit), "bold"),
            str(one.spot.at),
            Span(_raw(one), "dim"),
            one.spot.title,
            Span(one.reason, "warn"),
        ]
        for one in rows
    ]
    if not any(one.reason for one in rows):
        columns.pop()
        cells = [row[:-1] for row in cells]
    return table(columns, cells, width)


def record(rows: Sequence[Found]) -> list[dict[str, object]]:
    """Return them for JSON."""
    return [
        {
            "point": one.spot.point,
            "space": one.spot.at.space,
            "address": one.spot.at.address,
            "hex": one.raw.hex(),
            "value": one.value,
            "unit": one.spot.unit,
            "reason": one.reason,
        }
        for one in rows
    ]


def _raw(one: Found) -> str:
    if not one.raw:
        return fmt.MISSING
    if one.spot.at.is_bits:
        return str(one.raw[0] & 1)
    return one.raw[:8].hex(" ", 2).upper() + (" …" if len(one.raw) > 8 else "")
