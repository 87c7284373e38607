"""From registers to a value. What a code says is worked out once, into the function that decodes. Pure."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache

from drivers.modbus.code import FLOATS, Code
from drivers.points import Value

Decoder = Callable[[bytes], Value]

_FORMATS = {
    "bool": "H", "u16": "H", "s16": "h", "u32": "I", "s32": "i", "u64": "Q", "s64": "q", "float32": "f", "float64": "d",
    "bits": "H", "bcd16": "H", "bcd32": "I",
}  # fmt: skip
_FINEST = 1_000_000  # a scale that is a fraction with no larger denominator is taken as that fraction
_LARGEST = 1 << 40


class NoValue(Exception):
    """The registers hold a word for "no value", or one that cannot be true. The text says which."""


@lru_cache(maxsize=4096)
def decoder(code: Code) -> Decoder:
    """Return the function that decodes the registers of a code. It raises nothing but NoValue."""
    return _limited(code, _unlimited(code)) if code.bounded else _unlimited(code)


def exact(code: Code) -> tuple[int, int, int] | None:
    """Return (times, plus, over) with value = (raw * times + plus) / over, or none if scale and offset are no such fractions.

    Whole numbers until the last step: 2302 tenths are 230.2, where 2302 * 0.1 is 230.20000000000002.
    """
    scale, offset = (Fraction(number).limit_denominator(_FINEST) for number in (code.scale, code.offset))
    over = math.lcm(scale.denominator, offset.denominator)
    times, plus = int(scale * over), int(offset * over)
    if (float(scale), float(offset)) != (code.scale, code.offset) or max(abs(times), abs(plus)) > _LARGEST:
        return None
    return times, plus, over


def in_order(code: Code, registers: bytes) -> bytes:
    """Swap bytes and registers as the order says. The same swap leads back."""
    words = [registers[at : at + 2] for at in range(0, len(registers), 2)]
    if code.order in {"CDAB", "DCBA"}:
        words.reverse()
    if code.order in {"BADC", "DCBA"}:
        words = [word[::-1] for word in words]
    return b"".join(words)


# ---- Each kind of value, the frequent ones without a step more than they need ---------------------------------------------


def _unlimited(code: Code) -> Decoder:
    if code.type == "text":
        return _text(code)
    if code.type in FLOATS:
        return _floating(code)
    if code.type in {"bool", "bits", "bcd16", "bcd32"} or code.names:
        return _composed(code)
    ratio = exact(code)
    if code.plain or (ratio is not None and ratio[:2] == (1, 0)):
        return _whole(code, 1 if ratio is None else ratio[2])
    return _composed(code)


def _whole(code: Code, over: int) -> Decoder:
    unpack, errors = _unpacker(code), _errors(code)

    def whole(registers: bytes) -> Value:
        try:
            (raw,) = unpack(registers)
        except struct.error:
            raise _wrong_length(code, registers) from None
        if raw in errors:
            raise _reports_none(code, raw)
        return raw

    def divided(registers: bytes) -> Value:
        try:
            (raw,) = unpack(registers)
        except struct.error:
            raise _wrong_length(code, registers) from None
        if raw in errors:
            raise _reports_none(code, raw)
        return raw / over

    return whole if code.plain else divided


def _floating(code: Code) -> Decoder:
    unpack, errors, scale, offset = _unpacker(code), _errors(code), code.scale, code.offset
    plain = code.plain

    def floating(registers: bytes) -> Value:
        try:
            (value,) = unpack(registers)
        except struct.error:
            raise _wrong_length(code, registers) from None
        if value in errors:
            raise NoValue(f"the device reports no value ({value:g})")
        if not plain:
            value = value * scale + offset
        if not math.isfinite(value):
            raise NoValue(f"not a finite number (0x{registers.hex().upper()})")
        return value

    return floating


def _composed(code: Code) -> Decoder:
    unpack, errors, value_of = _unpacker(code), _errors(code), _value_of(code)
    read = _field(code)

    def composed(registers: bytes) -> Value:
        try:
            (word,) = unpack(registers)
        except struct.error:
            raise _wrong_length(code, registers) from None
        raw = read(int(word))
        if raw in errors:
            raise _reports_none(code, raw)
        return value_of(raw)

    return composed


def _limited(code: Code, decode: Decoder) -> Decoder:
    low, high = code.low, code.high

    def limited(registers: bytes) -> Value:
        value = decode(registers)
        if low <= value <= high:  # type: ignore[operator]  # what has limits is a number
            return value
        raise NoValue(f"expected {_limits(code)}, reads {value:g}")

    return limited


def _text(code: Code) -> Decoder:
    size = 2 * code.words

    def text(registers: bytes) -> Value:
        if len(registers) != size:
            raise _wrong_length(code, registers)
        said = in_order(code, registers).replace(b"\0", b"").strip(b" ")  # some put one character into a register
        if not said.isascii() or not said.decode("ascii").isprintable():
            raise NoValue(f"not a text (0x{registers.hex().upper()})")
        return said.decode("ascii")

    return text


# ---- Its steps ---------------------------------------------------------------------------------------------------------


def _unpacker(code: Code) -> Callable[[bytes], tuple[int | float, ...]]:
    """Return what takes the registers as one number; struct.error if they are too many or too few."""
    little = code.order in {"BADC", "DCBA"}
    unpack = struct.Struct(("<" if little else ">") + _FORMATS[code.type]).unpack
    if code.order in {"ABCD", "DCBA"} or code.words == 1:
        return unpack
    if code.words == 2:
        return lambda registers: unpack(registers[2:] + registers[:2])
    return lambda registers: unpack(registers[6:] + registers[4:6] + registers[2:4] + registers[:2])


def _field(code: Code) -> Callable[[int], int]:
    """Return what takes the raw value out of the word, or words, that it stands in."""
    if code.type == "bits":
        bit, mask = code.bit, (1 << code.width) - 1
        return lambda word: word >> bit & mask
    if code.type in {"bcd16", "bcd32"}:
        return _digits
    return (lambda word: int(word != 0)) if code.type == "bool" and not code.names else int


def _digits(word: int) -> int:
    digits = f"{word:X}"
    if not digits.isdecimal():
        raise NoValue(f"not a number of decimal digits (0x{digits})")
    return int(digits)


def _value_of(code: Code) -> Callable[[int], Value]:
    """Return what makes the value of a raw one."""
    if code.names:
        names = {code.signed(raw): name for raw, name in code.names}
        return lambda raw: _named(names, raw)
    if code.plain:
        number: Callable[[int], Value] = bool if code.bits == 1 or code.type == "bool" else int
    elif (ratio := exact(code)) is not None:
        times, plus, over = ratio
        number = lambda raw: (raw * times + plus) / over  # noqa: E731
    else:
        number = lambda raw: _finite(raw * code.scale + code.offset)  # noqa: E731
    return number


def _named(names: dict[int, str], raw: int) -> str:
    name = names.get(raw)
    if name is None:
        raise NoValue(f"expected one of {', '.join(names.values())}, reads {raw}")
    return name


def _limits(code: Code) -> str:
    if code.low == -math.inf:
        return f"at most {code.high:g}"
    return f"at least {code.low:g}" if code.high == math.inf else f"{code.low:g} to {code.high:g}"


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise NoValue("not a finite number after its scale")
    return value


def _errors(code: Code) -> frozenset[int | float]:
    return frozenset(code.errors if code.type in FLOATS else map(code.signed, code.errors))


def _reports_none(code: Code, raw: float) -> NoValue:
    return NoValue(f"the device reports no value (0x{int(raw) & (1 << 16 * code.words) - 1:0{4 * code.words}X})")


def _wrong_length(code: Code, registers: bytes) -> NoValue:
    return NoValue(f"expected {2 * code.words} bytes, got {len(registers)}")
