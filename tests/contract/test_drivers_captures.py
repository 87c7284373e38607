"""Recorded Modbus TCP traffic of others: their requests are ours, their answers read as another library reads them."""

from __future__ import annotations

from collections import Counter, deque

import msgspec
import pytest
from pymodbus.framer import FramerSocket
from pymodbus.pdu import DecodePDU, ExceptionResponse
from pymodbus.pdu.pdu import ModbusPDU

from drivers.errors import BadAnswer, LinkLost, Refused
from drivers.modbus import pdu, tcp
from drivers.modbus.pdu import Request
from modbus_captures import FOLDER, segments

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason=f"no recorded traffic at {FOLDER}; GADELYS_DATA names the folder that holds modbus-tcp"
)

BITS = {1, 2}
REGISTERS = {3, 4}
THEIR_ANSWERS = DecodePDU(is_server=False)


class Talk(msgspec.Struct):
    """What came of a capture: pairs of request and answer, and what was no frame, no request of ours, or unanswered."""

    pairs: list[tuple[Request, int, bytes]]
    no_frames: int = 0
    others: int = 0
    unasked: int = 0


def frames(name: str, talk: Talk) -> list[tuple[tuple[str, str], bool, bytes]]:
    """Cut a capture's streams into frames; a stream whose bytes are no frames is cut off there, as a connection is."""
    streams: dict[tuple[str, str], bytearray] = {}
    found = []
    for segment in segments(name):
        stream = streams.setdefault(segment.way, bytearray())
        stream += segment.payload
        try:
            while len(stream) >= tcp.HEADER_BYTES:
                _, size = tcp.begin(stream, 0)
                if len(stream) < size:
                    break
                found.append((segment.way, segment.request, bytes(stream[:size])))
                del stream[:size]
        except LinkLost:
            talk.no_frames += 1
            stream.clear()
    return found


def talk(name: str) -> Talk:
    """Pair each answer with its request by way, transaction and unit, as the pipelined ones need."""
    told = Talk([])
    asked: dict[tuple[tuple[str, str], int], deque[Request]] = {}
    for way, is_request, frame in frames(name, told):
        transaction = int.from_bytes(frame[:2], "big")
        if is_request:
            try:
                request = pdu.request_of(frame[6], frame[7:])
            except ValueError:
                told.others += 1
                continue
            assert tcp.frame(request, transaction) == frame
            asked.setdefault((way, transaction), deque()).append(request)
        elif waiting := asked.get(((way[1], way[0]), transaction)):
            told.pairs.append((waiting.popleft(), transaction, frame))
        else:
            told.unasked += 1
    return told


def theirs(frame: bytes) -> ModbusPDU:
    used, device, transaction, data = FramerSocket(THEIR_ANSWERS).decode(frame)
    assert (used, device, transaction) == (len(frame), frame[6], int.from_bytes(frame[:2], "big"))
    decoded = THEIR_ANSWERS.decode(data)
    assert decoded is not None
    return decoded


def same(request: Request, frame: bytes) -> str:
    """Hold our judgement of an answer against theirs; return what it was."""
    other = theirs(frame)
    try:
        data = tcp.check(request, frame)
    except Refused as refused:
        code = refused.code
    else:
        return read_alike(request, data, other)
    assert isinstance(other, ExceptionResponse)
    assert other.exception_code == code
    return "refused"


def read_alike(request: Request, data: bytes, other: ModbusPDU) -> str:
    if request.function in REGISTERS:
        assert [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)] == other.registers
        return "registers"
    if request.function in BITS:
        bits = [bool(data[place // 8] >> place % 8 & 1) for place in range(8 * len(data))]
        assert bits == other.bits[: len(bits)]
        return "bits"
    assert data == b""
    return "written"


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("plant-polling", {"registers": 1050, "written": 60}),
        ("pipelined-io-scan", {"registers": 2700, "bits": 3000, "written": 2100}),
        ("coil-writes", {"bits": 8, "written": 8}),
    ],
)
def test_requests_are_ours_and_answers_read_as_pymodbus_reads_them(name: str, least: dict[str, int]) -> None:
    told = talk(name)
    kinds = Counter(same(request, frame) for request, _, frame in told.pairs)
    assert all(kinds[kind] >= count for kind, count in least.items()), kinds
    assert set(kinds) <= set(least)


def test_exceptions_are_refusals_with_the_same_code() -> None:
    told = talk("diagnostics-and-exceptions")
    kinds = Counter(same(request, frame) for request, _, frame in told.pairs)
    assert sum(kinds.values()) >= 5
    assert told.others > 0  # diagnostics, which we do not ask


def test_what_is_malformed_is_never_believed() -> None:
    told = talk("malformed-a")
    assert told.no_frames + told.others > 0
    believed = 0
    for request, _, frame in told.pairs:
        try:
            same(request, frame)
            believed += 1
        except BadAnswer:
            continue
    assert believed <= len(told.pairs)
    # Whatever was asked: no answer of this capture passes for one to a read of ours.
    ours = [pdu.read(unit, function, 0, count) for unit in (1, 255) for function in (1, 3, 4) for count in (1, 2, 10)]
    for _, is_request, frame in frames("malformed-a", Talk([])):
        for request in ours if not is_request else ():
            with pytest.raises((BadAnswer, Refused)):
                tcp.check(request, frame)
