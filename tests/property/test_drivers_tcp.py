"""MBAP frames against another implementation; the stream: whatever its pieces, nothing but the answer is believed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.framer import FramerSocket
from pymodbus.pdu import DecodePDU
from pymodbus.pdu.register_message import ReadHoldingRegistersRequest, WriteMultipleRegistersRequest

from drivers.bus import TcpBus
from drivers.bus.recorder import Recorder
from drivers.bus.tcp_port import _Stream
from drivers.errors import LinkLost, WireError
from drivers.modbus import pdu, tcp
from tcp_units import framed, right

SPEC = TcpBus(id="b", host="127.0.0.1", port=502, timeout_s=1.0)
UNITS = st.integers(1, 247)
WORDS = st.integers(0, 65535)
READS = st.builds(pdu.read, UNITS, st.sampled_from([3, 4]), st.integers(0, 65000), st.integers(1, 125))
WRITES = st.builds(pdu.write_registers, UNITS, WORDS, st.lists(WORDS, min_size=1, max_size=123))
REQUESTS = st.one_of(READS, WRITES)


class Wire:
    """A transport without a wire."""

    def __init__(self) -> None:
        self.sent = b""
        self.aborted = False

    def write(self, data: bytes) -> None:
        self.sent += data

    def abort(self) -> None:
        self.aborted = True


class Asked:
    """A stream on which one request is out; `feed` is what comes."""

    def __init__(self, loop: asyncio.AbstractEventLoop, request: pdu.Request, transaction: int) -> None:
        self.stream, self.wire = _Stream(SPEC, loop, Recorder()), Wire()
        self.stream._transport = self.wire  # type: ignore[assignment]
        answer = self.stream.ask(transaction, request, 0.0, loop.time() + 1e6)
        assert answer is not None
        self._answer = answer

    def feed(self, data: bytes) -> None:
        while data and not self.wire.aborted:
            room = self.stream.get_buffer(-1)
            size = min(len(room), len(data))
            room[:size] = data[:size]
            self.stream.buffer_updated(size)
            data = data[size:]

    def answer(self) -> bytes | None:
        """Return the frame that was taken for the answer, none if none was. LinkLost."""
        if self._answer.done():
            return self._answer.result()
        self._answer.cancel()
        return None


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    made = asyncio.new_event_loop()
    yield made
    made.close()


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[begin:end] for begin, end in pairwise(places)]


@given(UNITS, WORDS, WORDS, st.lists(WORDS, min_size=1, max_size=123))
def test_frames_are_those_of_pymodbus(unit: int, transaction: int, address: int, values: list[int]) -> None:
    framer = FramerSocket(DecodePDU(is_server=True))
    read = ReadHoldingRegistersRequest(address=address, count=len(values), dev_id=unit, transaction_id=transaction)
    write = WriteMultipleRegistersRequest(address=address, registers=values, dev_id=unit, transaction_id=transaction)
    assert tcp.frame(pdu.read(unit, 3, address, len(values)), transaction) == framer.buildFrame(read)
    assert tcp.frame(pdu.write_registers(unit, address, values), transaction) == framer.buildFrame(write)


@given(st.binary(min_size=6, max_size=12))
def test_a_header_is_one_of_modbus_or_none(data: bytes) -> None:
    follow = int.from_bytes(data[4:6], "big")
    try:
        transaction, size = tcp.begin(data, 0)
    except LinkLost:
        assert data[2:4] != b"\x00\x00" or not 3 <= follow <= 254
    else:
        assert (data[2:4], transaction, size) == (b"\x00\x00", int.from_bytes(data[:2], "big"), 6 + follow)
        assert size <= tcp.LONGEST_FRAME_BYTES


OTHERS = st.lists(st.tuples(WORDS, UNITS, st.binary(min_size=2, max_size=253)), max_size=6)


@given(REQUESTS, WORDS, OTHERS, st.lists(st.integers(0, 2000), max_size=20), st.integers(0, 6))
def test_the_answer_is_found_among_others_however_the_stream_is_cut(
    loop: asyncio.AbstractEventLoop,
    request: pdu.Request,
    transaction: int,
    others: list[tuple[int, int, bytes]],
    cuts: list[int],
    place: int,
) -> None:
    asked = Asked(loop, request, transaction)
    strays = [framed(number, unit, body) for number, unit, body in others if number != transaction]
    answer = right(asked.wire.sent)
    for piece in pieces(b"".join([*strays[:place], answer, *strays[place:]]), cuts):
        asked.feed(piece)
    assert asked.answer() == answer
    assert asked.stream.stray_bytes == sum(map(len, strays))
    assert tcp.check(request, answer) == (b"" if request.echo else answer[9:])


@given(REQUESTS, WORDS, st.binary(max_size=600), st.lists(st.integers(0, 600), max_size=8))
def test_any_bytes_are_an_answer_a_wire_error_or_nothing(
    loop: asyncio.AbstractEventLoop, request: pdu.Request, transaction: int, noise: bytes, cuts: list[int]
) -> None:
    asked = Asked(loop, request, transaction)
    for piece in pieces(noise, cuts):
        asked.feed(piece)
    with contextlib.suppress(WireError):
        frame = asked.answer()
        if frame is not None:
            assert frame in noise
            tcp.check(request, frame)
            assert frame[7] == request.function
            assert frame[6] == request.unit


@given(REQUESTS, WORDS, st.data())
def test_a_changed_answer_is_not_believed(
    loop: asyncio.AbstractEventLoop, request: pdu.Request, transaction: int, data: st.DataObject
) -> None:
    """Header, unit, function, byte count and echo; what the registers say has no check of its own on TCP."""
    asked = Asked(loop, request, transaction)
    answer = bytearray(right(asked.wire.sent))
    place = data.draw(st.integers(0, len(answer) - 1 if request.echo else 8), "place")
    answer[place] ^= data.draw(st.integers(1, 255), "change")
    asked.feed(bytes(answer))
    try:
        frame = asked.answer()
    except LinkLost:
        assert asked.wire.aborted
        return
    if frame is not None:
        with pytest.raises(WireError):
            tcp.check(request, frame)
