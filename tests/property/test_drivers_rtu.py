"""Requests against another implementation; answers: nothing that is not the answer is ever believed."""

from __future__ import annotations

import contextlib
import math

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

from drivers.bus.trust import Trust, alike
from drivers.errors import Refused, WireError
from drivers.modbus import pdu, rtu
from drivers.modbus.codec import Code, NoValue, RegisterType, WordOrder, decode, encode
from drivers.modbus.framer import Framer
from drivers.modbus.pdu import Request

UNITS = st.integers(1, 247)
WORDS = st.integers(0, 65535)
FUNCTIONS = st.sampled_from([1, 2, 3, 4])
READS = st.builds(pdu.read, UNITS, FUNCTIONS, WORDS, st.integers(1, 125))
REGISTERS = st.lists(WORDS, min_size=1, max_size=123)
COILS = st.lists(st.booleans(), min_size=1, max_size=1968)
REQUESTS = st.one_of(
    READS,
    st.builds(pdu.write_register, UNITS, WORDS, WORDS),
    st.builds(pdu.write_registers, UNITS, WORDS, REGISTERS),
    st.builds(lambda unit, address, on: pdu.write_coil(unit, address, on=on), UNITS, WORDS, st.booleans()),
    st.builds(pdu.write_coils, UNITS, WORDS, COILS),
)


def sealed(body: bytes) -> bytes:
    return body + rtu.crc16(body).to_bytes(2, "little")


def right_answer(request: Request, fill: int) -> bytes:
    """Build the answer that a sound unit gives; what it says is `fill`."""
    head = bytes([request.unit, request.function])
    if request.echo:
        return sealed(head + request.echo)
    size = request.answer_bytes - 2
    return sealed(head + bytes([size]) + bytes((fill + place) % 256 for place in range(size)))


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


CUTS = st.lists(st.integers(0, 400), max_size=12)


def fed(framer: Framer, stream: bytes, cuts: list[int]) -> None:
    """Feed a stream in pieces, then let the line pause and the time be over."""
    places = sorted({0, *(cut for cut in cuts if cut < len(stream)), len(stream)})
    for begin, end in zip(places, places[1:], strict=False):
        framer.feed(stream[begin:end])
    framer.pause()
    framer.shut()
    framer.pause()


@given(REQUESTS, st.binary(max_size=600), CUTS, st.booleans(), st.lists(REQUESTS, max_size=3))
def test_of_any_bytes_the_framer_finds_an_answer_that_is_there_or_none(
    request: Request, stream: bytes, cuts: list[int], echo: bool, pending: list[Request]
) -> None:
    framer = Framer(request, rtu.frame(request), echo=echo, pending=pending)
    fed(framer, stream, cuts)
    assert framer.over or framer.answer is not None
    if framer.answer is not None:
        assert framer.answer in stream
        with contextlib.suppress(Refused):
            rtu.check(request, framer.answer)


def quiet(noise: bytes, request: Request) -> bytes:
    """Return noise in which nothing begins as an answer or an echo does."""
    return bytes(byte for byte in noise if byte != request.unit)


@given(REQUESTS, st.integers(0, 255), st.binary(max_size=40), st.binary(max_size=40), CUTS, st.booleans(), st.booleans())
def test_an_answer_between_echo_and_noise_is_found(
    request: Request, fill: int, before: bytes, after: bytes, cuts: list[int], echo: bool, pause: bool
) -> None:
    answer = right_answer(request, fill)
    mirrors = rtu.mirrors(request)
    stream = (rtu.frame(request) if echo else b"") + quiet(before, request) + answer + after
    framer = Framer(request, rtu.frame(request), echo=echo)
    fed(framer, stream, cuts)
    assert framer.answer == answer
    assert framer.echoed is echo
    assert mirrors or framer.stray_bytes + framer.foreign_frames <= len(before)


@given(REQUESTS, REQUESTS, st.integers(0, 255), CUTS)
def test_a_frame_of_others_is_counted_and_skipped(request: Request, other: Request, fill: int, cuts: list[int]) -> None:
    if other.unit == request.unit:
        return
    framer = Framer(request, rtu.frame(request))
    fed(framer, rtu.frame(other) + right_answer(other, fill) + right_answer(request, fill), cuts)
    assert framer.answer == right_answer(request, fill)
    assert framer.foreign_frames == 2


@given(REQUESTS, REQUESTS, st.integers(0, 255), st.integers(0, 255), CUTS)
def test_an_answer_to_an_earlier_request_is_late_and_no_answer(
    request: Request, earlier: Request, fill: int, late_fill: int, cuts: list[int]
) -> None:
    earlier = pdu.request_of(request.unit, earlier.pdu)
    if alike(earlier, request):
        return
    framer = Framer(request, rtu.frame(request), pending=[earlier])
    fed(framer, right_answer(earlier, late_fill) + right_answer(request, fill), cuts)
    assert framer.answer == right_answer(request, fill)
    assert framer.late == [earlier]


