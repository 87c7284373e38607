"""Check frames of the makers' documents against our requests and answers. Those of one product stand in its profile."""

from __future__ import annotations

import pytest

from drivers.errors import BadAnswer, Refused
from drivers.modbus import pdu, rtu
from drivers.modbus.pdu import Request


@pytest.mark.parametrize(
    ("request_", "frame"),
    [
        (pdu.write_register(1, 0, 1000), "01 06 00 00 03 E8 89 74"),
        (pdu.write_register(1, 1, 5000), "01 06 00 01 13 88 D5 5C"),
        (pdu.read(1, 3, 0, 8), "01 03 00 00 00 08 44 0C"),
        (pdu.write_registers(1, 2, [2000] * 3), "01 10 00 02 00 03 06 07 D0 07 D0 07 D0 84 0E"),
        (pdu.write_registers(1, 0, [1000] * 8), "01 10 00 00 00 08 10" + " 03 E8" * 8 + " 3C 05"),
        (pdu.read(1, 4, 0, 2), "01 04 00 00 00 02 71 CB"),
        (pdu.read(1, 3, 7, 2), "01 03 00 07 00 02 75 CA"),
        (pdu.read(10, 4, 0, 2), "0A 04 00 00 00 02 70 B0"),
        (pdu.read(1, 3, 0x15, 1), "01 03 00 15 00 01 95 CE"),
        (pdu.read(1, 3, 0, 3), "01 03 00 00 00 03 05 CB"),
        (pdu.read(1, 3, 0, 4), "01 03 00 00 00 04 44 09"),
        (pdu.read(1, 3, 4, 1), "01 03 00 04 00 01 C5 CB"),
        (pdu.read(1, 3, 0x03F4, 1), "01 03 03 F4 00 01 C5 BC"),
        (pdu.read(1, 3, 0x07D4, 1), "01 03 07 D4 00 01 C5 46"),
        (pdu.read(0x50, 3, 0x34, 1), "50 03 00 34 00 01 C8 45"),
        (pdu.read(0x50, 3, 0x3A, 3), "50 03 00 3A 00 03 28 47"),
        (pdu.write_register(0x50, 0x69, 0xB588), "50 06 00 69 B5 88 22 A1"),
        (pdu.write_register(0x50, 0x1A, 2), "50 06 00 1A 00 02 24 4D"),
        (pdu.write_register(0x50, 0, 0), "50 06 00 00 00 00 84 4B"),
        (pdu.read(2, 3, 0, 1), "02 03 00 00 00 01 84 39"),
        (pdu.write_coil(1, 0, on=True), "01 05 00 00 FF 00 8C 3A"),
        (pdu.write_coil(1, 0, on=False), "01 05 00 00 00 00 CD CA"),
        (pdu.write_coil(1, 7, on=True), "01 05 00 07 FF 00 3D FB"),
        (pdu.write_coil(1, 0xFF, on=True), "01 05 00 FF FF 00 BC 0A"),
        (pdu.read(1, 1, 0, 8), "01 01 00 00 00 08 3D CC"),
    ],
)
def test_requests_are_the_printed_frames(request_: Request, frame: str) -> None:
    assert rtu.frame(request_) == bytes.fromhex(frame)


@pytest.mark.parametrize(
    ("request_", "answer", "data"),
    [
        (pdu.read(1, 4, 0, 2), "01 04 04 43 66 33 34 1B 38", "43 66 33 34"),
        (pdu.read(1, 3, 7, 2), "01 03 04 00 02 06 F6 D8 15", "00 02 06 F6"),
        (pdu.read(10, 4, 1, 1), "0A 04 02 01 35 DD 76", "01 35"),  # 309 lx, in the low register alone
        (pdu.read(1, 3, 0x8000, 1), "01 03 02 00 64 B9 AF", "00 64"),
        (pdu.read(1, 3, 0, 8), "01 03 10" + " 03 E8" * 8 + " C1 91", "03 E8" * 8),
        (pdu.write_registers(1, 0, [1000] * 8), "01 10 00 00 00 08 C1 CF", ""),
        (pdu.write_register(1, 0, 1000), "01 06 00 00 03 E8 89 74", ""),
    ],
)
def test_printed_answers_are_believed(request_: Request, answer: str, data: str) -> None:
    assert rtu.check(request_, bytes.fromhex(answer)) == bytes.fromhex(data)


def test_a_printed_exception_is_a_refusal() -> None:
    with pytest.raises(Refused, match="exception 3: illegal data value") as caught:
        rtu.check(pdu.write_coil(1, 0, on=True), bytes.fromhex("01 85 03 02 91"))
    assert caught.value.code == 3


@pytest.mark.parametrize(
    ("request_", "answer", "crc"),
    [
        (pdu.read(1, 3, 0x12, 1), "01 03 02 01 34 B8 15", "B8 03"),
        (pdu.read(1, 3, 0x1E, 3), "01 03 06 00 20 00 25 00 30 B8 15", "B1 6D"),
        (pdu.read(1, 3, 0x1E, 1), "01 03 02 00 20 5A 3D", "B9 9C"),
        (pdu.read(2, 3, 0, 1), "02 03 02 00 8A FD A0", "7D E3"),
        (pdu.read(1, 4, 0, 2), "01 04 04 FF FF FC 18 D6 41", "BA AA"),
    ],
)
def test_answers_that_are_printed_with_a_wrong_crc_are_not_believed(request_: Request, answer: str, crc: str) -> None:
    with pytest.raises(BadAnswer, match="CRC"):
        rtu.check(request_, bytes.fromhex(answer))
    right = bytes.fromhex(answer)[:-2] + bytes.fromhex(crc)
    assert rtu.check(request_, right) == right[3:-2]


@pytest.mark.parametrize(
    ("request_", "printed", "ours"),
    [
        (pdu.read(1, 3, 0x12, 2), "01 03 00 12 00 02 65 CB", "64 0E"),
        (pdu.read(1, 3, 0x12, 1), "01 03 00 12 00 01 25 CA", "24 0F"),
        (pdu.read(1, 3, 0x1E, 3), "01 03 00 1E 00 03 34 0D", "65 CD"),
        (pdu.read(20, 4, 0, 32), "14 04 00 00 00 20 F3 06", "F3 17"),
    ],
)
def test_requests_that_are_printed_with_a_wrong_crc_are_sent_with_the_right_one(
    request_: Request, printed: str, ours: str
) -> None:
    frame = rtu.frame(request_)
    assert frame[:-2] == bytes.fromhex(printed)[:-2]
    assert frame[-2:] == bytes.fromhex(ours)


def test_an_answer_whose_byte_count_says_half_of_what_comes_is_not_believed() -> None:
    """A wiki prints 12 bytes where it carries 24, with a wrong CRC besides."""
    request = pdu.read(10, 4, 8, 12)
    body = bytes.fromhex("0A 04 0C") + bytes(22) + bytes.fromhex("02 10")
    for tail in (bytes.fromhex("BC 78"), rtu.crc16(body).to_bytes(2, "little")):
        with pytest.raises(BadAnswer):
            rtu.check(request, body + tail)
