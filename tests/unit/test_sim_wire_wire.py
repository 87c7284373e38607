"""The line in virtual time: where each frame begins and ends, what collides, what is counted."""

from __future__ import annotations

from firmware_sim import modbus
from firmware_sim.faults import Faults
from firmware_sim.units import JxctLux, Unit, WaveshareAo8B
from firmware_sim.wire import Direction, Wire

CHAR_S = 10 / 9600
SILENCE_S = 3.5 * CHAR_S
ASK = modbus.seal(1, bytes.fromhex("0300070002"))
TOLD = bytes.fromhex("01 03 04 00 02 06 F6 D8 15")


def head(address: int = 1) -> JxctLux:
    unit = JxctLux(address)
    unit.lux = 132854
    return unit


def wire_with(*units: Unit) -> Wire:
    return Wire(9600, 10, units or (head(),))


def run(wire: Wire, until_s: float) -> list[tuple[float, bytes]]:
    """Everything that the master's UART hands over up to a time, with the moment of each group."""
    got: list[tuple[float, bytes]] = []
    while (next_s := wire.next_s()) is not None and next_s <= until_s:
        if data := wire.due(next_s):
            got.append((next_s, data))
    return got


def received(groups: list[tuple[float, bytes]]) -> bytes:
    return b"".join(data for _, data in groups)


def test_an_answer_takes_its_time() -> None:
    wire = wire_with()
    wire.arrived(ASK, 100.0)
    groups = run(wire, 101.0)
    begun_s = 100.0 + 8 * CHAR_S + SILENCE_S + JxctLux.turnaround_s
    assert [(round(at_s, 6), data) for at_s, data in groups] == [
        (round(begun_s + 8 * CHAR_S, 6), TOLD[:8]),
        (round(begun_s + 9 * CHAR_S, 6), TOLD[8:]),
    ]
    assert (wire.collisions, wire.silence_violations) == (0, 0)


def test_a_request_in_pieces_is_one_frame_until_silence() -> None:
    wire = wire_with()
    wire.arrived(ASK[:3], 100.0)
    wire.arrived(ASK[3:], 100.0 + 4 * CHAR_S)
    assert received(run(wire, 101.0)) == TOLD


def test_a_gap_ends_a_frame() -> None:
    wire = wire_with()
    wire.arrived(ASK[:3], 100.0)
    wire.arrived(ASK[3:], 100.0 + 3 * CHAR_S + SILENCE_S + 0.0001)
    assert run(wire, 101.0) == []


def test_two_requests_without_silence_are_one_broken_frame() -> None:
    wire = wire_with()
    wire.arrived(ASK, 100.0)
    wire.arrived(ASK, 100.0 + 9 * CHAR_S)
    assert run(wire, 101.0) == []


def test_a_request_into_an_answer_collides_and_both_are_lost() -> None:
    wire = wire_with()
    wire.arrived(ASK, 100.0)
    answer_s = 100.0 + 8 * CHAR_S + SILENCE_S + JxctLux.turnaround_s
    wire.due(answer_s - 0.0001)
    wire.arrived(ASK, answer_s + CHAR_S)
    garbled = received(run(wire, 101.0))
    assert len(garbled) == len(TOLD)
    assert modbus.unseal(garbled) is None
    assert wire.collisions == 1


def test_a_request_too_soon_after_an_answer_is_counted() -> None:
    wire = wire_with()
    wire.arrived(ASK, 100.0)
    last_s = run(wire, 101.0)[-1][0]
    wire.arrived(ASK, last_s + SILENCE_S - 0.0005)
    assert wire.silence_violations == 1
    last_s = run(wire, 102.0)[-1][0]
    wire.arrived(ASK, last_s + SILENCE_S + 0.0005)
    assert wire.silence_violations == 1


def test_a_late_answer_comes_after_the_next_one_was_asked_for() -> None:
    wire = wire_with(head(1), head(2))
    wire.faults = Faults(late_s=0.3)
    wire.arrived(ASK, 100.0)
    assert run(wire, 100.1) == []
    wire.faults = Faults()
    wire.arrived(modbus.seal(2, bytes.fromhex("0300070002")), 100.2)
    frames = received(run(wire, 101.0))
    assert (frames[0], frames[9]) == (2, 1)
    assert modbus.unseal(frames[:9]) is not None
    assert modbus.unseal(frames[9:]) is not None


