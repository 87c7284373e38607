"""Requests against another implementation; answers: nothing that is not the answer is ever believed."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU, ModbusPDU
from pymodbus.pdu.bit_message import (
    ReadCoilsRequest,
    ReadDiscreteInputsRequest,
    WriteMultipleCoilsRequest,
    WriteSingleCoilRequest,
)
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadInputRegistersRequest,
    WriteMultipleRegistersRequest,
    WriteSingleRegisterRequest,
)

from drivers.errors import WireError
from drivers.modbus import pdu, rtu
from drivers.modbus.pdu import Request
from modbus_requests import COILS, FUNCTIONS, REGISTERS, REQUESTS, UNITS, WORDS, right_answer
from rtu_line import sealed


def theirs(request: ModbusPDU) -> bytes:
    return FramerRTU(DecodePDU(is_server=True)).buildFrame(request)


@given(UNITS, FUNCTIONS, WORDS, st.integers(1, 125))
def test_reads_are_those_of_pymodbus(unit: int, function: int, address: int, count: int) -> None:
    kinds = (ReadCoilsRequest, ReadDiscreteInputsRequest, ReadHoldingRegistersRequest, ReadInputRegistersRequest)
    other = kinds[function - 1](address=address, count=count, dev_id=unit)
    assert rtu.frame(pdu.read(unit, function, address, count)) == theirs(other)


@given(UNITS, WORDS, REGISTERS)
def test_register_writes_are_those_of_pymodbus(unit: int, address: int, values: list[int]) -> None:
    one = WriteSingleRegisterRequest(address=address, registers=values[:1], dev_id=unit)
    many = WriteMultipleRegistersRequest(address=address, registers=values, dev_id=unit)
    assert rtu.frame(pdu.write_register(unit, address, values[0])) == theirs(one)
    assert rtu.frame(pdu.write_registers(unit, address, values)) == theirs(many)


@given(UNITS, WORDS, COILS)
def test_coil_writes_are_those_of_pymodbus(unit: int, address: int, states: list[bool]) -> None:
    one = WriteSingleCoilRequest(address=address, bits=states[:1], dev_id=unit)
    many = WriteMultipleCoilsRequest(address=address, bits=list(states), dev_id=unit)
    assert rtu.frame(pdu.write_coil(unit, address, on=states[0])) == theirs(one)
    assert rtu.frame(pdu.write_coils(unit, address, states)) == theirs(many)


@given(REQUESTS, st.integers(0, 255))
def test_the_right_answer_is_believed_and_has_the_length_that_was_foretold(request: Request, fill: int) -> None:
    answer = right_answer(request, fill)
    assert {rtu.answer_bytes(request, answer[:size]) for size in range(len(answer))} == {len(answer)}
    assert rtu.check(request, answer) == (b"" if request.echo else answer[3:-2])


@given(REQUESTS, st.binary(max_size=300))
def test_any_bytes_are_an_answer_or_a_wire_error(request: Request, noise: bytes) -> None:
    assert 5 <= rtu.answer_bytes(request, noise) <= 256
    with contextlib.suppress(WireError):
        rtu.check(request, noise)


@given(REQUESTS, st.integers(0, 255), st.data())
def test_a_changed_answer_is_not_believed(request: Request, fill: int, data: st.DataObject) -> None:
    answer = bytearray(right_answer(request, fill))
    for _ in range(data.draw(st.integers(1, 3), "changes")):
        place = data.draw(st.integers(0, len(answer) - 1), "place")
        answer[place] ^= data.draw(st.integers(1, 255), "change")
    try:
        got = rtu.check(request, bytes(answer))
    except WireError:
        return
    # Three bytes may differ and the CRC agree, once in 65536; then it is an answer, and says what it says.
    assert bytes(answer[:2]) == right_answer(request, fill)[:2]
    assert got == (b"" if request.echo else bytes(answer[3:-2]))


@given(REQUESTS, st.integers(0, 255), st.data())
def test_an_answer_to_another_request_is_not_believed(request: Request, fill: int, data: st.DataObject) -> None:
    body = bytearray(right_answer(request, fill)[:-2])
    last = len(body) - 1 if request.echo else 2  # unit, function and byte count; a write's echo as well
    place = data.draw(st.integers(0, last), "place")
    body[place] ^= data.draw(st.integers(1, 255), "change")
    with pytest.raises(WireError):
        rtu.check(request, sealed(bytes(body)))


@given(REQUESTS, st.integers(0, 255), st.data())
def test_an_answer_that_is_too_short_or_too_long_is_not_believed(
    request: Request, fill: int, data: st.DataObject
) -> None:
    body = right_answer(request, fill)[:-2]
    shorter = body[: data.draw(st.integers(0, len(body) - 1), "size")]
    longer = body + data.draw(st.binary(min_size=1, max_size=20), "tail")
    for wrong in (shorter, longer):
        with pytest.raises(WireError):
            rtu.check(request, sealed(wrong))


@pytest.mark.parametrize("unit", [0, 248])
def test_units_that_cannot_be_asked_are_refused_at_once(unit: int) -> None:
    with pytest.raises(ValueError, match="1 to 247"):
        pdu.read(unit, 3, 0, 1)


@pytest.mark.parametrize(("function", "count"), [(3, 0), (3, 126), (1, 2001), (5, 1)])
def test_reads_that_no_unit_can_answer_are_refused_at_once(function: int, count: int) -> None:
    with pytest.raises(ValueError, match="expected function 1 to 4"):
        pdu.read(1, function, 0, count)
