"""What an error of the wire means for whoever asked, and what to try. Pure."""

from __future__ import annotations

import msgspec

from agent.cli.bus.typed import ITSELF, Block
from agent.cli.trouble import REFUSED, UNREACHABLE, Trouble
from drivers.bus.records import Link
from drivers.errors import BadAnswer, NoAnswer, Refused, WireError

_OTHER = {"holding": "input", "input": "holding", "coil": "discrete", "discrete": "coil"}
_GATEWAY = "a gateway says so: nothing answers it behind there; is UNIT right, and the unit powered?"
_OF_EITHER = {5: "try again in a moment", 6: "try again in a moment", 10: _GATEWAY, 11: _GATEWAY}


class Target(msgspec.Struct, frozen=True):
    """Who is asked: a unit, on a line of which `link` is the speed, none where it is an address."""

    place: str
    link: Link | None
    unit: int

    def __str__(self) -> str:
        return f"{self.place}, {f'unit {self.unit}' if self.unit else 'all units'}"


def trouble(error: WireError, target: Target, at: Block, *, writes: bool = False) -> Trouble:
    """Return what ends the command: 1 if the unit refused, 3 if no answer came that can be believed."""
    code = REFUSED if isinstance(error, Refused) else UNREACHABLE
    return Trouble(f"{target}, {at}: {meaning(error, target, at, writes=writes)}", code)


def meaning(error: WireError, target: Target, at: Block, *, writes: bool = False) -> str:
    """Return what is wrong, and what to try next if there is something."""
    remedy = ""
    if isinstance(error, Refused):
        remedy = (_of_refused_write if writes else _of_refused_read)(error.code, at)
    elif isinstance(error, NoAnswer):
        remedy = _of_silence(target)
    elif isinstance(error, BadAnswer):
        remedy = _of_bad_answer(error, target.link)
    return f"{error}; {remedy}" if remedy else str(error)


def _of_refused_read(code: int, at: Block) -> str:
    other = f"{_OTHER[at.space]}:{at.address}"
    if code == 1:
        return f"it has nothing in {at.space} at all; try {other}"
    if code == 2:
        fewer = "fewer at once, " if at.count > 1 else ""
        return f"it has nothing there; try {fewer}{other}, or an address less: manuals that say 40001 count from 1"
    return f"it does not give {at.count} at once; try fewer" if code == 3 else _OF_EITHER.get(code, "")


def _of_refused_write(code: int, at: Block) -> str:
    if code == 1:
        return "it does not take this function; try --multiple, or leave it out"
    if code == 2:
        return f"nothing in {at.space} can be written there, or only after an unlock that its manual tells of"
    return "the value is none that it takes" if code == 3 else _OF_EITHER.get(code, "")


def _of_silence(target: Target) -> str:
    if target.link is None:
        return f"is the id right (some devices at a TCP address are {ITSELF} or 1), and the unit behind it powered?"
    return (
        f"is the unit powered, are A and B the right way round, is {target.unit} its id, {target.link} its speed? "
        "`gadelys bus scan` looks for it"
    )


def _of_bad_answer(error: BadAnswer, link: Link | None) -> str:
    if error.cause in {"crc", "noise", "length"} and link is not None:
        return f"two units with one id, another speed than {link}, or a bad wire (ends terminated? shield?)"
    if error.cause == "unit":
        return "another unit answers for it: two masters on the line?"
    return "what came is not believed"
