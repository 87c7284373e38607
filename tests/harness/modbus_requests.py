"""Requests as hypothesis draws them, and what a sound unit answers."""

from __future__ import annotations

from hypothesis import strategies as st

from drivers.modbus import pdu
from drivers.modbus.pdu import Request
from rtu_line import sealed

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


def right_answer(request: Request, fill: int) -> bytes:
    """Build the answer that a sound unit gives; what it says is `fill`."""
    head = bytes([request.unit, request.function])
    if request.echo:
        return sealed(head + request.echo)
    size = request.answer_bytes - 2
    return sealed(head + bytes([size]) + bytes((fill + place) % 256 for place in range(size)))
