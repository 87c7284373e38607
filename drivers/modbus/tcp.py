"""Modbus TCP frames: the MBAP header and a PDU. Pure.

Source: Modbus Messaging on TCP/IP Implementation Guide V1.0b (header, transaction identifier).
"""

from __future__ import annotations

import struct

from drivers.errors import LinkLost
from drivers.modbus import pdu
from drivers.modbus.pdu import Request

HEADER_BYTES = 7
LONGEST_FRAME_BYTES = HEADER_BYTES + pdu.LONGEST_BYTES

_HEADER = struct.Struct(">HHHB")  # transaction, protocol (0 is Modbus), bytes that follow (unit and PDU), unit
_FOLLOW = struct.Struct(">HHH")
_FEWEST_FOLLOW, _MOST_FOLLOW = 1 + pdu.SHORTEST_ANSWER_BYTES, 1 + pdu.LONGEST_BYTES


def frame(request: Request, transaction: int) -> bytes:
    """Return the frame that carries a request as transaction 0 to 65535."""
    return _HEADER.pack(transaction, 0, 1 + len(request.pdu), request.unit) + request.pdu


def begin(stream: bytes | bytearray, at: int) -> tuple[int, int]:
    """Return (transaction, bytes of the whole frame) of the frame that begins at `at`, of which six bytes are there.

    LinkLost if no frame begins so: where the next one would begin is not known any more.
    """
    transaction, protocol, follow = _FOLLOW.unpack_from(stream, at)
    if protocol != 0:
        raise LinkLost(f"expected a frame of protocol 0, one of {protocol} came")
    if not _FEWEST_FOLLOW <= follow <= _MOST_FOLLOW:
        raise LinkLost(f"expected a frame of {_FEWEST_FOLLOW} to {_MOST_FOLLOW} bytes, its header says {follow}")
    return transaction, 6 + follow


def check(request: Request, answer: bytes) -> bytes:
    """Return the data of the frame that answers a request by its transaction. Refused, BadAnswer: as `pdu.check`."""
    return pdu.check(request, answer[6], answer[HEADER_BYTES:])
