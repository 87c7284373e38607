"""Registers and bits as people read them: tables, changes, JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from agent.cli import format as fmt
from agent.cli.bus.typed import Block
from agent.cli.text import Column, Line, Span, line, table
from drivers.modbus.codec import Code, NoValue, decode
from drivers.points import Value

_A_ROW = 16  # bits


class Told(msgspec.Struct, frozen=True):
    """What a unit told: the block and its bytes, and how the values stand in it if that was said."""

    unit: int
    at: Block
    data: bytes
    latency_s: float
    code: Code | None = None

    @property
    def words(self) -> list[int]:
        """Return the registers."""
        return [int.from_bytes(self.data[at : at + 2], "big") for at in range(0, len(self.data), 2)]

    @property
    def states(self) -> list[bool]:
        """Return the bits."""
        return [bool(self.data[place // 8] >> place % 8 & 1) for place in range(self.at.count)]

    def values(self) -> Iterator[tuple[int, Value | None, str]]:
        """Yield (address, value or none, why there is none) of each value that fits into the block."""
        if self.code is None or self.at.is_bits:
            return
        size = self.code.words
        for place in range(0, self.at.count - size + 1, size):
            try:
                yield self.at.address + place, decode(self.code, self.data[2 * place : 2 * (place + size)]), ""
            except NoValue as none:
                yield self.at.address + place, None, str(none)


def page(told: Told, place: str, width: int) -> list[Line]:
    """Return a head and a table."""
    return [head(told, place), *(_bits(told) if told.at.is_bits else _words(told, width))]


def head(told: Told, place: str) -> Line:
    """Return who told, how quickly."""
    return line(Span(f"{place}, unit {told.unit}, {told.at}: answered {delay(told.latency_s)}", "dim"))


def delay(time_s: float) -> str:
    """Return how long an answer took: one decimal below 10 ms, where it is the wire's."""
    if time_s < 0.00005:
        return "at once"
    return f"after {time_s * 1000:.1f} ms" if time_s < 0.00995 else f"after {fmt.delay(time_s)}"


def changes(before: Told, now: Told) -> list[Line]:
    """Return a line for each register, bit and value that is not what it was."""
    if now.at.is_bits:
        pairs = zip(before.states, now.states, strict=True)
        return [
            line(f"{now.at.space}:{now.at.address + n}  {_state(was)} -> ", Span(_state(is_), "bold"))
            for n, (was, is_) in enumerate(pairs)
            if was != is_
        ]
    if now.code is not None:
        rows = zip(before.values(), now.values(), strict=True)
        return [
            line(f"{now.at.space}:{address}  {_shown(was, why_was)} -> ", Span(_shown(is_, why), "bold"))
            for (_, was, why_was), (address, is_, why) in rows
            if (was, why_was) != (is_, why)
        ]
    return [
        line(f"{now.at.space}:{now.at.address + n}  0x{was:04X} {was} -> ", Span(f"0x{is_:04X} {is_}", "bold"))
        for n, (was, is_) in enumerate(zip(before.words, now.words, strict=True))
        if was != is_
    ]


def record(told: Told, place: str) -> dict[str, object]:
    """Return it for JSON."""
    made: dict[str, object] = {
        "place": place,
        "unit": told.unit,
        "space": told.at.space,
        "address": told.at.address,
        "latency_ms": round(told.latency_s * 1000, 3),
    }
    if told.at.is_bits:
        return made | {"bits": told.states}
    made |= {"hex": told.data.hex(), "registers": told.words}
    if told.code is not None:
        made["values"] = [{"address": at, "value": value, "reason": why} for at, value, why in told.values()]
    return made


def value(one: Value | None) -> str:
    """Return a value with all its digits that a float32 has."""
    if isinstance(one, float):
        return f"{one:.7g}"
    return fmt.value(one, "")


def _words(told: Told, width: int) -> list[Line]:
    columns = [Column("address", right=True), Column("", right=True), Column("hex"), Column("u16", right=True)]
    if told.code is None:
        columns += [Column("s16", right=True)]
    decoded = {address: (one, why) for address, one, why in told.values()}
    if told.code is not None:
        columns += [Column(_how(told.code), right=True), Column("")]
    rows: list[list[Span | str]] = []
    for n, word in enumerate(told.words):
        address = told.at.address + n
        signed = word - 0x10000 if word & 0x8000 else word
        row: list[Span | str] = [str(address), Span(f"0x{address:04X}", "dim"), f"0x{word:04X}", str(word)]
        if told.code is None:
            row += [str(signed)]
        else:
            one, why = decoded.get(address, (None, ""))
            row += [Span(value(one) if address in decoded else "", "bold"), Span(why, "warn")]
        rows.append(row)
    if told.code is not None and not any(why for _, why in decoded.values()):
        columns.pop()
        rows = [row[:-1] for row in rows]
    return table(columns, rows, width)


def _bits(told: Told) -> Sequence[Line]:
    if told.at.count <= _A_ROW // 2:
        return [
            line(f"{told.at.space}:{told.at.address + n}  ", Span(_state(state), "bold" if state else "dim"))
            for n, state in enumerate(told.states)
        ]
    lines = []
    for start in range(0, told.at.count, _A_ROW):
        address = told.at.address + start
        row = "".join("1" if state else "0" for state in told.states[start : start + _A_ROW])
        groups = " ".join(row[at : at + 4] for at in range(0, len(row), 4))
        lines.append(line(f"{address:>7}  ", Span(f"0x{address:04X}", "dim"), f"  {groups}"))
    return [line(Span("  first          on = 1", "dim")), *lines]


def _how(code: Code) -> str:
    order = "" if code.order == "ABCD" else f" {code.order}"
    field = f" {code.bit}-{code.bit + code.width - 1}" if code.type == "bits" else ""
    return f"{code.type}{field}{order}{'' if code.scale == 1 else f' x {code.scale:g}'}"


def _state(on: bool) -> str:
    return "on" if on else "off"


def _shown(one: Value | None, why: str) -> str:
    return f"no value ({why})" if one is None else value(one)
