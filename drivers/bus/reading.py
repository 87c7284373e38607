"""What an answer's piece says of a point: a value, or bad quality with the reason. Pure."""

from __future__ import annotations

from collections.abc import Callable

from drivers.modbus.codec import NoValue, decoder
from drivers.points import Quality, Reading
from drivers.profile import Row

Reader = Callable[
    [bytes, float], Reading
]  # the registers, or the byte, of the value; when they were read (monotonic s)

_BIT = (bytes(2), bytes((0, 1)))  # a bit of its own, as a register


def reader(row: Row, bit: int | None) -> Reader:
    """Return what reads a row: whatever the bytes, a reading. `bit`: its bit in its byte, none for registers."""
    decode = decoder(row.code)
    good = Quality.UNCERTAIN if row.doubt else Quality.GOOD

    def read(piece: bytes, mono_s: float) -> Reading:
        try:
            return Reading(decode(piece), good, row.doubt, mono_s)
        except NoValue as error:
            return Reading(None, Quality.BAD, str(error), mono_s)

    if bit is None:
        return read
    off, on = (read(registers, 0.0) for registers in _BIT)

    def read_bit(piece: bytes, mono_s: float) -> Reading:
        if not piece:
            return Reading(None, Quality.BAD, "expected a byte, got none", mono_s)
        said = on if piece[0] >> bit & 1 else off
        return Reading(said.value, said.quality, said.reason, mono_s)

    return read_bit
