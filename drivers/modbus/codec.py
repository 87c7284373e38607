"""Registers to values and back: types, word order, scale, error values. Pure."""

from __future__ import annotations

import math
import struct
from typing import Literal

import msgspec

RegisterType = Literal["bool", "u16", "s16", "u32", "s32", "float32"]
WordOrder = Literal["ABCD", "CDAB"]

_FORMATS = {
    name: struct.Struct(form)
    for name, form in (("bool", ">H"), ("u16", ">H"), ("s16", ">h"), ("u32", ">I"), ("s32", ">i"), ("float32", ">f"))
}
_LOWEST = {"bool": 0, "u16": 0, "s16": -(1 << 15), "u32": 0, "s32": -(1 << 31)}
_HIGHEST = {"bool": 1, "u16": (1 << 16) - 1, "s16": (1 << 15) - 1, "u32": (1 << 32) - 1, "s32": (1 << 31) - 1}


class Code(msgspec.Struct, frozen=True):
    """How a value stands in registers: value = raw * scale + offset. `errors` are raw values that mean "no value"."""

    type: RegisterType
    order: WordOrder = "ABCD"  # of 32-bit types: high word first, or low word first
    scale: float = 1.0
    offset: float = 0.0
    errors: tuple[int, ...] = ()

    @property
    def words(self) -> int:
        """Return how many registers a value takes."""
        return 2 if self.type in {"u32", "s32", "float32"} else 1


class NoValue(Exception):
    """The registers hold a word for "no value", or a number that is none. The text says which."""


def decode(code: Code, registers: bytes) -> bool | int | float:
    """Return the value of `code.words` registers. NoValue for an error value or a float that is not finite."""
    if code.order == "CDAB" and code.words == 2:
        registers = registers[2:4] + registers[:2]
    raw = _FORMATS[code.type].unpack(registers)[0]
    if raw in code.errors:
        raise NoValue(f"the device reports no value (0x{registers.hex().upper()})")
    if code.type == "bool":
        return bool(raw != 0)
    if not math.isfinite(raw):
        raise NoValue(f"not a finite number (0x{registers.hex().upper()})")
    if code.scale == 1.0 and code.offset == 0.0 and code.type != "float32":
        return int(raw)
    return float(raw * code.scale + code.offset)


def encode(code: Code, value: float) -> list[int]:
    """Return the registers of a value, rounded to the nearest step. ValueError if it does not fit or is not finite."""
    if not math.isfinite(value):
        raise ValueError(f"{value}: expected a finite number")
    raw = (value - code.offset) / code.scale
    if code.type != "float32":
        raw = round(raw)
        if not _LOWEST[code.type] <= raw <= _HIGHEST[code.type]:
            raise ValueError(f"{value}: does not fit into {code.type} with scale {code.scale:g}")
    try:
        packed = _FORMATS[code.type].pack(raw)
    except OverflowError:
        raise ValueError(f"{value}: does not fit into float32") from None
    words = [int.from_bytes(packed[at : at + 2], "big") for at in range(0, len(packed), 2)]
    return words[::-1] if code.order == "CDAB" else words
