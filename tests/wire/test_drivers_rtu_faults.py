"""Everything that can be wrong with an answer, on real ptys and on a TCP port: nothing untrue is believed, and it passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers.bus.records import Link, RtuBus, RtuTcpBus
from drivers.bus.rtu_port import RtuPort
from drivers.errors import Refused, WireError
from drivers.modbus import pdu, rtu
from drivers.modbus.pdu import Request
from rtu_faults import BELIEVABLE, CASES, FaultyUnits
from scripted_line import ScriptedLine
from truthful_units import TruthfulUnits
from virtual_wire import Way

TIMEOUT_S = 0.03
LINK = Link(115200, "none", 1)
READS = [pdu.read(1, 3, address, 1) for address in range(3)]


def ask(port: RtuPort, units: TruthfulUnits, request: Request, *, doubled: bool) -> bool:
    """Make an exchange and return whether there was an answer; fail if it is not so. `doubled`: two units have the address."""
    try:
        data = port.exchange(request, TIMEOUT_S).data
    except Refused:
        return False
    except WireError:
        return False
    true = units.words(1, request.pdu[2], 1)
    assert units.asked[1][-1] == rtu.frame(request)
    assert data == true or (doubled and data == bytes(byte ^ 0xFF for byte in true))
    return True


def units_for(fault: str) -> TruthfulUnits:
    """Return units; what comes late comes a whole time-out later still, so that no slow machine takes it for in time."""
    units = TruthfulUnits(1)
    units.latency_s += TIMEOUT_S if fault == "late" else 0.0
    return units


def run(line: ScriptedLine, faulty: FaultyUnits, spec: RtuBus | RtuTcpBus, fault: str) -> list[bool]:
    """Ask while each answer has a fault, then while none has; return what was answered in the first part."""
    port = RtuPort(spec)
    port.open()
    try:
        first = [ask(port, faulty.units, request, doubled=fault == "second_answer") for request in READS]
        faulty.faults, faulty.units.latency_s = (), TruthfulUnits(1).latency_s
        line.handing.way = "whole"
        then = [ask(port, faulty.units, READS[0], doubled=fault == "second_answer") for _ in range(6)]
        assert then[-1], port.recorder.text("line", 0.0)
    finally:
        port.close()
    return first


@pytest.mark.parametrize(("fault", "way"), CASES)
def test_faults_on_a_pty(tmp_path: Path, fault: str, way: Way) -> None:
    faulty = FaultyUnits(units_for(fault), (fault,), TIMEOUT_S, seed=7, share=1.0)
    line = ScriptedLine(faulty, tmp_path / "tty", way=way, seed=7)
    line.plug()
    try:
        spec = RtuBus(id="b", port=tmp_path / "tty", link=LINK, timeout_s=TIMEOUT_S)
        answered = run(line, faulty, spec, fault)
    finally:
        line.pull()
    if fault not in BELIEVABLE:
        assert not any(answered)
    elif way == "whole":
        assert all(answered)


@pytest.mark.parametrize("fault", ["late", "truncated", "bad_crc", "wrong_unit", "gaps", "noise_before"])
def test_faults_behind_a_device_server(fault: str) -> None:
    faulty = FaultyUnits(units_for(fault), (fault,), TIMEOUT_S, seed=7, share=1.0)
    line = ScriptedLine(faulty, None, way="bytes", seed=7)
    line.plug()
    try:
        spec = RtuTcpBus(id="b", host="127.0.0.1", port=line.port, timeout_s=TIMEOUT_S)
        answered = run(line, faulty, spec, fault)
    finally:
        line.pull()
    assert all(answered) if fault in BELIEVABLE else not any(answered)
