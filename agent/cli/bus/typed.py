"""What people type of units, registers and values. Pure; ValueError says what was expected and found."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import get_args

import msgspec

from agent.cli import format as fmt
from drivers.modbus import pdu
from drivers.modbus.code import Code, RegisterType, WordOrder
from drivers.modbus.codec import encode
from drivers.modbus.pdu import Request
from drivers.profile import Space

ITSELF = 255  # the device at a TCP address
READS = {"coil": pdu.READ_COILS, "discrete": pdu.READ_DISCRETE, "holding": pdu.READ_HOLDING, "input": pdu.READ_INPUT}
TYPES = tuple(kind for kind in get_args(RegisterType) if kind not in {"bits", "text"})
_ORDERS: dict[str, WordOrder] = {order: order for order in get_args(WordOrder)} | {"AB": "ABCD", "BA": "BADC"}
_SPACES: tuple[Space, ...] = get_args(Space)
_BITS = ("coil", "discrete")
_PLACE = re.compile(r"([a-z]+):(0x[0-9a-f]{1,4}|\d{1,9})", re.ASCII | re.IGNORECASE)
_FIELD = re.compile(r"bits:(\d{1,2})(?:-(\d{1,2}))?", re.ASCII)
_NUMBER = re.compile(r"0x[0-9a-f]{1,16}|[+-]?\d{1,30}(?:\.\d{0,30})?(?:e[+-]?\d{1,3})?", re.ASCII | re.IGNORECASE)
_STATES = {"on": True, "off": False, "1": True, "0": False, "true": True, "false": False}


class Block(msgspec.Struct, frozen=True):
    """Registers or bits in a row, `count` of them from `address`."""

    space: Space
    address: int
    count: int = 1

    @property
    def is_bits(self) -> bool:
        """Return whether these are single bits, not registers."""
        return self.space in _BITS

    @property
    def last(self) -> int:
        """Return the last address."""
        return self.address + self.count - 1

    @property
    def most(self) -> int:
        """Return how many one read can give."""
        return 2000 if self.is_bits else 125

    def __str__(self) -> str:
        first = f"{self.space}:{self.address}"
        return first if self.count == 1 else f"{first}-{self.last}"

    def read(self, unit: int) -> Request:
        """Return the request that reads it."""
        return pdu.read(unit, READS[self.space], self.address, self.count)


def unit(text: str, *, broadcast: bool = False) -> int:
    """Read a unit's id."""
    number = int(text) if re.fullmatch(r"\d{1,3}", text, re.ASCII) else -1
    if 1 <= number <= 247 or number == ITSELF or (broadcast and number == pdu.BROADCAST):
        return number
    for_all = ", 0 (all, in a write)" if broadcast else ""
    raise ValueError(
        f"UNIT: expected a unit's id from 1 to 247, 255 (the device at a TCP address itself){for_all}, "
        f"or the name of a unit of the agent; found {text!r}"
    )


def block(text: str, count: int | None = None) -> Block:
    """Read a place such as `holding:90` or `input:0x10`, with a count if one is said."""
    match = _PLACE.fullmatch(text.strip())
    word = match[1].lower() if match else ""
    space = next((space for space in _SPACES if space == word), None)
    if match is None or space is None:
        raise ValueError(
            f"SPACE:ADDRESS: expected coil, discrete, holding or input, a colon, and the address as on the wire, "
            f"such as holding:90 or input:0x5A; found {text!r}"
        )
    address = int(match[2], 16 if match[2][:2].lower() == "0x" else 10)
    made = Block(space, address, 1 if count is None else count)
    if address > 0xFFFF:
        raise ValueError(f"ADDRESS: expected 0 to 65535 (as on the wire, from 0); found {match[2]}")
    if not 1 <= made.count <= made.most:
        raise ValueError(f"COUNT: expected 1 to {_what(made, made.most)} in one read; found {made.count}")
    if made.last > 0xFFFF:
        raise ValueError(f"COUNT: expected at most {0x10000 - address} from address {address} on; found {made.count}")
    return made


