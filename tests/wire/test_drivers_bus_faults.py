"""A whole bus with one sick unit on it, fault by fault: no untrue value, a reason for each bad one, nobody else harmed."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from bus_sink import Sink
from drivers.bus import FieldBus, Link, RtuBus, UnitSpec
from drivers.points import Quality, Reading
from drivers.profile import Profile, parse_profile
from rtu_faults import FAULTS, FaultyUnits
from scripted_line import ScriptedLine
from truthful_units import TruthfulUnits
from virtual_wire import Coming, Way

SICK, WELL = 1, 2
TIMEOUT_S = 0.03
POLL_S = 0.1
REGISTERS = (3, 4, 40)  # the last one far off: a block of its own, of another shape
SECOND = "second_answer"  # somebody else has the sick unit's address: what he says cannot be told from the truth


def meter() -> Profile:
    rows = "".join(
        f'[[points]]\npoint = "sample/r{register}"\ntitle = "t"\nspace = "holding"\naddress = {register}\ntype = "u16"\n'
        for register in REGISTERS
    )
    return parse_profile("truthful", f'title = "t"\nsource = "s"\nkinds = ["meter"]\npoll_s = {POLL_S}\n{rows}')


def unit(address: int) -> UnitSpec:
    return UnitSpec(
        id=f"u{address}",
        address=address,
        profile=meter(),
        poll_s=POLL_S,
        safe_after_s=None,
        safe_pct=0.0,
        devices=((None, f"d{address}"),),
    )


class Judge(Sink):
    """A sink that holds each reading against the truth: register n reads n in its high byte."""

    def __init__(self) -> None:
        super().__init__()
        self.untrue: list[tuple[str, Reading]] = []
        self.good = {SICK: 0, WELL: 0}

    def reading(self, key: str, reading: Reading) -> None:
        super().reading(key, reading)
        address, register = int(key[1]), int(key.rpartition("r")[2])
        if reading.quality is Quality.GOOD:
            self.good[address] += 1
            if not isinstance(reading.value, int) or reading.value >> 8 != register:
                self.untrue.append((key, reading))
        elif reading.value is not None or not reading.reason:
            self.untrue.append((key, reading))


@pytest.mark.parametrize("way", ["whole", "bytes", "delayed", "lossy"])
@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault != SECOND])
async def test_one_sick_unit(tmp_path: Path, fault: str, way: Way) -> None:
    units = TruthfulUnits(SICK, WELL, latency_s=0.001)
    faulty = FaultyUnits(units, (fault,), TIMEOUT_S, seed=11, share=0.6)

    def script(frame: bytes, now_s: float) -> list[Coming]:
        return faulty(frame, now_s) if frame[0] == SICK else units(frame, now_s)

    line = ScriptedLine(script, tmp_path / "tty", way=way, seed=11, char_s=5e-5)
    line.plug()
    judge = Judge()
    spec = RtuBus(id="b", port=tmp_path / "tty", link=Link(115200), timeout_s=TIMEOUT_S)
    bus = FieldBus(spec, (unit(SICK), unit(WELL)), now=time.monotonic, sink=judge)
    task = asyncio.create_task(bus.run())
    try:
        await judge.until(lambda: judge.good[WELL] >= 15)
        faulty.faults = ()
        line.handing.way = "whole"
        good = judge.good[SICK]
        await judge.until(lambda: judge.good[SICK] >= good + 6)
        assert judge.readings["d1/sample/r40"].quality is Quality.GOOD
        assert not judge.untrue, bus.dump(0.0)
        assert "link_lost" not in judge.events
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.wait([task])
        line.pull()
