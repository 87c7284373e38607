"""One exchange on a real pty, or behind a device server on loopback: settings, silences, ports that go and come."""

from __future__ import annotations

import array
import fcntl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial

from drivers.bus import serial_wire
from drivers.bus.records import Link, RtuBus, RtuTcpBus
from drivers.bus.rtu_port import RtuPort
from drivers.bus.rtu_thread import RtuThread
from drivers.errors import BadAnswer, LinkLost, NoAnswer, Refused
from drivers.modbus import pdu, rtu
from rtu_line import Registers, RtuLine, sealed
from scripted_line import ScriptedLine
from truthful_units import TruthfulUnits

TIMEOUT_S = 0.05
READ = pdu.read(1, 3, 0, 2)
VALUES = bytes.fromhex("00 02 06 F6")


def spec(path: Path, baud: int = 19200) -> RtuBus:
    return RtuBus(id="b", port=path, link=Link(baud, "none", 2), timeout_s=TIMEOUT_S)


def sound() -> Registers:
    units = Registers(1)
    units.words.update({(1, 0): 0x0002, (1, 1): 0x06F6})
    return units


@pytest.fixture
def line(tmp_path: Path) -> Iterator[RtuLine]:
    made = RtuLine(tmp_path / "tty", sound())
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
    answer = port.exchange(READ, TIMEOUT_S)
    assert answer.data == VALUES
    assert 0 <= answer.latency_s < TIMEOUT_S
    assert port.counts.stray_bytes == 0


@pytest.mark.parametrize("wrong", [b"\x01", b"\x00" * 9, bytes(range(40))], ids=["one byte", "zeros", "counting"])
def test_what_is_not_the_answer_is_never_believed(line: RtuLine, port: RtuPort, wrong: bytes) -> None:
    line.answer = lambda _: wrong
    with pytest.raises(BadAnswer):
        port.exchange(READ, TIMEOUT_S)
    line.answer = sound()
    assert port.exchange(READ, TIMEOUT_S).data == VALUES


def test_an_exception_is_a_refusal_and_costs_no_time_out(line: RtuLine, port: RtuPort) -> None:
    port.exchange(READ, TIMEOUT_S)
    line.answer = lambda _: sealed(b"\x01\x83\x02")
    began_s = time.monotonic()
    with pytest.raises(Refused, match="illegal data address"):
        port.exchange(READ, TIMEOUT_S)
    line.answer = sound()
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
    assert port.counts.late_frames == 1


def test_a_line_that_babbles_is_a_bad_answer_in_bounded_time(line: RtuLine, port: RtuPort) -> None:
    line.babble = b"\x55" * 8
    began_s = time.monotonic()
    with pytest.raises(BadAnswer, match="does not fall silent"):
        port.exchange(READ, TIMEOUT_S)
    assert time.monotonic() - began_s < 2.0
    assert port.counts.stray_bytes > 0
    line.babble = b""
    assert port.exchange(READ, TIMEOUT_S).data == VALUES


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
    """The link of a by-id path leads to another device then."""
    port.exchange(READ, TIMEOUT_S)
    device = line.path.readlink()
    line.pull()
    with pytest.raises(LinkLost, match="tty"):
        port.exchange(READ, TIMEOUT_S)
    port.close()
    with pytest.raises(LinkLost, match="No such file"):
        port.open()
    other = RtuLine(line.path.with_name("other"), lambda _: None)
    other.plug()  # takes the number that has become free
    line.plug()
    port.open()
    assert port.exchange(READ, TIMEOUT_S).data == VALUES
    assert line.path.readlink() != device
    other.pull()


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
            assert "9600 8E1" in str(error)  # noqa: PT017 (which of the two it is depends on the system's library)
        finally:
            port.close()


