"""The server's half of Modbus RTU: check bytes, frames, and the answer to a request over tables of registers.

Sources: Modbus application protocol 1.1b3 (functions, exceptions), Modbus over serial line 1.02 (frame, CRC).
Nothing here raises on any bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

BROADCAST = 0
LONGEST_FRAME = 256

ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE = 1, 2, 3

READ_COILS, READ_DISCRETE, READ_HOLDING, READ_INPUT = 1, 2, 3, 4
WRITE_COIL, WRITE_REGISTER, WRITE_COILS, WRITE_REGISTERS = 5, 6, 15, 16


@dataclass(frozen=True, slots=True)
class Cell:
    """One coil (0 or 1) or register. The hooks get the time of the request in seconds.

    No `write` means read-only, no `read` write-only. `codes`: the only values it takes, if it does not take all of a range.
    """

    read: Callable[[float], int] | None
    write: Callable[[int, float], None] | None = None
    low: int = 0
    high: int = 0xFFFF
    codes: frozenset[int] | None = None

    def takes(self, value: int) -> bool:
        """Whether the value may be written."""
        return self.low <= value <= self.high if self.codes is None else value in self.codes


Table = Mapping[int, Cell]


@dataclass(frozen=True, slots=True)
class Registers:
    """What a unit has, by protocol address, and which functions it knows."""

    functions: frozenset[int]
    coils: Table = field(default_factory=dict)
    discrete: Table = field(default_factory=dict)
    holding: Table = field(default_factory=dict)
    input: Table = field(default_factory=dict)
    most_words: int = 125  # in one read


class _RefusalError(Exception):
    """The request is answered with a Modbus exception."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def _crc_table() -> Iterator[int]:
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
        yield crc


_CRC = tuple(_crc_table())


def crc16(data: bytes) -> int:
    """CRC-16/MODBUS of the bytes."""
    crc = 0xFFFF
    for byte in data:
        crc = crc >> 8 ^ _CRC[(crc ^ byte) & 0xFF]
    return crc


def seal(unit: int, pdu: bytes) -> bytes:
    """The frame on the wire for a unit's PDU."""
    body = bytes([unit]) + pdu
    return body + crc16(body).to_bytes(2, "little")


def unseal(frame: bytes) -> tuple[int, bytes] | None:
    """Unit and PDU of a frame; none if it is too short, too long, or its check bytes are wrong."""
    if not 4 <= len(frame) <= LONGEST_FRAME or crc16(frame[:-2]) != int.from_bytes(frame[-2:], "little"):
        return None
    return frame[0], frame[1:-2]


def answer(pdu: bytes, registers: Registers, now_s: float) -> bytes | None:
    """The unit's answer to a request, an exception included; none for no bytes and for what is itself an exception."""
    if not pdu or pdu[0] & 0x80:
        return None
    function = pdu[0]
    serve = _FUNCTIONS.get(function) if function in registers.functions else None
    if serve is None:
        return bytes([function | 0x80, ILLEGAL_FUNCTION])
    if len(pdu) < 5:
        return bytes([function | 0x80, ILLEGAL_VALUE])
    try:
        return bytes([function]) + serve(pdu, registers, now_s)
    except _RefusalError as refusal:
        return bytes([function | 0x80, refusal.code])


def _word(pdu: bytes, at: int) -> int:
    return int.from_bytes(pdu[at : at + 2], "big")


def _cells(table: Table, start: int, count: int, most: int) -> list[Cell]:
    if not 1 <= count <= most:
        raise _RefusalError(ILLEGAL_VALUE)
    cells = [table.get(address) for address in range(start, start + count)]
    found = [cell for cell in cells if cell is not None]
    if len(found) != count:
        raise _RefusalError(ILLEGAL_ADDRESS)
    return found