def test_drop_and_corrupt() -> None:
    wire = wire_with()
    wire.faults = Faults(drop=1.0)
    wire.arrived(ASK, 100.0)
    assert run(wire, 101.0) == []
    wire.faults = Faults(corrupt=1.0)
    wire.arrived(ASK, 102.0)
    hurt = received(run(wire, 103.0))
    assert len(hurt) == len(TOLD)
    assert (int.from_bytes(hurt, "big") ^ int.from_bytes(TOLD, "big")).bit_count() == 1


def test_chance_repeats_with_its_seed() -> None:
    def night(seed: int) -> list[bytes]:
        wire = wire_with()
        wire.faults = Faults(drop=0.5, corrupt=0.5, seed=seed)
        got = []
        for second in range(100, 130):
            wire.arrived(ASK, second)
            got.append(received(run(wire, second + 0.5)))
        return got

    assert night(7) == night(7)
    assert night(7) != night(8)


def test_an_echo_comes_before_the_answer_and_is_no_collision() -> None:
    wire = wire_with()
    wire.faults = Faults(echo=True)
    wire.arrived(ASK, 100.0)
    assert received(run(wire, 101.0)) == ASK + TOLD
    assert wire.collisions == 0


def test_a_babbler_drowns_everybody_until_it_stops() -> None:
    wire = wire_with()
    wire.faults = Faults(babble=True)
    wire.due(100.0)
    noise = received(run(wire, 100.5))
    wire.arrived(ASK, 100.5)
    noise += received(run(wire, 101.0))
    assert len(noise) > 800
    assert TOLD not in noise
    wire.faults = Faults()
    run(wire, 102.0)
    wire.arrived(ASK, 102.5)
    assert received(run(wire, 103.0)) == TOLD


def test_a_broadcast_is_done_by_all_and_answered_by_none() -> None:
    dimmers = (WaveshareAo8B(21), WaveshareAo8B(22))
    wire = wire_with(*dimmers)
    wire.arrived(modbus.seal(0, bytes.fromhex("0600001388")), 100.0)
    assert run(wire, 101.0) == []
    assert [unit.outputs(101.0)[0].fraction for unit in dimmers] == [0.5, 0.5]


def test_a_dead_unit_is_silent() -> None:
    unit = head()
    unit.alive = False
    wire = wire_with(unit)
    wire.arrived(ASK, 100.0)
    assert run(wire, 101.0) == []


def test_what_was_on_the_way_is_lost_with_the_line() -> None:
    wire = wire_with()
    wire.faults = Faults(late_s=0.3)
    wire.arrived(ASK, 100.0)
    run(wire, 100.1)
    wire.arrived(ASK[:4], 100.1)
    wire.cut()
    assert wire.next_s() is None
    assert wire.due(101.0) == b""


def test_the_hook_sees_both_ways_and_when() -> None:
    seen: list[tuple[Direction, bytes, float]] = []
    wire = Wire(9600, 10, (head(),), lambda *frame: seen.append(frame))
    wire.arrived(ASK, 100.0)
    last_s = run(wire, 101.0)[-1][0]
    assert [(direction, frame) for direction, frame, _ in seen] == [("request", ASK), ("answer", TOLD)]
    assert seen[0][2] == 100.0 + 8 * CHAR_S
    assert abs(seen[1][2] - last_s) < 1e-9


def test_use_counts_characters_both_ways() -> None:
    wire = wire_with()
    for second in range(100, 110):
        wire.arrived(ASK, second)
        run(wire, second + 0.9)
    assert abs(wire.use_pct(110.5) - 100 * 17 * CHAR_S) < 1e-6
    assert wire.use_pct(130.0) == 0.0


def test_the_silence_is_fixed_above_19200_baud() -> None:
    assert Wire(19200, 11, ()).silence_s == 3.5 * 11 / 19200
    assert Wire(115200, 10, ()).silence_s == 0.00175
