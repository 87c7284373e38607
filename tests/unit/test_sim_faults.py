"""What goes wrong on a simulated line: speeds that differ, two at one address, and the faults that can be switched on."""

from __future__ import annotations

import itertools

import pytest

from firmware_sim import modbus
from firmware_sim.faults import SHORTEST, Chance, Faults, read_faults
from firmware_sim.link import Link
from firmware_sim.units import JxctLux, Unit
from firmware_sim.wire import Direction, Wire

ASK = modbus.seal(1, bytes.fromhex("0300070002"))
TOLD = bytes.fromhex("01 03 04 00 02 06 F6 D8 15")


def head(address: int = 1, link: Link | None = None, lux: float = 132854) -> JxctLux:
    unit = JxctLux(address)
    unit.lux, unit.link = lux, link
    return unit


def wire_with(*units: Unit, faults: Faults | None = None) -> Wire:
    wire = Wire(9600, 10, units or (head(),))
    if faults is not None:
        wire.faults = faults
    return wire


def run(wire: Wire, until_s: float) -> list[tuple[float, bytes]]:
    got = []
    while (next_s := wire.next_s()) is not None and next_s <= until_s:
        if data := wire.due(next_s):
            got.append((next_s, data))
    return got


def asked(wire: Wire, at_s: float = 100.0, request: bytes = ASK, wait_s: float = 1.0) -> bytes:
    wire.arrived(request, at_s)
    return b"".join(data for _, data in run(wire, at_s + wait_s))


def test_units_of_two_speeds_on_one_line() -> None:
    wire = wire_with(head(1, Link(9600)), head(2, Link(4800), 7))
    assert asked(wire) == TOLD
    second = modbus.seal(2, ASK[1:-2])
    assert asked(wire, 102.0, second) == b""  # nobody hears 9600 at address 2
    wire.master = Link(4800)
    assert modbus.unseal(asked(wire, 104.0, second)) == (2, bytes.fromhex("03 04 0000 0007"))
    assert asked(wire, 106.0) == b""


def test_a_slower_answer_takes_longer() -> None:
    wire = wire_with(head(1, Link(1200, "even")))
    wire.master = Link(1200, "even")
    wire.arrived(ASK, 100.0)
    last_s = run(wire, 101.0)[-1][0]
    assert last_s == pytest.approx(100.0 + (8 + 3.5 + 9) * 11 / 1200 + JxctLux.turnaround_s)


@pytest.mark.parametrize(
    ("unit", "master", "heard"),
    [
        (Link(9600, "even"), Link(9600), False),
        (Link(9600, "even"), Link(9600, None), True),  # a pty that does not tell
        (Link(9600), Link(9600, None), True),
        (Link(9600, "odd"), Link(9600, None), False),
        (Link(9600, "odd"), Link(9600, "odd"), True),
        (Link(9600, "none", 2), Link(9600, "none", 1), True),  # only the first stop bit is looked at
        (Link(19200), Link(9600), False),
    ],
)
def test_who_understands_whom(unit: Link, master: Link, heard: bool) -> None:
    wire = wire_with(head(1, unit))
    wire.master = master
    assert (asked(wire) == TOLD) is heard


@pytest.mark.parametrize(("master", "size"), [(19200, 18), (4800, 5), (115200, 45), (1200, 2)])
def test_an_answer_at_another_speed_is_noise_of_a_likely_size(master: int, size: int) -> None:
    wire = wire_with(head(1, Link(9600)))
    wire.arrived(ASK, 100.0)
    wire.due(100.013)
    wire.master = Link(master)  # set back before the answer comes
    noise = b"".join(data for _, data in run(wire, 101.0))
    assert len(noise) == size
    assert TOLD not in noise


def test_the_answer_to_a_change_of_speed_comes_at_the_old_one() -> None:
    wire = wire_with(head(1, Link(9600)))
    change = modbus.seal(1, bytes.fromhex("06 0101 0001"))
    assert asked(wire, 100.0, change) == change
    assert asked(wire, 102.0) == b""
    wire.master = Link(4800)
    assert asked(wire, 104.0) == TOLD


def test_two_units_at_one_address_mix() -> None:
    wire = wire_with(head(), head(lux=5))
    mixed = asked(wire)
    assert len(mixed) == len(TOLD)
    assert modbus.unseal(mixed) is None
    assert wire.collisions == 1


def test_of_two_the_first_is_clear_until_the_second_begins() -> None:
    second = head(lux=5)
    second.turnaround_s += 3 * 10 / 9600
    wire = wire_with(head(), second)
    mixed = asked(wire)
    assert mixed[:3] == TOLD[:3]
    assert len(mixed) == len(TOLD) + 3
    assert modbus.unseal(mixed[: len(TOLD)]) is None


def test_units_of_one_address_and_two_speeds_do_not_meet() -> None:
    wire = wire_with(head(1, Link(9600)), head(1, Link(4800), 5))
    assert asked(wire) == TOLD
    assert wire.collisions == 0


