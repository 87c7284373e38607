"""How a value stands in registers, as data. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal

import msgspec

from drivers.points import PointType

RegisterType = Literal[
    "bool", "u16", "s16", "u32", "s32", "u64", "s64", "float32", "float64", "bits", "bcd16", "bcd32", "text"
]
WordOrder = Literal["ABCD", "BADC", "CDAB", "DCBA"]  # as the bytes of 0xAABBCCDD go over the wire

LONGEST_TEXT = 125  # registers: what one read gives

FLOATS = ("float32", "float64")
_WORDS = {"u32": 2, "s32": 2, "float32": 2, "bcd32": 2, "u64": 4, "s64": 4, "float64": 4}


class Code(msgspec.Struct, frozen=True, cache_hash=True):
    """How a value stands in registers: value = raw * scale + offset. ValueError for one that makes no sense.

    `order`: DCBA is low byte first throughout; BADC swaps the bytes of each register, CDAB the registers. `errors` are
    raw values that mean "no value", as numbers or as they stand in the registers (0xFFFF for -1). `bit`, `width`: the
    lowest bit of a field, and how many it has. `length`: registers of a text. `names`: what raw values are called.
    `low`, `high`: what the value can be, after scale and offset.
    """

    type: RegisterType
    order: WordOrder = "ABCD"
    scale: float = 1.0
    offset: float = 0.0
    errors: tuple[int, ...] = ()
    bit: int = 0
    width: int = 1
    length: int = 0
    names: tuple[tuple[int, str], ...] = ()
    low: float = -math.inf
    high: float = math.inf

    def __post_init__(self) -> None:
        """Check what the types do not say."""
        for fault in _faults(self):
            raise ValueError(fault)

    @property
    def words(self) -> int:
        """Return how many registers a value takes."""
        return self.length if self.type == "text" else _WORDS.get(self.type, 1)

    @property
    def plain(self) -> bool:
        """Return whether the value is the raw value."""
        return self.scale == 1.0 and self.offset == 0.0

    @property
    def bounded(self) -> bool:
        """Return whether the value has limits."""
        return self.low != -math.inf or self.high != math.inf

    @property
    def point_type(self) -> PointType:
        """Return the type of the value."""
        if self.type == "text" or self.names:
            return PointType.TEXT
        if self.type in FLOATS or not self.plain:
            return PointType.FLOAT
        return PointType.BOOL if self.type == "bool" or self.bits == 1 else PointType.INT

    @property
    def bits(self) -> int:
        """Return how many bits the raw value has."""
        return self.width if self.type == "bits" else 16 * self.words

    @property
    def raw_range(self) -> range:
        """Return the raw values of a type of whole numbers."""
        if self.type == "bool":
            return range(2)
        if self.type in {"bcd16", "bcd32"}:
            return range(10 ** (self.bits // 4))
        if self.type in {"s16", "s32", "s64"}:
            return range(-(1 << self.bits - 1), 1 << self.bits - 1)
        return range(1 << self.bits)

    def signed(self, raw: int) -> int:
        """Return a raw value that may be written as it stands in the registers as the number that it is."""
        negative = self.raw_range.start < 0 and self.raw_range.stop <= raw < 1 << self.bits
        return raw - (1 << self.bits) if negative else raw


def _faults(code: Code) -> Iterator[str]:
    """Find what the types do not say. Each begins with the option, as a profile calls it."""
    text, floating = code.type == "text", code.type in FLOATS
    if text != (code.length != 0) or not 0 <= code.length <= LONGEST_TEXT:
        yield f'words: expected 1 to {LONGEST_TEXT} for type "text", and none for other types'
    if code.type != "bits" and (code.bit, code.width) != (0, 1):
        yield f'bit: expected no bit and no width for type "{code.type}"'
    if not 0 <= code.bit <= 15 or not 1 <= code.width <= 16 - code.bit:
        yield f"width: expected bits from 0 to 15, found {code.width} from bit {code.bit}"
    if not math.isfinite(code.scale) or code.scale == 0:
        yield f"scale: expected a finite number that is not 0, found {code.scale:g}"
    if not math.isfinite(code.offset):
        yield f"offset: expected a finite number, found {code.offset:g}"
    if not code.low <= code.high:
        yield f"low: expected at most high ({code.high:g}), found {code.low:g}"
    if code.names and (floating or text):
        yield f'enum: expected none for type "{code.type}"'
    if (text or code.names) and not code.plain:
        yield "scale: expected no scale and no offset for what is a text"
    if (text or code.names) and code.bounded:
        yield "low: expected no low and no high for what is a text"
    yield from _raw_faults(code)


def _raw_faults(code: Code) -> Iterator[str]:
    if code.errors and code.type in {"text", "bool"}:
        yield f'errors: expected none for type "{code.type}"'
    if code.type == "text" or code.type in FLOATS:
        return
    for raw in code.errors:
        if code.signed(raw) not in code.raw_range:
            yield f"errors: expected raw values that {code.type} has, found {raw}"
    for raw, name in code.names:
        if code.signed(raw) not in code.raw_range or not name:
            yield f'enum: expected raw values that {code.type} has, each with a name, found {raw} = "{name}"'