def test_another_speed_is_set_without_closing_and_taken_back(line: RtuLine, port: RtuPort) -> None:
    port.exchange(READ, TIMEOUT_S)
    assert port.exchange(READ, TIMEOUT_S, Link(9600, "even", 1)).data == VALUES
    assert port.exchange(READ, TIMEOUT_S, Link(115200, "none", 1)).data == VALUES
    wire = port._wire
    assert isinstance(wire, serial_wire.SerialWire)
    assert isinstance(wire._serial, serial.Serial)
    assert (wire._serial.baudrate, wire._serial.parity, wire._serial.stopbits) == (19200, "N", 2)
    assert port.exchange(READ, TIMEOUT_S).data == VALUES


def test_writes_and_reads_by_every_function(line: RtuLine, port: RtuPort) -> None:
    line.answer = Registers(1)
    port.exchange(pdu.write_registers(1, 10, [1, 2, 3]), TIMEOUT_S)
    port.exchange(pdu.write_register(1, 13, 4), TIMEOUT_S)
    port.exchange(pdu.write_coils(1, 0, [True, False, True]), TIMEOUT_S)
    assert port.exchange(pdu.read(1, 3, 10, 4), TIMEOUT_S).data == bytes.fromhex("0001 0002 0003 0004")
    assert port.exchange(pdu.read(1, 1, 0, 3), TIMEOUT_S).data == b"\x05"
    assert port.counts.echo is False
    assert 0 <= port.use_pct() <= 100


def test_a_driver_that_cannot_turn_the_line_is_told_with_the_remedy(line: RtuLine) -> None:
    port = RtuPort(RtuBus(id="b", port=line.path, link=Link(), timeout_s=TIMEOUT_S, rs485=True))
    with pytest.raises(LinkLost, match='cannot turn an RS-485 line by itself; leave out "rs485"'):
        port.open()


def test_a_driver_that_can_is_told_to_turn_the_line(line: RtuLine, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []
    real = fcntl.ioctl

    def ioctl(descriptor: int, request: int, buffer: array.array[int], *rest: object) -> object:
        if request == 0x542E:  # TIOCGRS485
            return 0
        if request == 0x542F:  # TIOCSRS485
            told.append(buffer[0])
            return 0
        return real(descriptor, request, buffer)

    monkeypatch.setattr(fcntl, "ioctl", ioctl)
    port = RtuPort(RtuBus(id="b", port=line.path, link=Link(), timeout_s=TIMEOUT_S, rs485=True))
    port.open()
    assert port.exchange(READ, TIMEOUT_S).data == VALUES
    port.close()
    assert told == [0b011]  # enabled, RTS high while sending, low after it, deaf meanwhile


async def test_a_device_server_is_a_line_too() -> None:
    units = TruthfulUnits(1)
    line = ScriptedLine(units, None)
    line.plug()
    bus = RtuTcpBus(id="b", host="127.0.0.1", port=line.port, timeout_s=TIMEOUT_S)
    port = RtuThread(bus)
    await port.open()
    assert (await port.exchange(READ, TIMEOUT_S)).data == units.words(1, 0, 2)
    await port.exchange(pdu.write_register(1, 5, 7), TIMEOUT_S)
    with pytest.raises(ValueError, match="an address has no speed"):
        await port.exchange(READ, TIMEOUT_S, Link(2400))
    assert (await port.exchange(READ, TIMEOUT_S)).data == units.words(1, 0, 2)
    assert [entry.mark for entry in port.recorder.entries()[:2]] == [">", "<"]
    line.pull()
    with pytest.raises(LinkLost, match=r"closed by the other end|reset"):
        await port.exchange(READ, TIMEOUT_S)
    await port.close()
    with pytest.raises(LinkLost, match="refused"):
        await port.open()
    line.plug()
    await port.open()
    assert (await port.exchange(READ, TIMEOUT_S)).data == units.words(1, 0, 2)
    await port.close()
    line.pull()


def test_a_host_that_cannot_be_is_told() -> None:
    port = RtuPort(RtuTcpBus(id="b", host="a" * 300, port=4001, timeout_s=TIMEOUT_S))
    with pytest.raises(LinkLost, match="aaa:4001"):
        port.open()
