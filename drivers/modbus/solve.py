"""What registers could mean, given a value that is known: all that comes near, the likeliest first. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator

import msgspec

from drivers.modbus.code import FLOATS, Code, RegisterType, WordOrder
from drivers.modbus.codec import NoValue, decode

# The likeliest first: makers like small types, high words first, and tenths.
_TYPES: tuple[RegisterType, ...] = ("u16", "s16", "u32", "s32", "float32", "bcd16", "u64", "s64", "float64", "bcd32")
_ORDERS: tuple[WordOrder, ...] = ("ABCD", "CDAB", "BADC", "DCBA")
_SCALES = (1.0, 0.1, 0.01, 0.001, 10.0, 0.0001, 100.0, 1000.0)
_FLOAT_SCALES = (1.0, 0.001, 1000.0)  # of a float: kilo and milli, as in kWh for Wh
_ONE_WORD_ORDERS: tuple[WordOrder, ...] = ("ABCD", "BADC")
_DUST = 1e-6  # a float32 holds some seven digits


class Solution(msgspec.Struct, frozen=True):
    """One meaning: register `offset` of the block, and how a value stands from there; `error`: how far it is off."""

    offset: int
    type: RegisterType
    order: WordOrder
    scale: float
    error: float


def solve(registers: bytes, value: float, tolerance: float = 0.0) -> list[Solution]:
    """Return the meanings of registers, two bytes each, that come within `tolerance` of a value, the likeliest first.

    What is exact goes before what is only near, then small types before large ones. A meaning that another, simpler one
    implies (the low half of a number whose high half is 0, a signed number that is not negative) is not listed.
    """
    if not math.isfinite(value):
        return []
    near = max(abs(tolerance) if math.isfinite(tolerance) else 0.0, _DUST * abs(value))
    found = [
        (_rank(solution, abs(value)), solution)
        for code in _codes()
        for offset in range(len(registers) // 2 - code.words + 1)
        if (solution := _fits(code, registers, offset, value, near)) is not None
    ]
    return [solution for _, solution in sorted(found, key=lambda one: one[0])]


def _codes() -> Iterator[Code]:
    for kind in _TYPES:
        orders = _ORDERS if Code(kind).words > 1 else _ONE_WORD_ORDERS
        for order in orders:
            for scale in _FLOAT_SCALES if kind in FLOATS else _SCALES:
                yield Code(kind, order, scale)


def _fits(code: Code, registers: bytes, offset: int, value: float, near: float) -> Solution | None:
    piece = registers[2 * offset : 2 * (offset + code.words)]
    try:
        reads = decode(code, piece)
    except NoValue:
        return None
    if isinstance(reads, str) or not abs(reads - value) <= near or _implied(code, piece, reads):
        return None
    return Solution(offset, code.type, code.order, code.scale, abs(reads - value))


def _implied(code: Code, piece: bytes, reads: float) -> bool:
    """Return whether a simpler meaning says the same."""
    if code.type in {"s16", "s32", "s64"} and reads >= 0:
        return True
    if code.type in {"bcd16", "bcd32"}:
        return reads / code.scale < 10  # its digits are those of the plain number
    if code.type in {"u32", "u64"}:
        half = len(piece) // 2
        return not any(piece[:half] if code.order in {"ABCD", "BADC"} else piece[half:])  # a smaller type says the rest
    return reads == 0 and code.type in FLOATS


def _rank(solution: Solution, size: float) -> tuple[object, ...]:
    exact = solution.error <= _DUST * size or solution.error == 0
    scales = _FLOAT_SCALES if solution.type in FLOATS else _SCALES
    return (
        not exact,
        _TYPES.index(solution.type) + 3 * _ORDERS.index(solution.order),
        scales.index(solution.scale),
        solution.error,
        solution.offset,
    )
