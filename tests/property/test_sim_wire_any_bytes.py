"""No bytes whatever make the simulated firmware raise, stall or answer out of turn."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_sim import modbus
from firmware_sim.faults import Faults
from firmware_sim.units import JxctLux, Mtdx62, Sdm230, Unit, WaveshareAo8B, WbMao4
from firmware_sim.wire import Wire

words = st.integers(0, 0xFFFF).map(lambda value: value.to_bytes(2, "big"))
likely_words = st.sampled_from([0, 1, 2, 7, 8, 16, 20, 90, 0x4000, 0xFF00, 125, 123, 648]).map(
    lambda value: value.to_bytes(2, "big")
)
likely_pdus = st.builds(
    lambda function, start, count, rest: bytes([function]) + start + count + rest,
    st.sampled_from([1, 2, 3, 4, 5, 6, 15, 16, 23, 43]),
    likely_words | words,
    likely_words | words,
    st.binary(max_size=20),
)


def units() -> tuple[Unit, ...]:
    return tuple(kind(address) for address, kind in enumerate((WbMao4, WaveshareAo8B, Sdm230, JxctLux, Mtdx62), 1))


@pytest.mark.parametrize("place", range(5))
@given(pdu=st.binary(max_size=260) | likely_pdus, now_s=st.floats(0, 1e9))
def test_a_unit_answers_as_asked_or_refuses_or_is_silent(place: int, pdu: bytes, now_s: float) -> None:
    answer = units()[place].answer(pdu, now_s)
    if answer is None:
        assert not pdu or pdu[0] & 0x80
        return
    assert 2 <= len(answer) <= 253
    assert answer[0] in {pdu[0], pdu[0] | 0x80}
    if answer[0] & 0x80:
        assert answer[1] in {1, 2, 3}


@given(unit=st.integers(0, 255), pdu=st.binary(min_size=1, max_size=253))
def test_what_is_sealed_can_be_opened(unit: int, pdu: bytes) -> None:
    assert modbus.unseal(modbus.seal(unit, pdu)) == (unit, pdu)


@given(pdu=st.binary(min_size=1, max_size=20), data=st.data())
def test_one_or_two_wrong_bits_are_always_seen(pdu: bytes, data: st.DataObject) -> None:
    frame = modbus.seal(1, pdu)
    bits = data.draw(st.sets(st.integers(0, 8 * len(frame) - 1), min_size=1, max_size=2))
    hurt = int.from_bytes(frame, "little")
    for bit in bits:
        hurt ^= 1 << bit
    assert modbus.unseal(hurt.to_bytes(len(frame), "little")) is None


@given(frame=st.binary(max_size=600))
def test_any_bytes_are_a_good_frame_or_none(frame: bytes) -> None:
    opened = modbus.unseal(frame)
    assert opened is None or modbus.seal(*opened) == frame


bursts = st.lists(
    st.tuples(
        st.floats(0, 0.1), st.binary(min_size=1, max_size=300) | likely_pdus.map(lambda pdu: modbus.seal(2, pdu))
    ),
    max_size=30,
)


@given(
    bursts=bursts,
    faults=st.builds(
        Faults,
        drop=st.floats(0, 1),
        corrupt=st.floats(0, 1),
        late_s=st.floats(0, 2),
        echo=st.booleans(),
        seed=st.integers(),
    ),
)
def test_a_line_comes_to_rest_after_any_traffic(bursts: list[tuple[float, bytes]], faults: Faults) -> None:
    wire = Wire(19200, 11, units())
    wire.faults = faults
    now_s = 0.0
    for pause_s, data in bursts:
        now_s += pause_s
        wire.arrived(data, now_s)
        wire.due(now_s)
    for _ in range(10_000):
        next_s = wire.next_s()
        if next_s is None:
            break
        now_s = max(now_s, next_s)
        wire.due(now_s)
    assert wire.next_s() is None
    assert wire.due(now_s) == b""


@given(address=st.integers(6, 255), pdu=likely_pdus)
def test_a_frame_for_nobody_gets_no_answer(address: int, pdu: bytes) -> None:
    wire = Wire(19200, 11, units())
    wire.arrived(modbus.seal(address, pdu), 0.0)
    assert wire.due(1.0) == b""
    assert wire.next_s() is None
