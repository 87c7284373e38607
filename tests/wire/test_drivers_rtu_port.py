"""One exchange on a real pty, and everything that can come instead of the answer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.bus.records import Link, RtuBus
from drivers.bus.rtu_port import RtuPort
from drivers.errors import BadAnswer, LinkLost, NoAnswer, Refused
from drivers.modbus import pdu, rtu
from rtu_line import Registers, RtuLine, sealed

TIMEOUT_S = 0.05
READ = pdu.read(1, 3, 0, 2)
RIGHT = sealed(bytes.fromhex("01 03 04 00 02 06 F6"))


def spec(path: Path, baud: int = 19200) -> RtuBus:
    return RtuBus(id="b", port=path, link=Link(baud, "none", 2), timeout_s=TIMEOUT_S)


@pytest.fixture
def line(tmp_path: Path) -> Iterator[RtuLine]:
    made = RtuLine(tmp_path / "tty", lambda _: RIGHT)
    made.plug()
    yield made
    made.pull()


@pytest.fixture
def port(line: RtuLine) -> Iterator[RtuPort]:
    made = RtuPort(spec(line.path))
    made.open()
    yield made
    made.close()


def test_a_right_answer(port: RtuPort) -> None:
    assert port.exchange(READ, TIMEOUT_S).data == bytes.fromhex("00 02 06 F6")
    assert port.counts.stray_bytes == 0


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (RIGHT[:-1], "expected 9 bytes, 8 came"),
        (RIGHT[:1], "expected 9 bytes, 1 came"),
        (RIGHT[:-1] + b"\x00", "CRC"),
        (b"\x00" * 9, "expected an answer, 9 bytes"),
        (bytes(range(40)), "expected an answer, 40 bytes"),
        (sealed(b"\x02" + RIGHT[1:-2]), "unit 1, unit 2 answered"),
        (sealed(b"\x01\x04" + RIGHT[2:-2]), "function 3, one to 4"),
        (sealed(b"\x01\x03\x02" + RIGHT[3:-2]), "CRC of 9 bytes"),
    ],
)
def test_what_is_not_the_answer_is_never_believed(line: RtuLine, port: RtuPort, wrong: bytes, said: str) -> None:
    line.answer = lambda _: wrong
    with pytest.raises(BadAnswer, match=said):
        port.exchange(READ, TIMEOUT_S)
    line.answer = units = Registers(1)  # from now on truthful: a fence is asked before the next answer is believed
    first = int.from_bytes(READ.pdu[1:3], "big")
    units.words = {(1, first): 0x0002, (1, first + 1): 0x06F6}
    assert port.exchange(READ, TIMEOUT_S).data == RIGHT[3:-2]


@pytest.mark.parametrize(
    "request_", [pdu.write_register(1, 5, 7), pdu.write_registers(1, 5, [7, 8]), pdu.write_coils(1, 5, [True, False])]
)
def test_a_wrong_echo_is_no_acknowledgement(line: RtuLine, port: RtuPort, request_: pdu.Request) -> None:
    line.answer = lambda frame: sealed(frame[:5] + bytes([frame[5] ^ 1]))
    with pytest.raises(BadAnswer, match="expected the echo"):
        port.exchange(request_, TIMEOUT_S)


def test_an_exception_is_a_refusal_and_costs_no_time_out(line: RtuLine, port: RtuPort) -> None:
    port.exchange(READ, TIMEOUT_S)
    line.answer = lambda _: sealed(b"\x01\x83\x02")
    began_s = time.monotonic()
    with pytest.raises(Refused, match="illegal data address"):
        port.exchange(READ, TIMEOUT_S)
    line.answer = lambda _: RIGHT
    port.exchange(READ, TIMEOUT_S)
    assert time.monotonic() - began_s < TIMEOUT_S


def test_silence_is_told_after_the_time_out(line: RtuLine, port: RtuPort) -> None:
    port.exchange(READ, TIMEOUT_S)
    line.answer = lambda _: None
    began_s = time.monotonic()
    with pytest.raises(NoAnswer, match="within 50 ms"):
        port.exchange(READ, TIMEOUT_S)
    assert time.monotonic() - began_s >= TIMEOUT_S


def test_a_late_answer_is_never_taken_for_the_next_one(line: RtuLine, port: RtuPort) -> None:
    """One answer comes after the time-out; each of the 50 reads that follow gives its own register."""
    asked = 0

    def answer(frame: bytes) -> bytes | None:
        nonlocal asked
        asked += 1
        told = sealed(b"\x01\x03\x04" + frame[2:4] + frame[2:4])
        if asked == 1:
            line.later(1.5 * TIMEOUT_S, told)
            return None
        return told

    line.answer = answer
    with pytest.raises(NoAnswer):
        port.exchange(pdu.read(1, 3, 1000, 2), TIMEOUT_S)
    for register in range(50):
        assert port.exchange(pdu.read(1, 3, register, 2), TIMEOUT_S).data == 2 * register.to_bytes(2, "big")
    assert (port.counts.late_frames, port.counts.stray_bytes) == (1, 0)


def test_an_answer_in_pieces_is_one_answer(line: RtuLine, port: RtuPort) -> None:
    def answer(_: bytes) -> bytes:
        line.later(0.01, RIGHT[3:7])
        line.later(0.02, RIGHT[7:])
        return RIGHT[:3]

    line.answer = answer
    assert port.exchange(READ, TIMEOUT_S).data == RIGHT[3:-2]


def test_a_line_that_babbles_is_a_bad_answer_in_bounded_time(line: RtuLine, port: RtuPort) -> None:
    line.babble = b"\x55" * 8
    began_s = time.monotonic()
    with pytest.raises(BadAnswer, match="does not fall silent"):
        port.exchange(READ, TIMEOUT_S)
    assert time.monotonic() - began_s < 2.0
    assert port.counts.stray_bytes > 0
    line.babble = b""
    assert port.exchange(READ, TIMEOUT_S).data == RIGHT[3:-2]


@pytest.mark.parametrize("baud", [9600, 19200, 115200])
def test_the_line_is_silent_between_frames_as_long_as_the_standard_asks(line: RtuLine, baud: int) -> None:
    bus = spec(line.path, baud)
    port = RtuPort(bus)
    port.open()
    for _ in range(20):
        port.exchange(READ, TIMEOUT_S)
    port.close()
    gaps_s = [asked - told for told, (asked, _) in zip(line.sent_s, line.frames[1:], strict=False)]
    # The other end notes its own sending a little after we have read it.
    assert min(gaps_s) > bus.link.silence_s - 0.0005
    # A pty answers before our characters would have left a wire; the port reckons with them.
    assert sorted(gaps_s)[len(gaps_s) // 2] < len(rtu.frame(READ)) * bus.link.char_s + bus.link.silence_s + 0.002


def test_a_port_that_is_pulled_and_comes_back(line: RtuLine, port: RtuPort) -> None:
    port.exchange(READ, TIMEOUT_S)
    line.pull()
    with pytest.raises(LinkLost, match="tty"):
        port.exchange(READ, TIMEOUT_S)
    port.close()
    with pytest.raises(LinkLost, match="No such file"):
        port.open()
    line.plug()
    port.open()
    assert port.exchange(READ, TIMEOUT_S).data == RIGHT[3:-2]


def test_a_port_that_somebody_else_holds_is_refused(line: RtuLine, port: RtuPort) -> None:
    other = RtuPort(spec(line.path))
    with pytest.raises(LinkLost, match="tty"):
        other.open()
    port.exchange(READ, TIMEOUT_S)


def test_a_setting_that_the_port_does_not_take_is_told(line: RtuLine) -> None:
    even = RtuBus(id="b", port=line.path, link=Link(9600, "even", 1), timeout_s=TIMEOUT_S)
    for _ in range(2):  # a pseudo-terminal takes it together with a new speed, and refuses it alone
        port = RtuPort(even)
        try:
            port.open()
        except LinkLost as error:
            assert "8E1" in str(error)  # noqa: PT017 (which of the two it is depends on the system's library)
        finally:
            port.close()


def test_writes_and_reads_by_every_function(line: RtuLine, port: RtuPort) -> None:
    line.answer = Registers(1)
    port.exchange(pdu.write_registers(1, 10, [1, 2, 3]), TIMEOUT_S)
    port.exchange(pdu.write_register(1, 13, 4), TIMEOUT_S)
    port.exchange(pdu.write_coils(1, 0, [True, False, True]), TIMEOUT_S)
    assert port.exchange(pdu.read(1, 3, 10, 4), TIMEOUT_S).data == bytes.fromhex("0001 0002 0003 0004")
    assert port.exchange(pdu.read(1, 1, 0, 3), TIMEOUT_S).data == b"\x05"
    assert 0 <= port.use_pct() <= 100