def test_a_gap_between_the_bytes() -> None:
    groups_s = []
    wire = wire_with(faults=Faults(gap_s=0.005))
    wire.arrived(ASK, 100.0)
    for at_s, data in run(wire, 101.0):
        assert len(data) == 1
        groups_s.append(at_s)
    assert [round(later - sooner, 6) for sooner, later in itertools.pairwise(groups_s)] == [0.006042] * 8


def test_a_pause_in_an_answer() -> None:
    wire = wire_with(faults=Faults(stall_s=0.05, seed=3))
    wire.arrived(ASK, 100.0)
    groups = run(wire, 101.0)
    assert b"".join(data for _, data in groups) == TOLD
    assert max(later - sooner for (sooner, _), (later, _) in itertools.pairwise(groups)) >= 0.05


@pytest.mark.parametrize(
    ("faults", "check"),
    [
        (Faults(truncate=1.0), lambda told: 0 < len(told) < len(TOLD) and TOLD.startswith(told)),
        (Faults(wrong_unit=1.0), lambda told: modbus.unseal(told) == (2, TOLD[1:-2])),
        (Faults(wrong_function=1.0), lambda told: modbus.unseal(told) == (1, b"\x02" + TOLD[2:-2])),
        (Faults(wrong_length=1.0), lambda told: modbus.unseal(told) is not None and len(told) in {8, 11}),
        (Faults(lose=0.5, seed=3), lambda told: len(told) < len(TOLD)),
    ],
)
def test_answers_that_are_wrong(faults: Faults, check: object) -> None:
    assert callable(check)
    assert check(asked(wire_with(faults=faults)))


def test_a_fault_of_one_unit_leaves_the_other_alone() -> None:
    late, well = head(1), head(2)
    late.faults = Faults(late_s=0.4)
    wire = wire_with(late, well)
    assert asked(wire, 100.0, wait_s=0.3) == b""
    assert b"".join(data for _, data in run(wire, 101.0)) == TOLD
    assert len(asked(wire, 102.0, modbus.seal(2, ASK[1:-2]), 0.3)) == len(TOLD)


def test_noise_bursts_come_as_often_as_told_and_hurt() -> None:
    wire = wire_with(faults=Faults(noise_per_s=5, seed=1))
    wire.due(100.0)
    bursts = run(wire, 200.0)
    assert 400 < len(bursts) < 600
    assert max(len(data) for _, data in bursts) <= 8
    answers = [asked(wire, float(second), wait_s=0.9) for second in range(200, 300)]
    clear = sum(TOLD in answer for answer in answers)
    assert 60 < clear < 100


def test_another_master_is_heard() -> None:
    seen: list[tuple[Direction, bytes, float]] = []
    wire = Wire(9600, 10, (head(),), lambda *frame: seen.append(frame))
    wire.faults = Faults(foreign_per_s=2, seed=1)
    wire.due(100.0)
    run(wire, 130.0)
    opened = [modbus.unseal(frame) for _, frame, _ in seen]
    assert None not in opened
    units = {frame[0] for frame in opened if frame is not None}
    assert 0 in units
    assert units - {0} <= set(range(200, 248))
    assert 30 < len(seen) < 200


def test_chance_is_the_same_from_the_same_seed() -> None:
    def night(seed: int) -> list[bytes]:
        wire = wire_with(faults=Faults(drop=0.2, corrupt=0.2, lose=0.1, noise_per_s=3, seed=seed))
        return [asked(wire, float(second), wait_s=0.9) for second in range(100, 130)]

    assert night(7) == night(7)
    assert night(7) != night(8)


def test_faults_by_their_names() -> None:
    assert read_faults({"drop": 0.5, "late_s": 1, "echo": True, "seed": 4}) == Faults(0.5, late_s=1, echo=True, seed=4)
    assert read_faults({}) == Faults()


@pytest.mark.parametrize(
    ("given", "of_unit", "message"),
    [
        ({"dorp": 0.5}, False, "dorp: expected one of babble, corrupt"),
        ({"drop": 1.5}, False, "drop: expected 0 to 1"),
        ({"drop": -0.1}, False, "drop: expected 0 to 1"),
        ({"drop": True}, False, "drop: expected a number"),
        ({"seed": 1.5}, False, "seed: expected a number"),
        ({"echo": 1}, False, "echo: expected true or false"),
        ({"late_s": 61}, False, "late_s: expected 0 to 60"),
        ({"noise_per_s": float("nan")}, False, "noise_per_s: expected 0 to 1000"),
        ({"babble": True}, True, "babble: expected one of corrupt"),
    ],
)
def test_mistakes_in_faults(given: dict[str, object], of_unit: bool, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_faults(given, of_unit=of_unit)


@pytest.mark.parametrize("left", range(1, SHORTEST))
def test_what_is_cut_short_already_is_not_changed_again(left: int) -> None:
    chance = Chance(Faults(wrong_unit=1.0, wrong_function=1.0, wrong_length=1.0, corrupt=1.0, truncate=1.0))
    assert chance.hurt(TOLD[:left]) == TOLD[:left]
