"""The simulated units against check frames from makers' documents and captures, byte for byte."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest

from firmware_sim import modbus
from firmware_sim.units import JxctLux, Mtdx62, Sdm230, Unit, WaveshareAo8B, WbMao4


def frame(text: str) -> bytes:
    return bytes.fromhex(text)


def asked(unit: Unit, request: bytes, now_s: float = 100.0) -> bytes | None:
    """What the unit puts on the line for a whole frame."""
    opened = modbus.unseal(request)
    assert opened is not None, "the request's own check bytes are wrong"
    address, pdu = opened
    assert address == unit.address
    answer = unit.answer(pdu, now_s)
    return None if answer is None else modbus.seal(address, answer)


def lux_head() -> Unit:
    head = JxctLux(1)
    head.lux = 132854
    return head


def meter() -> Unit:
    unit = Sdm230(1)
    unit.set(60.0, struct.unpack(">f", bytes.fromhex("43663334"))[0], 0.0)
    return unit


def dimmer_at_1_v() -> Unit:
    unit = WaveshareAo8B(1)
    unit.answer(frame("10 0000 0008 10" + "03E8" * 8), 0.0)
    return unit


@pytest.mark.parametrize(
    ("unit", "request_text", "answer_text"),
    [
        (lambda: WaveshareAo8B(1), "01 06 00 00 03 E8 89 74", "01 06 00 00 03 E8 89 74"),
        (lambda: WaveshareAo8B(1), "01 06 00 01 13 88 D5 5C", "01 06 00 01 13 88 D5 5C"),
        (dimmer_at_1_v, "01 03 00 00 00 08 44 0C", "01 03 10" + "03 E8" * 8 + "C1 91"),
        (lambda: WaveshareAo8B(1), "01 10 00 00 00 08 10" + "03 E8" * 8 + "3C 05", "01 10 00 00 00 08 C1 CF"),
        (lambda: WaveshareAo8B(1), "01 03 80 00 00 01 AD CA", "01 03 02 00 64 B9 AF"),
        (meter, "01 04 00 00 00 02 71 CB", "01 04 04 43 66 33 34 1B 38"),
        (lux_head, "01 03 00 07 00 02 75 CA", "01 03 04 00 02 06 F6 D8 15"),
    ],
)
def test_check_frames(unit: Callable[[], Unit], request_text: str, answer_text: str) -> None:
    assert asked(unit(), frame(request_text)) == frame(answer_text)


def test_waveshare_writes_a_block_in_the_middle() -> None:
    unit = WaveshareAo8B(1)
    assert asked(unit, frame("01 10 00 02 00 03 06 07 D0 07 D0 07 D0 84 0E")) is not None
    assert [output.fraction for output in unit.outputs(0.0)] == [0.002, 0.002, 0.2, 0.2, 0.2, 0.002, 0.002, 0.002]


def test_an_exception_frame() -> None:
    assert modbus.seal(1, bytes([0x85, 3])) == frame("01 85 03 02 91")


@pytest.mark.parametrize(
    ("printed", "right"),
    [
        ("01 03 00 12 00 02 65 CB", "64 0E"),
        ("01 03 00 12 00 01 25 CA", "24 0F"),
        ("01 03 00 1E 00 03 34 0D", "65 CD"),
        ("01 03 02 01 34 B8 15", "B8 03"),
        ("01 04 04 FF FF FC 18 D6 41", "BA AA"),
        ("02 03 02 00 8A FD A0", "7D E3"),
    ],
)
def test_frames_that_makers_printed_with_wrong_check_bytes(printed: str, right: str) -> None:
    assert modbus.unseal(frame(printed)) is None
    assert modbus.unseal(frame(printed)[:-2] + frame(right)) is not None


@pytest.mark.parametrize(
    ("unit", "pdu", "answer"),
    [
        # a write to a read-only register, past the end, out of range, of an unknown function
        (WaveshareAo8B(1), "06 8000 0001", "86 02"),
        (WaveshareAo8B(1), "03 0007 0002", "83 02"),
        (WaveshareAo8B(1), "06 0000 2711", "86 03"),
        (WaveshareAo8B(1), "04 0000 0001", "84 01"),
        (Sdm230(1), "03 0000 0002", "83 01"),
        (Sdm230(1), "04 0050 0002", "84 02"),
        (JxctLux(1), "06 0007 0001", "86 02"),
        (WbMao4(1), "06 005A 0001", "86 02"),
        (WbMao4(1), "06 0008 0000", "86 03"),
        (WbMao4(1), "06 0288 0004", "86 03"),
        (WbMao4(1), "05 0010 1234", "85 03"),
        (WbMao4(1), "03 0010 0000", "83 03"),
        (Mtdx62(1), "06 0003 0004", "86 03"),
        (Mtdx62(1), "04 0000 0005", "84 02"),
    ],
)
def test_refusals(unit: Unit, pdu: str, answer: str) -> None:
    assert unit.answer(frame(pdu), 1.0) == frame(answer)


def test_a_block_that_is_refused_changes_nothing() -> None:
    unit = WaveshareAo8B(1)
    assert unit.answer(frame("10 0000 0002 04 03E8 FFFF"), 1.0) == frame("90 03")
    assert unit.outputs(1.0)[0].state == "power-up"


def test_mtdx62_registers() -> None:
    unit = Mtdx62(31)
    unit.lux, unit.distance_m = 12.3, 4.56
    unit.movement(10.0)
    assert unit.answer(frame("04 0000 0004"), 10.2) == frame("04 08 0001 007B 01C8 0001")
    assert unit.answer(frame("04 0000 0004"), 15.0) == frame("04 08 0000 007B 0000 0001")
    assert unit.answer(frame("03 0002 0002"), 15.0) == frame("03 04 000A 0005")


def test_wb_mao4_factory_values() -> None:
    unit = WbMao4(11)
    assert unit.answer(frame("03 0008 0003"), 1.0) == frame("03 06 000A 0018 0001")
    assert unit.answer(frame("03 006E 0001"), 1.0) == frame("03 02 0060")
    assert unit.answer(frame("03 00C8 0006"), 1.0) == frame("03 0C 0057 0042 004D 0041 004F 0034")
    assert unit.answer(frame("03 0288 0004"), 1.0) == frame("03 08" + "0000" * 4)
    assert unit.answer(frame("03 0290 0004"), 1.0) == frame("03 08" + "0032" * 4)
    assert unit.answer(frame("03 0390 0004"), 1.0) == frame("03 08" + "0064" * 4)
    assert unit.answer(frame("03 03A0 0004"), 1.0) == frame("03 08" + "2710" * 4)
    assert unit.answer(frame("03 03B0 0004"), 1.0) == frame("03 08" + "0014" * 4)
    assert unit.answer(frame("03 03C0 0004"), 1.0) == frame("03 08" + "0014" * 4)
