"""What a write would do, and what it did: frames, old values, warnings. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Literal

import msgspec

from agent.cli.bus.registers import Told, value
from agent.cli.bus.typed import Block, Write
from agent.cli.bus.words import Target
from agent.cli.text import Column, Line, Span, line, table, wrap
from agent.local.bus_records import UnitPlace
from drivers.modbus import rtu, tcp

Verdict = Literal["holds", "differs", "not read back"]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A write before it is made. `before`: what is there now, none if that cannot be read, and then `why`."""

    target: Target
    write: Write
    over_tcp: bool
    before: Told | None
    why: str
    warning: str = ""

    @property
    def frame(self) -> bytes:
        """Return the bytes that go over the line; over TCP the transaction is counted by whoever sends it."""
        return tcp.frame(self.write.request, 1) if self.over_tcp else rtu.frame(self.write.request)

    @property
    def then(self) -> Told:
        """Return what is there if the write holds."""
        return Told(self.target.unit, self.write.at, self.write.wanted, 0.0, self.write.code)


class Done(msgspec.Struct, frozen=True):
    """A write that was acknowledged, and what is read back; none if that cannot be read, and then `why`."""

    after: Told | None
    why: str


def verdict(plan: Plan, done: Done) -> Verdict:
    """Return whether what was written is there."""
    if done.after is None:
        return "not read back"
    bits = plan.write.at.is_bits
    same = done.after.states == plan.then.states if bits else done.after.data == plan.write.wanted
    return "holds" if same else "differs"


def written_by_agent(known: UnitPlace | None, at: Block) -> bool:
    """Return whether the running agent writes some of it itself."""
    spans = known.written if known is not None else []
    return any(space == at.space and first <= at.last and at.address <= last for space, first, last in spans)


def page(plan: Plan, width: int) -> list[Line]:
    """Return what would be sent, and what is there now."""
    columns = [Column("address", right=True), Column(""), Column("now"), Column("", right=True), Column("")]
    columns += [Column("then"), Column("", right=True)]
    now = _cells(plan.before) if plan.before else [("?", "")] * plan.write.at.count
    cells: list[list[Span | str]] = []
    for n, ((old, old_value), (new, new_value)) in enumerate(zip(now, _cells(plan.then), strict=True)):
        address = plan.write.at.address + n
        cells.append([str(address), Span(f"0x{address:04X}", "dim"), old, old_value, Span("->", "dim")])
        cells[-1] += [Span(new, "bold"), Span(new_value, "bold")]
    note = wrap(plan.why, width, first="now unknown: ", rest="  ", tone="warn") if plan.why else []
    return [
        line(Span(f"{plan.target}, function {plan.write.request.function}:", "dim")),
        *table(columns, cells, width),
        *note,
        *wrap(plan.frame.hex(" ").upper(), width, first="frame  ", rest="       "),
        *_warned(plan, width),
    ]


def result(plan: Plan, done: Done, width: int) -> list[Line]:
    """Return what came of it."""
    said = verdict(plan, done)
    if said == "holds":
        lines = [line(Span("written", "good"), f", and reads back as written: {_short(plan.then)}")]
    elif done.after is not None:
        lines = [line(Span("written, but it does not hold", "bad"), f": reads back {_short(done.after)}")]
    else:
        lines = wrap(done.why, width, first="written; not read back: ", rest="  ", tone="warn")
    return lines + _warned(plan, width)


def record(plan: Plan, done: Done | None) -> dict[str, object]:
    """Return it for JSON."""
    after = done.after if done is not None else None
    return {
        "place": plan.target.place,
        "unit": plan.target.unit,
        "space": plan.write.at.space,
        "address": plan.write.at.address,
        "function": plan.write.request.function,
        "frame": plan.frame.hex(),
        "before": _raw(plan.before),
        "wanted": _raw(plan.then),
        "written": done is not None,
        "after": _raw(after),
        "verdict": None if done is None else verdict(plan, done),
        "reason": plan.why if done is None else done.why,
        "warning": plan.warning,
    }


def how(words: Sequence[str]) -> str:
    """Return the command line that really writes."""
    return shlex.join(["gadelys", *words, "--unlock"])


def _warned(plan: Plan, width: int) -> list[Line]:
    return wrap(plan.warning, width, first="careful: ", rest="  ", tone="warn") if plan.warning else []


def _cells(told: Told) -> list[tuple[str, str]]:
    """Return the raw word and the value of each register; a value that takes several stands beside its first."""
    if told.at.is_bits:
        return [("on" if on else "off", "") for on in told.states]
    values = {address: why if one is None else value(one) for address, one, why in told.values()}
    return [(f"0x{word:04X}", values.get(told.at.address + n, "")) for n, word in enumerate(told.words)]


def _short(told: Told) -> str:
    if told.at.is_bits:
        return ", ".join("on" if on else "off" for on in told.states)
    values = [why if one is None else value(one) for _, one, why in told.values()]
    raw = " ".join(f"0x{word:04X}" for word in told.words)
    return f"{', '.join(values)} ({raw})" if values else raw


def _raw(told: Told | None) -> list[int] | list[bool] | None:
    if told is None:
        return None
    return told.states if told.at.is_bits else told.words
