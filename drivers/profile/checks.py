"""The check frames of a profile, held against our requests, our belief in answers and the rows of the profile. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator

from drivers.errors import Refused, WireError
from drivers.modbus import pdu, rtu
from drivers.modbus.codec import NoValue, decode
from drivers.modbus.pdu import Request
from drivers.points import Value
from drivers.profile.places import Fault
from drivers.profile.records import Check, Profile, Row, Space

_ENDS = 3  # the unit before a PDU and the CRC behind it
_SPACES: dict[int, Space] = {
    pdu.READ_COILS: "coil", pdu.READ_DISCRETE: "discrete", pdu.READ_HOLDING: "holding", pdu.READ_INPUT: "input",
}  # fmt: skip


def check_faults(profile: Profile) -> Iterator[Fault]:
    """Find where a check frame shows something else than the profile says."""
    rows = {row.point: row for row in profile.points}
    for number, check in enumerate(profile.check):
        for key, fault in _faults(check, rows):
            yield ("check", str(number), key), fault


def _faults(check: Check, rows: dict[str, Row]) -> Iterator[tuple[str, str]]:
    request = _request(check.request)
    if isinstance(request, str):
        yield "request", request
        return
    data = b""
    if check.reply:
        try:
            data = rtu.check(request, bytes.fromhex(check.reply))
        except Refused:
            pass  # an exception is an answer, without values
        except WireError as error:
            yield "reply", str(error)
            return
    for point, expected in check.values.items():
        if point not in rows:
            yield "values", f"expected one of {', '.join(rows)}, found {point}"
        elif (fault := _value_fault(rows[point], expected, request, data)) is not None:
            yield "values", f"{point}: {fault}"


def _request(frame: str) -> Request | str:
    """Return the request in a frame, or what is wrong with it."""
    raw = bytes.fromhex(frame)
    if len(raw) <= _ENDS:
        return "expected a frame: unit, PDU and CRC"
    try:
        request = pdu.request_of(raw[0], raw[1:-2])
    except ValueError as error:
        return str(error)
    ours = rtu.frame(request)
    return request if ours == raw else f"expected the CRC {ours[-2:].hex(' ').upper()}, found {frame[-5:]}"


def _value_fault(row: Row, expected: Value, request: Request, data: bytes) -> str | None:
    piece = _piece(row, request, data)
    if piece is None:
        return "expected a value that is whole in the reply"
    try:
        read = decode(row.code, piece)
    except NoValue as error:
        return f"expected {expected}, {error}"
    return None if _same(read, expected) else f"expected {expected}, the row reads {read}"


def _piece(row: Row, request: Request, data: bytes) -> bytes | None:
    """Return the registers of a row, or its bit as a register; none if they are not in the reply."""
    at = row.address - int.from_bytes(request.pdu[1:3], "big")
    if _SPACES.get(request.function) != row.space or at < 0:
        return None
    if row.is_bit:
        return bytes((0, data[at // 8] >> at % 8 & 1)) if at < 8 * len(data) else None
    piece = data[2 * at : 2 * (at + row.code.words)]
    return piece if len(piece) == 2 * row.code.words else None


def _same(read: Value, expected: Value) -> bool:
    if isinstance(read, bool | str) or isinstance(expected, bool | str):
        return read == expected and isinstance(read, bool) == isinstance(expected, bool)
    return math.isclose(read, expected, rel_tol=1e-6, abs_tol=1e-9)  # a float32 has 7 digits
