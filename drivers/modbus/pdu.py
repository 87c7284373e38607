"""Modbus requests, and answers that are held against them, whatever frames carry them. Pure.

Source: Modbus Application Protocol V1.1b3 (PDU, function codes, exception codes).
"""

from __future__ import annotations

import msgspec

from drivers.errors import BadAnswer, Refused

READ_COILS, READ_DISCRETE, READ_HOLDING, READ_INPUT = 1, 2, 3, 4
WRITE_COIL, WRITE_REGISTER, WRITE_COILS, WRITE_REGISTERS = 5, 6, 15, 16

EXCEPTION_BYTES = 2
SHORTEST_ANSWER_BYTES = 2
LONGEST_BYTES = 253

_EXCEPTIONS = {
    1: "illegal function",
    2: "illegal data address",
    3: "illegal data value",
    4: "device failure",
    5: "acknowledge, not done yet",
    6: "device busy",
    8: "memory parity error",
    10: "gateway path unavailable",
    11: "gateway target did not answer",
}


class Request(msgspec.Struct, frozen=True):
    """One question: the unit, the PDU that goes out, and what the PDU of an answer must look like."""

    unit: int
    function: int
    pdu: bytes
    answer_bytes: int  # of a normal answer's PDU
    echo: bytes = b""  # what a write must give back after the function

    def expected_bytes(self, function: int) -> int:
        """Return how long the PDU of an answer is that begins with this function code."""
        return EXCEPTION_BYTES if function == self.function | 0x80 else self.answer_bytes


def read(unit: int, function: int, address: int, count: int) -> Request:
    """Build a read of `count` coils, inputs or registers (functions 1 to 4)."""
    bits = function in {READ_COILS, READ_DISCRETE}
    most = 2000 if bits else 125
    if function not in {READ_COILS, READ_DISCRETE, READ_HOLDING, READ_INPUT} or not 1 <= count <= most:
        raise ValueError(f"function {function} reading {count}: expected function 1 to 4, count 1 to {most}")
    size = (count + 7) // 8 if bits else 2 * count
    return _request(unit, function, _words(address, count), 2 + size, b"")


def write_register(unit: int, address: int, value: int) -> Request:
    """Build a write of one holding register (function 6)."""
    body = _words(address, value)
    return _request(unit, WRITE_REGISTER, body, 5, body)


def write_coil(unit: int, address: int, *, on: bool) -> Request:
    """Build a write of one coil (function 5)."""
    body = _words(address, 0xFF00 if on else 0)
    return _request(unit, WRITE_COIL, body, 5, body)


def write_registers(unit: int, address: int, values: list[int]) -> Request:
    """Build a write of 1 to 123 holding registers in a row (function 16)."""
    if not 1 <= len(values) <= 123:
        raise ValueError(f"{len(values)} registers: expected 1 to 123")
    head = _words(address, len(values))
    return _request(unit, WRITE_REGISTERS, head + bytes([2 * len(values)]) + _words(*values), 5, head)


def write_coils(unit: int, address: int, states: list[bool]) -> Request:
    """Build a write of 1 to 1968 coils in a row (function 15)."""
    if not 1 <= len(states) <= 1968:
        raise ValueError(f"{len(states)} coils: expected 1 to 1968")
    packed = bytearray((len(states) + 7) // 8)
    for place, state in enumerate(states):
        packed[place // 8] |= state << place % 8
    head = _words(address, len(states))
    return _request(unit, WRITE_COILS, head + bytes([len(packed)]) + packed, 5, head)


def check(request: Request, unit: int, answer: bytes) -> bytes:
    """Return the data of an answer's PDU (registers or packed bits; empty for a write).

    Refused if the unit answers with an exception, BadAnswer if this is not the answer to this request.
    """
    if unit != request.unit:
        raise BadAnswer(f"expected an answer of unit {request.unit}, unit {unit} answered")
    if len(answer) < SHORTEST_ANSWER_BYTES:
        raise BadAnswer(f"expected {request.answer_bytes} bytes, {len(answer)} came")
    function = answer[0]
    if function == request.function | 0x80 and len(answer) == EXCEPTION_BYTES:
        code = answer[1]
        raise Refused(f"exception {code}: {_EXCEPTIONS.get(code, 'unknown')}", code)
    if function != request.function:
        raise BadAnswer(f"expected an answer to function {request.function}, one to {function} came")
    if len(answer) != request.answer_bytes:
        raise BadAnswer(f"expected {request.answer_bytes} bytes, {len(answer)} came")
    if request.echo:
        if answer[1:] != request.echo:
            raise BadAnswer(f"expected the echo {request.echo.hex(' ')}, {answer[1:].hex(' ')} came")
        return b""
    if answer[1] != len(answer) - 2:
        raise BadAnswer(f"byte count says {answer[1]}, {len(answer) - 2} came")
    return answer[2:]


def _request(unit: int, function: int, body: bytes, answer_bytes: int, echo: bytes) -> Request:
    if not 1 <= unit <= 247 and unit != 255:  # 255 is for the device itself behind a TCP address
        raise ValueError(f"unit {unit}: expected 1 to 247, or 255")
    return Request(unit, function, bytes([function]) + body, answer_bytes, echo)


def _words(*values: int) -> bytes:
    try:
        return b"".join(value.to_bytes(2, "big") for value in values)
    except OverflowError:
        raise ValueError(f"{values}: expected numbers from 0 to 65535") from None
