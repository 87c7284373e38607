"""Any bytes on a line: the framer finds the answer that is there or none; fences can be taken for nothing else."""

from __future__ import annotations

import contextlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.bus.trust import Trust, alike
from drivers.errors import Refused
from drivers.modbus import pdu, rtu
from drivers.modbus.framer import Framer
from drivers.modbus.pdu import Request
from modbus_requests import READS, REQUESTS, right_answer
from rtu_line import sealed

CUTS = st.lists(st.integers(0, 400), max_size=12)


def fed(framer: Framer, stream: bytes, cuts: list[int]) -> None:
    """Feed a stream in pieces, then let the line pause and the time be over."""
    places = sorted({0, *(cut for cut in cuts if cut < len(stream)), len(stream)})
    for begin, end in pairwise(places):
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


@given(
    REQUESTS, st.integers(0, 255), st.binary(max_size=40), st.binary(max_size=40), CUTS, st.booleans(), st.booleans()
)
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


def alone(at: int, high: int, function: int, count: int) -> list[Request]:
    """Return reads at 256 addresses."""
    return [pdu.read(at, function, high << 8 | low, count) for low in range(256)]


@pytest.mark.parametrize("glitch", [b"", b"\x00", b"\x00\x00"])
@pytest.mark.parametrize("cut", [0, 1])
def test_no_echo_passes_for_an_answer_of_another_length(glitch: bytes, cut: int) -> None:
    """A sound frame stays one when zeros are added, or taken from its end: of 256 addresses there is always one."""
    reads = [read for count in (1, 2) for read in alone(1, 2 * count, 3, count)]
    writes = [
        pdu.write_registers(1, address, [0, value]) for address in range(0, 65536, 257) for value in range(0, 512, 7)
    ]
    for request in (*reads, *writes):
        sent = rtu.frame(request)
        framer = Framer(request, sent, echo=True)
        for place in range(len(sent) - cut):
            framer.feed(sent[place : place + 1])
        framer.feed(glitch)
        framer.pause()
        assert framer.answer is None


def test_an_answer_that_ends_with_a_zero_is_found_in_whatever_pieces_it_comes() -> None:
    request = pdu.read(1, 3, 0, 2)
    answers = [sealed(bytes([1, 3, 4, 0, 0, value >> 8, value & 0xFF])) for value in range(0, 65536, 7)]
    for answer in [answer for answer in answers if answer[-1] == 0]:
        for cut in range(1, len(answer)):
            framer = Framer(request, rtu.frame(request))
            framer.feed(answer[:cut])
            assert framer.feed(answer[cut:])
            assert framer.answer == answer
