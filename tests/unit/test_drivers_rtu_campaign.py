"""Hundreds of exchanges over lines on which anything goes wrong, in virtual time: what is believed is always true.

"True" is strict: each register tells how many frames its unit had been sent, so the answer to any earlier request is known.
"""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from drivers.bus.records import Link, RtuBus
from drivers.bus.rtu_port import RtuPort
from drivers.errors import NoAnswer, Refused, WireError
from drivers.modbus import pdu, rtu
from drivers.modbus.pdu import Request
from rtu_faults import CASES, FAULTS, FaultyUnits
from truthful_units import TruthfulUnits
from virtual_wire import WAYS, VirtualWire, Way

TIMEOUT_S = 0.1
LINK = Link(19200, "none", 2)
EXCHANGES = 150
UNITS = (1, 2, 3)
DEAD = 9


class Campaign:
    """A port, its line, and how many answers it believed."""

    def __init__(
        self, *faults: str, way: Way, seed: int, echo: bool, share: float = 0.35, ignores: set[int] | None = None
    ):
        self.units = TruthfulUnits(*UNITS, ignores=frozenset(ignores or ()))
        self.line = FaultyUnits(self.units, faults, TIMEOUT_S, seed, share)
        self.wire = VirtualWire(self.line, LINK, way=way, seed=seed, echo=echo)
        spec = RtuBus(id="b", port=Path("virtual"), link=LINK, timeout_s=TIMEOUT_S)
        self.port = RtuPort(spec, self.wire)
        self.port.open()
        self.chance = Random(seed)

    def ask(self, request: Request) -> str:
        """Make an exchange; fail if something is believed that is not so; return what came of it."""
        try:
            data = self.port.exchange(request, TIMEOUT_S).data
        except Refused:
            assert self.units.asked[request.unit][-1] == rtu.frame(request)
            assert self.units.serial(request.unit) in self.line.refused
            return "refused"
        except WireError as error:
            return type(error).__name__
        assert request.unit != DEAD
        asked = self.units.asked[request.unit]
        assert asked[-1] == rtu.frame(request), "believed without having been asked"
        address, count = int.from_bytes(request.pdu[1:3], "big"), int.from_bytes(request.pdu[3:5], "big")
        if request.function in {3, 4}:
            true = self.units.words(request.unit, address, count)
            # Of two units on one address either is the unit that was asked.
            assert data == true or ("second_answer" in self.line.faults and data == bytes(byte ^ 0xFF for byte in true))
        elif request.function in {1, 2}:
            assert data in {b"\xff" * ((count + 7) // 8), b"\x00" * ((count + 7) // 8)}
        else:
            assert self.units.done[-1] == asked[-1]
        return "answer"

    def request(self) -> Request:
        """Return a request of some kind: most of them alike and to one unit, as polls are."""
        unit = self.chance.choice((*UNITS[:1] * 7, *UNITS[1:], DEAD))
        address, value = self.chance.randrange(8), self.chance.randrange(3)
        return self.chance.choice((
            *[pdu.read(unit, 3, address, 1)] * 5,
            pdu.read(unit, 3, address, 4),
            pdu.read(unit, 4, address, 1),
            pdu.read(unit, 1, address, 8),
            pdu.write_register(unit, address, value),
            pdu.write_register(unit, 0, value),
            pdu.write_coil(unit, address, on=bool(value)),
            pdu.write_registers(unit, address, [value, value]),
            pdu.write_coils(unit, address, [True] * 9),
        ))  # fmt: skip


@pytest.mark.parametrize("echo", [False, True], ids=["no echo", "echo"])
@pytest.mark.parametrize(("fault", "way"), [*CASES, ("all", "whole"), ("all", "bytes"), ("all", "lossy")])
def test_nothing_is_believed_that_is_not_true_and_the_line_recovers(fault: str, way: Way, echo: bool) -> None:
    for seed in range(3):
        faults = tuple(FAULTS) if fault == "all" else (fault,)
        campaign = Campaign(*faults, way=way, seed=seed, echo=echo)
        for _ in range(EXCHANGES):
            campaign.ask(campaign.request())
        campaign.line.faults = ()
        campaign.wire.handing.way = "whole"
        for unit in UNITS:
            outcomes = [campaign.ask(pdu.read(unit, 3, 0, 1)) for _ in range(8)]
            assert outcomes[-3:] == ["answer"] * 3, outcomes


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("ignores", [{4}, {1, 2, 4}, {3, 4}, {1, 2, 3, 4}], ids=str)
def test_units_that_ignore_what_they_do_not_know_are_not_believed_too_soon_either(ignores: set[int], way: Way) -> None:
    for seed in range(3):
        campaign = Campaign("late", "silent", way=way, seed=seed, echo=False, share=0.3, ignores=ignores)
        answers = [campaign.ask(campaign.request()) for _ in range(EXCHANGES)].count("answer")
        assert answers > EXCHANGES * 0.15


def test_two_reads_of_one_register_with_nothing_else_known_of_the_unit() -> None:
    """One late answer; the unit answers neither another function nor two registers; then fifty reads."""
    campaign = Campaign(way="whole", seed=1, echo=False)
    units = campaign.units
    slow = [2.5 * TIMEOUT_S]

    def script(frame: bytes, now_s: float) -> list[tuple[float, bytes]]:
        if frame[4:6] == b"\x00\x02" or frame[1] == 4:
            return []
        answer = units.answer(frame)
        return [] if answer is None else [(units.after(1, now_s, slow.pop() if slow else 0.004), answer)]

    campaign.wire.script = script
    outcomes = [campaign.ask(pdu.read(1, 3, 0, 1)) for _ in range(50)]
    assert outcomes.count("answer") >= 45


def test_a_dead_unit_costs_its_time_out_and_little_more() -> None:
    campaign = Campaign(way="whole", seed=1, echo=False)
    campaign.ask(pdu.read(1, 3, 0, 1))
    began_s = campaign.wire.time_s
    for _ in range(10):
        with pytest.raises(NoAnswer):
            campaign.port.exchange(pdu.read(9, 3, 0, 1), TIMEOUT_S)
    assert campaign.wire.time_s - began_s < 10 * (TIMEOUT_S + 0.025)