def _write(cells: list[Cell], values: list[int], now_s: float) -> None:
    """All or nothing: no cell is touched if one of them refuses."""
    writes = [cell.write for cell in cells if cell.write is not None]
    if len(writes) != len(cells):
        raise _RefusalError(ILLEGAL_ADDRESS)
    if any(not cell.takes(value) for cell, value in zip(cells, values, strict=True)):
        raise _RefusalError(ILLEGAL_VALUE)
    for write, value in zip(writes, values, strict=True):
        write(value, now_s)


def _exactly(pdu: bytes, length: int) -> None:
    if len(pdu) != length:
        raise _RefusalError(ILLEGAL_VALUE)


def _values(cells: list[Cell], now_s: float) -> list[int]:
    reads = [cell.read for cell in cells if cell.read is not None]
    if len(reads) != len(cells):
        raise _RefusalError(ILLEGAL_ADDRESS)
    return [read(now_s) for read in reads]


def _read_bits(table: Table, pdu: bytes, now_s: float) -> bytes:
    _exactly(pdu, 5)
    values = _values(_cells(table, _word(pdu, 1), _word(pdu, 3), 2000), now_s)
    bits = sum(1 << place for place, value in enumerate(values) if value)
    size = (len(values) + 7) // 8
    return bytes([size]) + bits.to_bytes(size, "little")


def _read_words(table: Table, pdu: bytes, most: int, now_s: float) -> bytes:
    _exactly(pdu, 5)
    values = _values(_cells(table, _word(pdu, 1), _word(pdu, 3), most), now_s)
    return bytes([2 * len(values)]) + b"".join((value & 0xFFFF).to_bytes(2, "big") for value in values)


def _write_coil(pdu: bytes, registers: Registers, now_s: float) -> bytes:
    _exactly(pdu, 5)
    if _word(pdu, 3) not in {0x0000, 0xFF00}:
        raise _RefusalError(ILLEGAL_VALUE)
    _write(_cells(registers.coils, _word(pdu, 1), 1, 1), [_word(pdu, 3) >> 15], now_s)
    return pdu[1:]


def _write_register(pdu: bytes, registers: Registers, now_s: float) -> bytes:
    _exactly(pdu, 5)
    _write(_cells(registers.holding, _word(pdu, 1), 1, 1), [_word(pdu, 3)], now_s)
    return pdu[1:]


def _write_coils(pdu: bytes, registers: Registers, now_s: float) -> bytes:
    count = _word(pdu, 3)
    size = (count + 7) // 8
    if pdu[5:6] != bytes([size & 0xFF]):
        raise _RefusalError(ILLEGAL_VALUE)
    _exactly(pdu, 6 + size)
    cells = _cells(registers.coils, _word(pdu, 1), count, 1968)
    _write(cells, [pdu[6 + place // 8] >> place % 8 & 1 for place in range(count)], now_s)
    return pdu[1:5]


def _write_registers(pdu: bytes, registers: Registers, now_s: float) -> bytes:
    count = _word(pdu, 3)
    if pdu[5:6] != bytes([2 * count & 0xFF]):
        raise _RefusalError(ILLEGAL_VALUE)
    _exactly(pdu, 6 + 2 * count)
    cells = _cells(registers.holding, _word(pdu, 1), count, 123)
    _write(cells, [_word(pdu, at) for at in range(6, len(pdu), 2)], now_s)
    return pdu[1:5]


_FUNCTIONS: Mapping[int, Callable[[bytes, Registers, float], bytes]] = {
    READ_COILS: lambda pdu, registers, now_s: _read_bits(registers.coils, pdu, now_s),
    READ_DISCRETE: lambda pdu, registers, now_s: _read_bits(registers.discrete, pdu, now_s),
    READ_HOLDING: lambda pdu, registers, now_s: _read_words(registers.holding, pdu, registers.most_words, now_s),
    READ_INPUT: lambda pdu, registers, now_s: _read_words(registers.input, pdu, registers.most_words, now_s),
    WRITE_COIL: _write_coil,
    WRITE_REGISTER: _write_register,
    WRITE_COILS: _write_coils,
    WRITE_REGISTERS: _write_registers,
}
