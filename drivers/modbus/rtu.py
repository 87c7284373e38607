"""Modbus RTU frames: unit, PDU and CRC. Pure.

Source: Modbus over Serial Line V1.02 (frame, CRC).
"""

from __future__ import annotations

from drivers.errors import BadAnswer, Refused
from drivers.modbus import pdu
from drivers.modbus.pdu import Request

_AROUND_BYTES = 3  # unit and CRC
_FIXED_BYTES = 8  # requests of functions 1 to 6, answers to writes
_LAST_UNIT, _UNIT_ITSELF = 247, 255
_WRITES = frozenset({pdu.WRITE_COIL, pdu.WRITE_REGISTER, pdu.WRITE_COILS, pdu.WRITE_REGISTERS})
_READS = frozenset({pdu.READ_COILS, pdu.READ_DISCRETE, pdu.READ_HOLDING, pdu.READ_INPUT})
_KNOWN = _WRITES | _READS | {pdu.SERVER_ID, pdu.DEVICE_ID}

SHORTEST_FRAME_BYTES = 4
SHORTEST_ANSWER_BYTES = EXCEPTION_FRAME_BYTES = pdu.EXCEPTION_BYTES + _AROUND_BYTES
LONGEST_FRAME_BYTES = 256


def _table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
        table.append(crc)
    return tuple(table)


_CRC = _table()


def crc16(data: bytes | bytearray) -> int:
    """Return the CRC-16 of Modbus (polynomial 0xA001 reflected, start 0xFFFF)."""
    crc = 0xFFFF
    for byte in data:
        crc = crc >> 8 ^ _CRC[(crc ^ byte) & 0xFF]
    return crc


def frame(request: Request) -> bytes:
    """Return the frame that carries a request."""
    body = bytes([request.unit]) + request.pdu
    return body + crc16(body).to_bytes(2, "little")


def sound(data: bytes | bytearray) -> bool:
    """Return whether the CRC at the end of these bytes is theirs."""
    return crc16(data[:-2]) == int.from_bytes(data[-2:], "little")


def answer_bytes(request: Request, begin: bytes | bytearray) -> int:
    """Return how long the frame of the answer will be, as far as its first bytes tell; one more than they are if not."""
    size = request.expected_bytes(begin[1] if len(begin) > 1 else request.function)
    if size == pdu.UNTOLD:
        told = pdu.told_bytes(begin[1:])
        return max(SHORTEST_ANSWER_BYTES, len(begin) + 1) if told is None else told + _AROUND_BYTES
    return size + _AROUND_BYTES


def check(request: Request, answer: bytes) -> bytes:
    """Return the data of the frame that answers a request. Refused, BadAnswer: as `pdu.check`, or if the CRC is wrong."""
    expected = answer_bytes(request, answer)
    if len(answer) < min(expected, SHORTEST_ANSWER_BYTES):
        raise BadAnswer(f"expected {expected} bytes, {len(answer)} came", "length")
    if not sound(answer):
        raise BadAnswer(f"CRC of {len(answer)} bytes is wrong", "crc")
    return pdu.check(request, answer[0], answer[1:-2])


def mirrors(request: Request) -> bool:
    """Return whether the request's own frame would pass for its answer, so that an echo of it confirms everything.

    Writes of one coil or register do, and reads of coils at an address whose high byte is the answer's byte count.
    """
    try:
        pdu.check(request, request.unit, request.pdu)
    except (BadAnswer, Refused):
        return False
    return True


def fits(request: Request, frame_: bytes | bytearray) -> bool:
    """Return whether a frame whose CRC is right has the shape of an answer to this request, an exception included."""
    try:
        pdu.check(request, frame_[0], bytes(frame_[1:-2]))
    except Refused:
        return True
    except BadAnswer:
        return False
    return True


def lengths(begin: bytes | bytearray) -> tuple[int, ...]:
    """Return how long a frame can be that begins with these bytes, a request or an answer; none if no frame does.

    A length beyond what is there can change as more comes, until it is reached.
    """
    if begin[0] > _LAST_UNIT and begin[0] != _UNIT_ITSELF:
        return ()
    if len(begin) < 2:
        return (SHORTEST_FRAME_BYTES,)
    function = begin[1]
    if begin[0] == pdu.BROADCAST:
        return _request_lengths(begin) if function in _WRITES else ()
    if function & 0x7F not in _KNOWN:
        return ()
    if function & 0x80:
        return (EXCEPTION_FRAME_BYTES,)
    return tuple(size for size in (*answer_lengths(begin), *_request_lengths(begin)) if size <= LONGEST_FRAME_BYTES)


def answer_lengths(begin: bytes | bytearray) -> tuple[int, ...]:
    """Return how long an answer can be that begins with these bytes, as `lengths` does."""
    function = begin[1]
    if function & 0x80:
        return (EXCEPTION_FRAME_BYTES,)
    if function in _WRITES:
        return (_FIXED_BYTES,)
    if function == pdu.DEVICE_ID:
        told = pdu.told_bytes(begin[1:])
        return (len(begin) + 1 if told is None else told + _AROUND_BYTES,)
    if len(begin) < 3:
        return (SHORTEST_ANSWER_BYTES,)
    if begin[2] == 0 or (begin[2] % 2 and function in {pdu.READ_HOLDING, pdu.READ_INPUT}):
        return ()
    return (begin[2] + 5,)


def _request_lengths(begin: bytes | bytearray) -> tuple[int, ...]:
    function = begin[1]
    if function in {pdu.WRITE_COILS, pdu.WRITE_REGISTERS}:
        return (begin[6] + 9 if len(begin) > 6 else max(len(begin) + 1, _FIXED_BYTES),)
    return {pdu.SERVER_ID: (4,), pdu.DEVICE_ID: (7,)}.get(function, (_FIXED_BYTES,))
