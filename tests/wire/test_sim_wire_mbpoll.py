"""A Modbus master that is not ours (mbpoll, on libmodbus) reads and writes every simulated unit through its pty."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_sim.line import Line
from firmware_sim.units import JxctLux, Mtdx62, Sdm230, WaveshareAo8B, WbMao4

pytestmark = pytest.mark.skipif(shutil.which("mbpoll") is None, reason="mbpoll is not installed: apt install mbpoll")

_VALUE = re.compile(r"^\[(\d+)\]:\s+(\S+)", re.MULTILINE)


class Master:
    """mbpoll on one port; references are protocol addresses."""

    def __init__(self, path: Path, baud: int, stop_bits: int) -> None:
        self.port = path
        self.line = ["mbpoll", "-m", "rtu", "-b", str(baud), "-P", "none", "-s", str(stop_bits), "-0", "-1", "-o", "2"]

    def _run(self, unit: int, kind: str, register: int, *rest: str) -> str:
        done = subprocess.run(
            [*self.line, "-a", str(unit), "-t", kind, "-r", str(register), *rest],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def read(self, unit: int, kind: str, register: int, count: int = 1) -> list[str]:
        out = self._run(unit, kind, register, "-B", "-c", str(count), str(self.port))
        return [value for _, value in _VALUE.findall(out)]

    def write(self, unit: int, kind: str, register: int, *values: int) -> None:
        out = self._run(unit, kind, register, str(self.port), *map(str, values))
        assert f"Written {len(values)} references" in out


@pytest.fixture
def lamps(tmp_path: Path) -> Iterator[Master]:
    line = Line(tmp_path / "lamps", 19200, 11, [WbMao4(11, time.monotonic()), WaveshareAo8B(21)])
    line.start()
    yield Master(line.path, 19200, 2)
    line.stop()
    assert (line.wire.collisions, line.wire.silence_violations) == (0, 0)


@pytest.fixture
def field(tmp_path: Path) -> Iterator[Master]:
    head, meter, radar = JxctLux(1), Sdm230(2), Mtdx62(31)
    head.lux = 132854
    meter.set(359.5, struct.unpack(">f", bytes.fromhex("43663334"))[0], time.monotonic())
    radar.lux, radar.distance_m = 1.2, 3.45
    line = Line(tmp_path / "field", 9600, 10, [head, meter, radar])
    line.start()
    yield Master(line.path, 9600, 1)
    line.stop()
    assert (line.wire.collisions, line.wire.silence_violations) == (0, 0)


def test_wb_mao4(lamps: Master) -> None:
    lamps.write(11, "4", 960, 0)
    lamps.write(11, "0", 16, 1)
    lamps.write(11, "4", 16, 60)
    assert lamps.read(11, "0", 16, 4) == ["1", "0", "0", "0"]
    assert lamps.read(11, "4", 16, 4) == ["60", "0", "0", "0"]
    assert lamps.read(11, "4", 90, 4) == ["6000", "0", "0", "0"]


def test_wb_mao4_safety_registers_are_written_and_read_back(lamps: Master) -> None:
    lamps.write(11, "4", 8, 3)
    lamps.write(11, "4", 648, 3, 3, 3, 3)
    lamps.write(11, "4", 656, 100, 100, 90, 80)
    lamps.write(11, "0", 16, 1, 1, 1, 0)
    assert lamps.read(11, "4", 8) == ["3"]
    assert lamps.read(11, "4", 648, 4) == ["3", "3", "3", "3"]
    assert lamps.read(11, "4", 656, 4) == ["100", "100", "90", "80"]
    assert lamps.read(11, "0", 16, 4) == ["1", "1", "1", "0"]


def test_waveshare(lamps: Master) -> None:
    lamps.write(21, "4", 0, 5000)
    lamps.write(21, "4", 1, 100, 200, 300)
    assert lamps.read(21, "4", 0, 8) == ["5000", "100", "200", "300", "0", "0", "0", "0"]
    assert lamps.read(21, "4", 0x4000) == ["21"]
    assert lamps.read(21, "4", 0x8000) == ["100"]


def test_a_refusal_is_understood_as_one(lamps: Master) -> None:
    with pytest.raises(AssertionError, match="Illegal data value"):
        lamps.write(21, "4", 0, 10001)


def test_sdm230(field: Master) -> None:
    assert field.read(2, "3:float", 0x0000) == ["230.2"]
    assert field.read(2, "3:float", 0x000C) == ["359.5"]
    assert field.read(2, "3:float", 0x0046) == ["50"]


def test_jxct_lux(field: Master) -> None:
    assert field.read(1, "4:int", 0x0007) == ["132854"]


def test_mtdx62(field: Master) -> None:
    field.write(31, "4", 3, 30)
    assert field.read(31, "4", 2, 2) == ["10", "30"]
    assert field.read(31, "3", 0, 4) == ["0", "12", "0", "1"]
