"""Modbus requests, and answers that are held against them, whatever frames carry them. Pure.

Source: Modbus Application Protocol V1.1b3 (PDU, function codes, exception codes).
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from drivers.errors import BadAnswer, Refused

READ_COILS, READ_DISCRETE, READ_HOLDING, READ_INPUT = 1, 2, 3, 4
WRITE_COIL, WRITE_REGISTER, WRITE_COILS, WRITE_REGISTERS = 5, 6, 15, 16
SERVER_ID, DEVICE_ID = 17, 43

BROADCAST = 0
UNTOLD = 0  # of an answer whose own bytes tell how long it is

EXCEPTION_BYTES = 2
SHORTEST_ANSWER_BYTES = 2
LONGEST_BYTES = 253

_MEI_DEVICE_ID = 14
_FIRST_OBJECT = 7  # after function, MEI type, code, conformity, more follows, next object, number of objects

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
    answer_bytes: int  # of a normal answer's PDU, or UNTOLD
    echo: bytes = b""  # what a write must give back after the function

    @property
    def answered(self) -> bool:
        """Return whether anybody answers: a broadcast is for all, and nobody does."""
        return self.unit != BROADCAST

    def expected_bytes(self, function: int) -> int:
        """Return how long the PDU of an answer is that begins with this function code; UNTOLD if only it can tell."""
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


def server_id(unit: int) -> Request:
    """Build a question for what a unit calls itself (function 17)."""
    return _request(unit, SERVER_ID, b"", UNTOLD, b"")


def device_id(unit: int, code: int = 1, number: int = 0) -> Request:
    """Build a question for the names of a device (function 43, MEI type 14): `code` 1 basic, 2 regular, 3 extended, 4 one.

    `number` is the object to begin with.
    """
    if not 1 <= code <= 4 or not 0 <= number <= 255:
        raise ValueError(f"code {code}, object {number}: expected code 1 to 4, object 0 to 255")
    return _request(unit, DEVICE_ID, bytes([_MEI_DEVICE_ID, code, number]), UNTOLD, b"")


def request_of(unit: int, pdu: bytes) -> Request:
    """Return the request that a PDU asks. ValueError if it is none of those that can be built here."""
    made = None
    if len(pdu) >= 5 and pdu[0] in _BUILDERS:
        made = _BUILDERS[pdu[0]](unit, int.from_bytes(pdu[1:3], "big"), int.from_bytes(pdu[3:5], "big"), pdu[6:])
    elif pdu == bytes([SERVER_ID]):
        made = server_id(unit)
    elif len(pdu) == 4 and pdu[:2] == bytes([DEVICE_ID, _MEI_DEVICE_ID]):
        made = device_id(unit, pdu[2], pdu[3])
    if made is None or made.pdu != pdu:
        raise ValueError(
            f"{pdu.hex(' ') or 'nothing'}: expected the PDU of a request with function 1-6, 15-17 or 43/14"
        )
    return made


def check(request: Request, unit: int, answer: bytes) -> bytes:
    """Return the data of an answer's PDU (registers or packed bits; empty for a write).

    Refused if the unit answers with an exception, BadAnswer if this is not the answer to this request.
    """
    if unit != request.unit:
        raise BadAnswer(f"expected an answer of unit {request.unit}, unit {unit} answered", "unit")
    if len(answer) < SHORTEST_ANSWER_BYTES:
        raise BadAnswer(f"expected {request.answer_bytes} bytes, {len(answer)} came", "length")
    function = answer[0]
    if function == request.function | 0x80 and len(answer) == EXCEPTION_BYTES:
        code = answer[1]
        raise Refused(f"exception {code}: {_EXCEPTIONS.get(code, 'unknown')}", code)
    if function != request.function:
        raise BadAnswer(f"expected an answer to function {request.function}, one to {function} came", "function")
    if request.answer_bytes == UNTOLD:
        return _named(request, answer)
    if len(answer) != request.answer_bytes:
        raise BadAnswer(f"expected {request.answer_bytes} bytes, {len(answer)} came", "length")
    if request.echo:
        if answer[1:] != request.echo:
            raise BadAnswer(f"expected the echo {request.echo.hex(' ')}, {answer[1:].hex(' ')} came", "echo")
        return b""
    if answer[1] != len(answer) - 2:
        raise BadAnswer(f"byte count says {answer[1]}, {len(answer) - 2} came", "count")
    return answer[2:]


def told_bytes(begin: bytes | bytearray | memoryview) -> int | None:
    """Return how long the PDU of an answer of function 17 or 43/14 is; none if these first bytes do not yet tell."""
    if len(begin) < 2:
        return None
    if begin[0] == SERVER_ID:
        return 2 + begin[1]
    at = _FIRST_OBJECT
    if len(begin) < at:
        return None
    for _ in range(begin[at - 1]):
        if len(begin) < at + 2:
            return None
        at += 2 + begin[at + 1]
    return at


def _named(request: Request, answer: bytes) -> bytes:
    """Check an answer that tells its own length."""
    told = told_bytes(answer)
    if told != len(answer):
        raise BadAnswer(f"expected as many bytes as it says ({told or 'more'}), {len(answer)} came", "length")
    if request.function == DEVICE_ID and answer[1:3] != request.pdu[1:3]:
        raise BadAnswer(f"expected {request.pdu[1:3].hex(' ')}, {answer[1:3].hex(' ')} came", "echo")
    return answer[2:] if request.function == SERVER_ID else answer[1:]


def _request(unit: int, function: int, body: bytes, answer_bytes: int, echo: bytes) -> Request:
    writes = function in {WRITE_COIL, WRITE_REGISTER, WRITE_COILS, WRITE_REGISTERS}
    if not 1 <= unit <= 247 and unit != 255 and not (unit == BROADCAST and writes):
        raise ValueError(f"unit {unit}: expected 1 to 247; 0 for all, in a write; or 255, the device at a TCP address")
    return Request(unit, function, bytes([function]) + body, answer_bytes, echo)


def _words(*values: int) -> bytes:
    try:
        return b"".join(value.to_bytes(2, "big") for value in values)
    except OverflowError:
        raise ValueError(f"{values}: expected numbers from 0 to 65535") from None


def _bits(count: int, packed: bytes) -> list[bool]:
    return [bool(packed[place // 8] >> place % 8 & 1) for place in range(min(count, 8 * len(packed)))]


def _registers(packed: bytes) -> list[int]:
    return [int.from_bytes(packed[at : at + 2], "big") for at in range(0, len(packed), 2)]


_BUILDERS: dict[int, Callable[[int, int, int, bytes], Request]] = {
    READ_COILS: lambda unit, address, count, _: read(unit, READ_COILS, address, count),
    READ_DISCRETE: lambda unit, address, count, _: read(unit, READ_DISCRETE, address, count),
    READ_HOLDING: lambda unit, address, count, _: read(unit, READ_HOLDING, address, count),
    READ_INPUT: lambda unit, address, count, _: read(unit, READ_INPUT, address, count),
    WRITE_COIL: lambda unit, address, value, _: write_coil(unit, address, on=value == 0xFF00),
    WRITE_REGISTER: lambda unit, address, value, _: write_register(unit, address, value),
    WRITE_COILS: lambda unit, address, count, packed: write_coils(unit, address, _bits(count, packed)),
    WRITE_REGISTERS: lambda unit, address, _, packed: write_registers(unit, address, _registers(packed)),
}
