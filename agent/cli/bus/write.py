"""`gadelys bus write`: shows what it would send; with --unlock sends it, and reads it back."""

from __future__ import annotations

import asyncio
import sys

import msgspec

from agent.cli import terminal
from agent.cli.bus import typed, writing
from agent.cli.bus.access import Access, Way
from agent.cli.bus.registers import Told
from agent.cli.bus.typed import Block, Write
from agent.cli.bus.units import Unit, find_unit
from agent.cli.bus.words import Target, meaning, trouble
from agent.cli.bus.writing import Done, Plan
from agent.cli.trouble import MISUSED, REFUSED, Trouble
from drivers.errors import WireError
from drivers.modbus.pdu import BROADCAST


class Typed(msgspec.Struct, frozen=True, kw_only=True):
    """The words of the command line; none = not said."""

    unit: str
    at: str
    values: tuple[str, ...]
    kind: str | None
    order: str | None
    scale: float | None
    multiple: bool
    broadcast: bool
    unlock: bool
    as_json: bool

    def write(self, unit: int) -> Write:
        """Return what is written and how. ValueError."""
        if (unit == BROADCAST) != self.broadcast:
            raise ValueError("--broadcast: expected with UNIT 0, which is all units of the line, and with no other")
        at = typed.block(self.at)
        if at.is_bits and (self.kind or self.order or self.scale is not None):
            raise ValueError(f"--as, --order, --scale: expected registers (holding); {at.space}s are single bits")
        longest = max((len(one) + 1) // 2 for one in self.values)  # of a text, in registers
        code = typed.code(self.kind or "u16", self.order, self.scale, length=max(longest, 1))
        return typed.write(unit, at, self.values, code, multiple=self.multiple)


def write(way: Way, words: Typed) -> int:
    """Write if it is unlocked, else show what would be written and return 2; 1 if it does not hold."""
    try:
        access = way.open()
        unit = find_unit(access, words.unit, broadcast=True)
        wanted = words.write(unit.address)
    except ValueError as error:
        raise Trouble(str(error), MISUSED) from None
    target = Target(access.place, access.link, unit.address)
    plan, done = asyncio.run(_write(access, target, wanted, _warning(unit, wanted.at), words))
    if words.as_json:
        terminal.show_json(msgspec.json.encode(writing.record(plan, done)))
    elif done is not None:
        terminal.show(writing.result(plan, done, terminal.width()))
    if done is None:
        sys.stderr.write(f"gadelys: nothing was written; to write it: {writing.how(sys.argv[1:])}\n")
        return MISUSED
    return REFUSED if writing.verdict(plan, done) == "differs" else 0


async def _write(access: Access, target: Target, wanted: Write, warning: str, words: Typed) -> tuple[Plan, Done | None]:
    """Show the write, and make it if it is unlocked."""
    async with access:
        before, why = await _look(access, target, wanted)
        plan = Plan(target=target, write=wanted, over_tcp=access.over_tcp, before=before, why=why, warning=warning)
        if not words.as_json:
            terminal.show(writing.page(plan, terminal.width()))
        if not words.unlock:
            return plan, None
        try:
            await access.ask(wanted.request)
        except WireError as error:
            raise trouble(error, target, wanted.at, writes=True) from None
        return plan, Done(*await _look(access, target, wanted))


async def _look(access: Access, target: Target, wanted: Write) -> tuple[Told | None, str]:
    """Return what is there, or none and why it cannot be known."""
    if target.unit == BROADCAST:
        return None, "nobody answers what all are told"
    try:
        answer = await access.ask(wanted.at.read(target.unit))
    except WireError as error:
        return None, meaning(error, target, wanted.at)
    return Told(target.unit, wanted.at, answer.data, answer.latency_s, wanted.code), ""


def _warning(unit: Unit, at: Block) -> str:
    if not writing.written_by_agent(unit.known, at):
        return ""
    name = unit.known.id if unit.known is not None else ""
    return f"the agent writes {at} of {name} itself, again within 2 s; `gadelys dim` takes a lamp by hand"
