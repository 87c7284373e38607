"""Modbus RTU frames: unit, PDU and CRC. Pure.

Source: Modbus over Serial Line V1.02 (frame, CRC).
"""

from __future__ import annotations

from drivers.errors import BadAnswer
from drivers.modbus import pdu
from drivers.modbus.pdu import Request

_AROUND_BYTES = 3  # unit and CRC
SHORTEST_ANSWER_BYTES = pdu.SHORTEST_ANSWER_BYTES + _AROUND_BYTES


def _table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
        table.append(crc)
    return tuple(table)


_CRC = _table()


def crc16(data: bytes) -> int:
    """Return the CRC-16 of Modbus (polynomial 0xA001 reflected, start 0xFFFF)."""
    crc = 0xFFFF
    for byte in data:
        crc = crc >> 8 ^ _CRC[(crc ^ byte) & 0xFF]
    return crc


def frame(request: Request) -> bytes:
    """Return the frame that carries a request."""
    body = bytes([request.unit]) + request.pdu
    return body + crc16(body).to_bytes(2, "little")


def answer_bytes(request: Request, begin: bytes | bytearray) -> int:
    """Return how long the frame of the answer will be, as far as its first two bytes tell."""
    return request.expected_bytes(begin[1] if len(begin) > 1 else request.function) + _AROUND_BYTES


def check(request: Request, answer: bytes) -> bytes:
    """Return the data of the frame that answers a request. Refused, BadAnswer: as `pdu.check`, or if the CRC is wrong."""
    if len(answer) < SHORTEST_ANSWER_BYTES:
        raise BadAnswer(f"expected {answer_bytes(request, answer)} bytes, {len(answer)} came", "length")
    if crc16(answer[:-2]) != int.from_bytes(answer[-2:], "little"):
        raise BadAnswer(f"CRC of {len(answer)} bytes is wrong", "crc")
    return pdu.check(request, answer[0], answer[1:-2])
