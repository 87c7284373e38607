"""Registers to values and back: types, byte and word order, scale, names, limits, error values. Pure.

`decode` raises nothing but NoValue, whatever the bytes; `encode` nothing but ValueError, whatever the value.
"""

from __future__ import annotations

import math
import struct
from fractions import Fraction

from drivers.modbus.code import FLOATS, Code, RegisterType, WordOrder
from drivers.modbus.decoding import Decoder, NoValue, decoder, exact, in_order
from drivers.points import Value

__all__ = ["Code", "Decoder", "NoValue", "RegisterType", "WordOrder", "decode", "decoder", "encode"]


def decode(code: Code, registers: bytes) -> Value:
    """Return the value of `code.words` registers. NoValue if they hold none."""
    return decoder(code)(registers)


def encode(code: Code, value: Value) -> list[int]:
    """Return the registers of a value, rounded to the nearest step; of a bit field, with the other bits 0.

    ValueError if it does not fit, is not finite, or would not be believed when it is read back.
    """
    packed = in_order(code, _packed(code, value))
    try:
        decoder(code)(packed)
    except NoValue as error:
        raise ValueError(f"{value}: {error}") from None
    return [int.from_bytes(packed[at : at + 2], "big") for at in range(0, len(packed), 2)]


def _packed(code: Code, value: Value) -> bytes:
    """Return the registers with the high byte and the high word first."""
    if code.names:
        return _word(code, _raw_of_name(code, value), value)
    if code.type == "text":
        return _characters(code, value)
    if isinstance(value, str):
        raise ValueError(f"{value}: expected a number")  # noqa: TRY004  one kind of trouble for the caller
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value}: expected a finite number")
    return _float(code, value) if code.type in FLOATS else _word(code, _raw(code, value), value)


def _raw(code: Code, value: float) -> int:
    """Return the raw value that is nearest to a value; exact, so that what was decoded comes back."""
    ratio = exact(code)
    if ratio is None:
        return round((Fraction(value) - Fraction(code.offset)) / Fraction(code.scale))
    times, plus, over = ratio
    return round((Fraction(value) * over - plus) / times)


def _word(code: Code, raw: int, value: Value) -> bytes:
    if raw not in code.raw_range:
        raise ValueError(
            f"{value}: does not fit into {code.type}" + ("" if code.plain else f" with scale {code.scale:g}")
        )
    if code.type in {"bcd16", "bcd32"}:
        raw = int(str(raw), 16)
    bits = 16 * code.words
    return (raw << code.bit & (1 << bits) - 1).to_bytes(bits // 8, "big")


def _float(code: Code, value: float) -> bytes:
    try:
        raw = (value - code.offset) / code.scale
        return struct.pack(">f" if code.type == "float32" else ">d", raw)
    except OverflowError:
        raise ValueError(f"{value}: does not fit into {code.type}") from None


def _raw_of_name(code: Code, value: Value) -> int:
    for raw, name in code.names:
        if name == value:
            return code.signed(raw)
    raise ValueError(f"{value}: expected one of {', '.join(name for _, name in code.names)}")


def _characters(code: Code, value: Value) -> bytes:
    if not isinstance(value, str) or not value.isascii() or not value.isprintable() or value != value.strip(" "):
        raise ValueError(f"{value!r}: expected a text of printable ASCII, without spaces around it")
    if len(value) > 2 * code.words:
        raise ValueError(f"{value!r}: expected at most {2 * code.words} characters")
    return value.encode("ascii").ljust(2 * code.words, b"\0")
