"""No bytes whatever make any product raise or answer out of turn; no faults keep a line from coming to rest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_sim import modbus
from firmware_sim.faults import Faults
from firmware_sim.link import PARITIES, Link
from firmware_sim.units import PRODUCTS
from firmware_sim.wire import Wire

known = (
    *(0, 1, 4, 7, 0x0F, 0x10, 0x1A, 0x34, 0x3D, 0x40, 0x42, 0x64, 0x69, 110, 128, 0x100, 0x101, 0x105, 280, 384, 512),
    *(0x3F4, 0x3F6, 1000, 1001, 1005, 2000, 2001, 2560, 2620, 3000, 3004, 0x2000, 0x4000, 0x8000),
)
registers = st.sampled_from(known) | st.integers(0, 0xFFFF)
values = st.sampled_from([0, 1, 2, 3, 8, 16, 0x55, 96, 125, 0xB588, 0xFF00]) | st.integers(0, 0xFFFF)
requests = st.builds(
    lambda function, register, value, rest: (
        bytes([function]) + register.to_bytes(2, "big") + value.to_bytes(2, "big") + rest
    ),
    st.sampled_from([1, 2, 3, 4, 5, 6, 15, 16, 23, 43]),
    registers,
    values,
    st.binary(max_size=8),
)
sessions = st.lists(
    st.tuples(st.floats(0, 20), st.binary(max_size=20) | requests, st.booleans()), min_size=1, max_size=12
)


@pytest.mark.parametrize("name", sorted(PRODUCTS))
@given(session=sessions)
def test_a_product_answers_as_asked_or_refuses_or_is_silent(
    name: str, session: list[tuple[float, bytes, bool]]
) -> None:
    unit = PRODUCTS[name].make(PRODUCTS[name].address)
    now_s = 100.0
    for pause_s, pdu, restart in session:
        now_s += pause_s
        if restart:
            unit.power_up(now_s)
        answer = unit.answer(pdu, now_s)
        assert 1 <= unit.address <= 255
        if answer is not None:
            assert 2 <= len(answer) <= 253
            assert answer[0] in {pdu[0], pdu[0] | 0x80}
            assert not answer[0] & 0x80 or answer[1] in {1, 2, 3}


shares = st.sampled_from([0.0, 0.3, 1.0])
faults = st.builds(
    Faults,
    drop=st.sampled_from([0.0, 0.3]),
    corrupt=shares,
    late_s=st.floats(0, 2),
    echo=st.booleans(),
    seed=st.integers(),
    truncate=shares,
    wrong_unit=shares,
    wrong_function=shares,
    wrong_length=shares,
    lose=shares,
    gap_s=st.floats(0, 0.02),
    stall_s=st.floats(0, 0.5),
)
links = st.builds(Link, st.sampled_from([2400, 9600, 115200]), st.sampled_from(PARITIES), st.sampled_from([1, 2]))


@given(
    traffic=st.lists(st.tuples(st.floats(0, 0.1), st.binary(min_size=1, max_size=40) | requests, links), max_size=20),
    of_line=faults,
    of_unit=faults,
    link=links,
)
def test_a_line_comes_to_rest_after_any_traffic_and_faults(
    traffic: list[tuple[float, bytes, Link]], of_line: Faults, of_unit: Faults, link: Link
) -> None:
    units = [PRODUCTS[name].make(5) for name in ("thc-s", "thc-s", "waveshare-ao8", "ecodim-gw2")]
    units[0].link, units[1].faults = link, of_unit
    wire = Wire(9600, 10, units)
    wire.faults = of_line
    now_s = 1.0
    for pause_s, pdu, master in traffic:
        now_s += pause_s
        wire.master = master
        wire.arrived(modbus.seal(5, pdu), now_s)
        wire.due(now_s)
    for _ in range(20_000):
        next_s = wire.next_s()
        if next_s is None:
            break
        now_s = max(now_s, next_s)
        wire.due(now_s)
    assert wire.next_s() is None
    assert wire.due(now_s) == b""