def code(kind: str, order: str | None, scale: float | None, *, length: int = 0) -> Code:
    """Read how values stand in registers; `length` of a text in registers."""
    if order is not None and order.upper() not in _ORDERS:
        raise ValueError(f"--order: expected {', '.join(_ORDERS)}; found {order!r}")
    field = _FIELD.fullmatch(kind)
    first, last = (int(field[1]), int(field[2] or field[1])) if field else (0, 0)
    name = next((one for one in (*TYPES, "text", "bits") if one == ("bits" if field else kind)), None)
    if name is None or (name == "bits" and not (field and first <= last <= 15)):
        raise ValueError(f"--as: expected {', '.join(TYPES)}, text, or bits:0 to bits:15 or bits:4-7; found {kind!r}")
    try:
        return Code(
            type=name,
            order=_ORDERS[(order or "ABCD").upper()],
            scale=1.0 if scale is None else scale,
            bit=first,
            width=last - first + 1,
            length=length if name == "text" else 0,
        )
    except ValueError as error:
        raise ValueError(f"--as, --order, --scale: {error}") from None


def number(text: str, name: str = "VALUE") -> float:
    """Read a number such as `230.4`, `-5` or `0x1F`; a whole one stays whole."""
    if _NUMBER.fullmatch(text) is None:
        raise ValueError(f"{name}: expected a number such as 230.4 or 0x1F; found {text!r}")
    if text[:2].lower() == "0x":
        return int(text, 16)
    return float(text) if set(text.lower()) & set(".e") else int(text)


def states(words: Sequence[str]) -> list[bool]:
    """Read what coils shall be."""
    unknown = next((word for word in words if word.lower() not in _STATES), None)
    if unknown is not None:
        raise ValueError(f"VALUE: expected on or off, 1 or 0; found {unknown!r}")
    return [_STATES[word.lower()] for word in words]


def registers(words: Sequence[str], how: Code) -> list[int]:
    """Read values and return the registers that hold them."""
    made: list[int] = []
    for word in words:
        try:
            made += encode(how, word if how.type == "text" else number(word))
        except (ValueError, OverflowError) as error:
            text = str(error)
            raise ValueError(text if text.startswith("VALUE") else f"VALUE: {text}") from None
    return made


class Write(msgspec.Struct, frozen=True):
    """A write: what it covers, how values stand there, the request, and what a read gives if it holds."""

    at: Block
    code: Code
    request: Request
    wanted: bytes


def write(unit_id: int, at: Block, words: Sequence[str], how: Code, *, multiple: bool) -> Write:
    """Return what is written. `multiple`: by function 16 (coils: 15) even for one.

    ValueError if it cannot be: the space is read only, a value does not fit, or there are too many.
    """
    if at.space not in {"holding", "coil"}:
        raise ValueError(f"SPACE: expected holding or coil; {at.space} can only be read")
    return (_coils if at.is_bits else _registers)(unit_id, at, words, how, multiple=multiple)


def _registers(unit_id: int, at: Block, words: Sequence[str], how: Code, *, multiple: bool) -> Write:
    values = registers(words, how)
    at = _fitting(at, len(values), 123)
    if len(values) == 1 and not multiple:
        request = pdu.write_register(unit_id, at.address, values[0])
    else:
        request = pdu.write_registers(unit_id, at.address, values)
    return Write(at, how, request, b"".join(word.to_bytes(2, "big") for word in values))


def _coils(unit_id: int, at: Block, words: Sequence[str], how: Code, *, multiple: bool) -> Write:
    on = states(words)
    at = _fitting(at, len(on), 1968)
    if len(on) == 1 and not multiple:
        request = pdu.write_coil(unit_id, at.address, on=on[0])
    else:
        request = pdu.write_coils(unit_id, at.address, on)
    packed = sum(state << place for place, state in enumerate(on)).to_bytes((len(on) + 7) // 8, "little")
    return Write(at, how, request, packed)


def _fitting(at: Block, count: int, most: int) -> Block:
    most = min(most, 0x10000 - at.address)
    if count > most:
        raise ValueError(f"VALUE: expected at most {_what(at, most)} in one write from {at.address} on; found {count}")
    return msgspec.structs.replace(at, count=count)


def _what(made: Block, number: int) -> str:
    return fmt.count(number, "bit" if made.is_bits else "register")
