"""`gadelys bus solve`: finds type, order and scale of a register from a value that is known."""

from __future__ import annotations

import asyncio

import msgspec

from agent.cli import format as fmt
from agent.cli import terminal
from agent.cli.bus import solutions, typed
from agent.cli.bus.access import Access, Way
from agent.cli.bus.read import ask_block
from agent.cli.bus.registers import Told
from agent.cli.bus.typed import Block
from agent.cli.bus.units import find_unit
from agent.cli.bus.words import Target, trouble
from agent.cli.text import Span, line
from agent.cli.trouble import MISUSED, REFUSED, Trouble
from drivers.errors import Refused, WireError
from drivers.modbus.solve import solve as all_solutions

_SHOWN = 8
_BEFORE = 2  # registers: manuals count from 1, or mean the second word of two


class Typed(msgspec.Struct, frozen=True, kw_only=True):
    """The words of the command line. `count`: registers to look at; `tolerance_pct`: of the value."""

    unit: str
    at: str
    value: str
    count: int
    tolerance_pct: float
    as_json: bool

    def read(self) -> tuple[Block, Block, float]:
        """Return the place, the block around it, and the value. ValueError."""
        wanted = typed.block(self.at)
        if wanted.is_bits:
            raise ValueError(f"SPACE: expected holding or input; {wanted.space} are single bits")
        first = max(0, wanted.address - min(_BEFORE, self.count - 1))
        return wanted, Block(wanted.space, first, min(self.count, 0x10000 - first)), float(typed.number(self.value))


def solve(way: Way, words: Typed) -> int:
    """Read around a place and print what could be the value there. Trouble if nothing could."""
    try:
        wanted, around, known = words.read()
        access = way.open()
        target = Target(access.place, access.link, find_unit(access, words.unit).address)
    except (ValueError, OverflowError) as error:
        raise Trouble(str(error), MISUSED) from None
    told = asyncio.run(_around(access, target, around, wanted))
    solved = all_solutions(told.data, known, abs(known) * words.tolerance_pct / 100)
    found = solutions.candidates(solved, told.at, told.data)
    if words.as_json:
        terminal.show_json(msgspec.json.encode(solutions.record(found)))
        return 0 if found else REFUSED
    if not found:
        where = f"the {fmt.count(told.at.count, 'register')} from {told.at.space}:{told.at.address} on"
        raise Trouble(
            f"nothing in {where} reads {words.value} within {words.tolerance_pct:g} %; "
            "is it the value of this moment? try a greater --tolerance or --count",
            REFUSED,
        )
    terminal.show(solutions.page(found, wanted, _SHOWN, terminal.width()))
    terminal.show([line(), line(Span("the first as a row of a profile:", "bold")), line()])
    terminal.show([line(one) for one in solutions.row(found[0])])
    return 0


async def _around(access: Access, target: Target, around: Block, wanted: Block) -> Told:
    """Read the block, or, if the unit does not have all of it, as much as it has in a row around the place."""
    async with access:
        try:
            answer = await access.ask(around.read(target.unit))
            return Told(target.unit, around, answer.data, answer.latency_s)
        except Refused:
            return await _piece_by_piece(access, target, around, wanted)
        except WireError as error:
            raise trouble(error, target, around) from None


async def _piece_by_piece(access: Access, target: Target, around: Block, wanted: Block) -> Told:
    told = await ask_block(access, target, wanted)
    data, first, last = told.data, wanted.address, wanted.address
    while last < around.last and (more := await _one(access, target, Block(wanted.space, last + 1))):
        data, last = data + more, last + 1
    while first > around.address and (more := await _one(access, target, Block(wanted.space, first - 1))):
        data, first = more + data, first - 1
    return Told(target.unit, Block(wanted.space, first, last - first + 1), data, told.latency_s)


async def _one(access: Access, target: Target, at: Block) -> bytes:
    """Return one register; nothing if the unit refuses it."""
    try:
        return (await access.ask(at.read(target.unit))).data
    except Refused:
        return b""
    except WireError as error:
        raise trouble(error, target, at) from None
