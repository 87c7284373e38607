"""Each check frame of a profile, against our requests, our belief in answers and the rows of the profile."""

from __future__ import annotations

import pytest

from drivers.modbus import pdu, rtu
from drivers.modbus.codec import decode
from drivers.modbus.pdu import Request
from drivers.points import Value
from drivers.profile import Check, Row, load_profile, profile_names

SPACES = {"coil": pdu.READ_COILS, "discrete": pdu.READ_DISCRETE, "holding": pdu.READ_HOLDING, "input": pdu.READ_INPUT}
CHECKS = [pytest.param(name, check, id=f"{name}: {check.request[:17]}") for name in profile_names() for check in load_profile(name).check]
ANSWERED = [param for param in CHECKS if param.values[1].reply]
READING = [param for param in CHECKS if param.values[1].values]


def asked(check: Check) -> Request:
    frame = bytes.fromhex(check.request)
    return pdu.request_of(frame[0], frame[1:-2])


def registers_of(row: Row, request: Request, data: bytes) -> bytes:
    """Cut a row out of an answer's data; the row must be in it whole."""
    assert SPACES[row.space] == request.function
    first = int.from_bytes(request.pdu[1:3], "big")
    at = 2 * (row.address - first)
    piece = data[at : at + 2 * row.code.words] if at >= 0 else b""
    assert len(piece) == 2 * row.code.words, f"{row.point} is not in the answer"
    return piece


@pytest.mark.parametrize(("name", "check"), CHECKS)
def test_we_send_the_request_byte_for_byte(name: str, check: Check) -> None:
    assert rtu.frame(asked(check)).hex(" ").upper() == check.request


@pytest.mark.parametrize(("name", "check"), ANSWERED)
def test_the_answer_is_believed_and_with_any_bit_turned_it_is_not(name: str, check: Check) -> None:
    reply = bytes.fromhex(check.reply)
    rtu.check(asked(check), reply)
    for bit in range(8 * len(reply)):
        turned = bytearray(reply)
        turned[bit // 8] ^= 1 << bit % 8
        with pytest.raises(rtu.WireError):
            rtu.check(asked(check), bytes(turned))


@pytest.mark.parametrize(("name", "check"), READING)
def test_the_rows_of_the_profile_read_it_as_it_is_printed(name: str, check: Check) -> None:
    data = rtu.check(asked(check), bytes.fromhex(check.reply))
    rows = {row.point: row for row in load_profile(name).points}
    read: dict[str, Value] = {key: decode(rows[key].code, registers_of(rows[key], asked(check), data)) for key in check.values}
    for key, expected in check.values.items():
        assert read[key] == (expected if isinstance(expected, str) else pytest.approx(expected, rel=1e-6, abs=1e-9)), key