@given(st.lists(REQUESTS, min_size=1, max_size=6), REQUESTS, st.lists(READS, max_size=4), st.data())
def test_a_fence_can_be_taken_for_nothing_else(
    before: list[Request], request: Request, known: list[Request], data: st.DataObject
) -> None:
    trust = Trust()
    for read in known:
        trust.answered(pdu.request_of(1, read.pdu))
    before = [pdu.request_of(1, earlier.pdu) for earlier in before]
    request = data.draw(st.sampled_from([pdu.request_of(1, request.pdu), *before]))
    for earlier in before:
        trust.unanswered(earlier, 0.0)
    assert trust.doubtful(request, 1.0) is any(alike(earlier, request) for earlier in before)
    fences = 0
    while (fence := trust.fence(request, 1.0)) is not None:
        fences += 1
        assert fence.unit == 1
        assert fence.function in {1, 2, 3, 4}
        assert not alike(fence, request)
        assert not any(alike(fence, earlier) for earlier in before)
        trust.fence_failed(fence)
    assert fences <= 2
    trust.over(1)
    assert not trust.doubtful(request, 1.0)


WHOLE: dict[RegisterType, tuple[int, int]] = {
    "bool": (0, 1),
    "u16": (0, 65535),
    "s16": (-32768, 32767),
    "u32": (0, 2**32 - 1),
    "s32": (-(2**31), 2**31 - 1),
}
ORDERS: st.SearchStrategy[WordOrder] = st.sampled_from(["ABCD", "CDAB"])


def joined(words: list[int]) -> bytes:
    return b"".join(word.to_bytes(2, "big") for word in words)


@given(st.sampled_from(sorted(WHOLE)), ORDERS, st.data())
def test_whole_numbers_come_back(type_: RegisterType, order: WordOrder, data: st.DataObject) -> None:
    value = data.draw(st.integers(*WHOLE[type_]))
    code = Code(type_, order)
    words = encode(code, value)
    assert len(words) == code.words
    assert decode(code, joined(words)) == value


@given(st.sampled_from(sorted(WHOLE)), ORDERS, st.sampled_from([0.001, 0.01, 0.1, 10.0]), st.data())
def test_scaled_numbers_come_back(type_: RegisterType, order: WordOrder, scale: float, data: st.DataObject) -> None:
    if type_ == "bool":
        return
    raw = data.draw(st.integers(*WHOLE[type_]))
    offset = data.draw(st.sampled_from([0.0, -40.0, 100.0]))
    code = Code(type_, order, scale, offset)
    words = encode(Code(type_, order), raw)
    assert encode(code, decode(code, joined(words))) == words


@given(ORDERS, st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_floats_come_back(order: WordOrder, value: float) -> None:
    code = Code("float32", order)
    assert decode(code, joined(encode(code, value))) == value


@given(st.sampled_from([*sorted(WHOLE), "float32"]), ORDERS, st.binary(min_size=4, max_size=4))
def test_any_registers_are_a_finite_value_or_none(type_: RegisterType, order: WordOrder, registers: bytes) -> None:
    code = Code(type_, order)
    with contextlib.suppress(NoValue):
        assert math.isfinite(decode(code, registers[: 2 * code.words]))


@given(st.sampled_from(sorted(WHOLE)), st.floats())
def test_what_does_not_fit_is_refused(type_: RegisterType, value: float) -> None:
    code = Code(type_)
    low, high = WHOLE[type_]
    if math.isfinite(value) and low <= round(value) <= high:
        assert decode(code, joined(encode(code, value))) == round(value)
    else:
        with pytest.raises(ValueError, match=r"fit|finite"):
            encode(code, value)


def test_error_values_are_no_values() -> None:
    with pytest.raises(NoValue, match="0x7FFF"):
        decode(Code("s16", scale=0.1, errors=(0x7FFF,)), bytes.fromhex("7FFF"))


def test_word_orders_differ() -> None:
    assert decode(Code("u32", "ABCD"), bytes.fromhex("00010000")) == 65536
    assert decode(Code("u32", "CDAB"), bytes.fromhex("00010000")) == 1


@pytest.mark.parametrize("unit", [0, 248])
def test_units_that_cannot_be_asked_are_refused_at_once(unit: int) -> None:
    with pytest.raises(ValueError, match="1 to 247"):
        pdu.read(unit, 3, 0, 1)


@pytest.mark.parametrize(("function", "count"), [(3, 0), (3, 126), (1, 2001), (5, 1)])
def test_reads_that_no_unit_can_answer_are_refused_at_once(function: int, count: int) -> None:
    with pytest.raises(ValueError, match="expected function 1 to 4"):
        pdu.read(1, function, 0, count)
