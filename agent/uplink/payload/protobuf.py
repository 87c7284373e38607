"""The wire format of protocol buffers, as much of it as Sparkplug needs: varints, fields, texts, with bounds. Pure."""

from __future__ import annotations

from collections.abc import Iterator

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5  # wire types; 3 and 4 were groups

MOST_VARINT_BYTES = 10
U32, U64 = 2**32 - 1, 2**64 - 1

_ONE_BYTE = tuple(bytes([number]) for number in range(128))


class PayloadError(Exception):
    """Bytes that are no payload, or a value that is not what was asked for: what was expected, and where."""


def tag(field: int, wire: int) -> int:
    """Return what stands before a field: its number and its wire type."""
    return field << 3 | wire


def pack_varint(number: int) -> bytes:
    """Return a number from 0 to 2^64 - 1 as a varint."""
    if 0 <= number < 128:
        return _ONE_BYTE[number]
    if 0 < number < 1 << 14:  # most values and lengths
        return bytes((number & 127 | 128, number >> 7))
    if not 0 <= number <= U64:
        raise ValueError(f"expected a number from 0 to {U64}, found {number}")
    if number < 1 << 21:
        return bytes((number & 127 | 128, number >> 7 & 127 | 128, number >> 14))
    return bytes((number & 127 | 128, number >> 7 & 127 | 128, number >> 14 & 127 | 128)) + pack_varint(number >> 21)


def pack_text(text: str, most: int) -> bytes:
    """Return a text as UTF-8 with its length before it. ValueError if it is longer than `most` bytes, or not UTF-8."""
    encoded = text.encode()
    if len(encoded) > most:
        raise ValueError(f"expected a text of at most {most} bytes, found {len(encoded)}")
    return pack_varint(len(encoded)) + encoded


def read_fields(raw: bytes, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield the fields of the message in raw[at:end] as (tag, start, number).

    Of a varint `number` is its value, of all others where the content ends; `start` is where the content begins.
    PayloadError where the bytes are no fields.
    """
    while at < end:
        begin = at
        head, at = (raw[at], at + 1) if raw[at] < 128 else _varint(raw, at, end)
        if not 8 <= head <= U32:
            raise PayloadError(f"byte {begin}: expected a field number from 1 to {U32 >> 3}")
        wire = head & 7
        if wire in {VARINT, LENGTH}:
            number, past = (raw[at], at + 1) if at < end and raw[at] < 128 else _varint(raw, at, end)
            if wire == VARINT:
                yield head, at, number
                at = past
                continue
            at = past
        elif wire in {FIXED32, FIXED64}:
            number = 4 if wire == FIXED32 else 8
        else:
            raise PayloadError(f"byte {begin}: expected wire type 0, 1, 2 or 5, found {wire}")
        if number > end - at:
            raise PayloadError(f"byte {at}: expected {number} bytes, {end - at} are left")
        yield head, at, at + number
        at += number


def read_bytes(raw: bytes, at: int, end: int, most: int) -> bytes:
    """Return raw[at:end]. PayloadError if that is longer than `most` bytes."""
    if end - at > most:
        raise PayloadError(f"byte {at}: expected at most {most} bytes, found {end - at}")
    return raw[at:end]


def read_text(raw: bytes, at: int, end: int, most: int) -> str:
    """Return the text in raw[at:end]. PayloadError if it is longer than `most` bytes, or not UTF-8."""
    try:
        return read_bytes(raw, at, end, most).decode()
    except UnicodeDecodeError as error:
        raise PayloadError(f"byte {at + error.start}: expected UTF-8") from None


def _varint(raw: bytes, at: int, end: int) -> tuple[int, int]:
    """Return the varint at `at`, and where it ends."""
    number = shift = 0
    for place in range(at, min(end, at + MOST_VARINT_BYTES)):
        byte = raw[place]
        if byte < 128:
            number |= byte << shift
            if number > U64:
                break
            return number, place + 1
        number |= (byte & 127) << shift
        shift += 7
    raise PayloadError(f"byte {at}: expected a varint of at most {MOST_VARINT_BYTES} bytes and 64 bits")
