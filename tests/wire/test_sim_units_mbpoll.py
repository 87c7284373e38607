"""mbpoll (on libmodbus) reads every simulated product at its speed from the factory, and is told nothing at another."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from firmware_sim.cabinet import put
from firmware_sim.line import Line
from firmware_sim.tcp import HOST, TcpUnits
from firmware_sim.units import PRODUCTS, Unit
from firmware_sim.units.dali_gateways import Arlight
from firmware_sim.units.table import TableUnit

pytestmark = pytest.mark.skipif(shutil.which("mbpoll") is None, reason="mbpoll is not installed: apt install mbpoll")

_VALUE = re.compile(r"^\[(\d+)\]:\s+(\S+)", re.MULTILINE)

# Product, value, set to, mbpoll's kind, register, what it reads
READINGS = [
    ("sdm120", "power_w", 412.5, "3:float", 0x000C, "412.5"),
    ("sdm630", "power_w", 900.25, "3:float", 0x0034, "900.25"),
    ("sdm72", "total_kwh", 8120.5, "3:float", 0x0156, "8120.5"),
    ("pzem-016", "voltage_v", 229.6, "3", 0x0000, "2296"),
    ("jxct-illuminance", "illuminance_lux", 132854, "4:int", 0x0007, "132854"),
    ("jxct-wind-speed", "wind_speed_m_per_s", 3.4, "4", 0x0016, "34"),
    ("jxct-wind-direction", "wind_direction_deg", 138, "4", 0x0000, "138"),
    ("jxct-temperature-humidity", "humidity_pct", 65.8, "4", 0x0000, "658"),
    ("jxct-pm", "pm2_5_ug_per_m3", 12, "4", 0x0004, "12"),
    ("jxct-rain", "rain_mm", 0.3, "4", 0x0003, "3"),
    ("jxbs-3001-npk", "conductivity_us_per_cm", 1500, "4", 0x0015, "1500"),
    ("thc-s", "temperature_cel", 22.5, "4", 0x0001, "225"),
    ("cwt-soil-7in1", "ph", 6.5, "4", 0x0003, "65"),
    ("nhzd210", "illuminance_lux", 296, "3:int", 0x0000, "296"),
    ("qdy30a", "level_cm", 2.6, "4", 0x0004, "26"),
    ("sen0676", "empty_mm", 2600, "4", 0x0003, "1400"),
    ("sen0492", "distance_mm", 1803, "4", 0x0034, "1803"),
    ("sen0644", "illuminance_lux", 35, "4:int", 0x0002, "35000"),
    ("sensecap-s1000", "temperature_cel", 28.3, "3:int", 0x0000, "28300"),
    ("wtvb01-485", "temperature_cel", 21.4, "4", 0x0040, "2140"),
    ("wt901c485", "roll_deg", 90, "4", 0x003D, "16384"),
    ("wb-ms-v2", "illuminance_lux", 240, "3", 2, "240"),
    ("wb-msw-v3", "illuminance_lux", 180.5, "3:int", 9, "18050"),
    ("waveshare-io8", "input-1", 1, "1", 0, "1"),
]


def poll(path: Path, unit: Unit, kind: str, register: int, *rest: str, baud: int | None = None) -> tuple[int, str]:
    link = unit.link
    assert link is not None
    port = ["-m", "rtu", "-b", str(baud or link.baud), "-P", link.parity or "none", "-s", str(link.stop_bits)]
    return run(*port, "-a", str(unit.address), "-t", kind, "-r", str(register), *rest[:2], str(path), *rest[2:])


def run(*arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        ["mbpoll", "-0", "-1", "-o", "1", *arguments], capture_output=True, text=True, timeout=30, check=False
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(("product", "name", "value", "kind", "register", "told"), READINGS)
def test_a_product_is_read(
    tmp_path: Path, product: str, name: str, value: float, kind: str, register: int, told: str
) -> None:
    known = PRODUCTS[product]
    unit = known.make(known.address)
    unit.place(known.address, known.link)
    put(unit, name, value, 0.0)
    line = Line(tmp_path / "line", 9600, 10, [unit])
    line.start()
    try:
        code, out = poll(line.path, unit, kind, register, "-B", "-c1")
        assert (code, [found for _, found in _VALUE.findall(out)]) == (0, [told]), out
    finally:
        line.stop()
    assert line.wire.silence_violations == 0


@pytest.mark.parametrize("parity", ["even", "odd"])
def test_parity_that_libmodbus_checks_is_seen(tmp_path: Path, parity: str) -> None:
    unit = PRODUCTS["mtdx62-mb"].make(31)
    unit.answer(bytes([6, 0, 9, 0, 2 if parity == "even" else 1]), 0.0)
    unit.power_up(0.0)
    line = Line(tmp_path / "line", 9600, 10, [unit])
    line.start()
    try:
        code, out = poll(line.path, unit, "4", 0x0003, "-B", "-c1")
        assert (code, [found for _, found in _VALUE.findall(out)]) == (0, ["5"]), out
        other = PRODUCTS["mtdx62-mb"].make(31)
        other.answer(bytes([6, 0, 9, 0, 1 if parity == "even" else 2]), 0.0)
        other.power_up(0.0)
        code, out = poll(line.path, other, "4", 0x0003, "-B", "-c1")
        assert code != 0
    finally:
        line.stop()


def test_at_another_speed_there_is_nobody(tmp_path: Path) -> None:
    unit = PRODUCTS["thc-s"].make(1)
    unit.place(1, PRODUCTS["thc-s"].link)
    line = Line(tmp_path / "line", 9600, 10, [unit])
    line.start()
    try:
        code, out = poll(line.path, unit, "4", 0, "-B", "-c1", baud=9600)
        assert code != 0
        assert "timed out" in out
    finally:
        line.stop()


def test_an_address_is_changed_and_found_again(tmp_path: Path) -> None:
    unit = PRODUCTS["wtvb01-485"].make(0x50)
    unit.place(0x50, PRODUCTS["wtvb01-485"].link)
    assert isinstance(unit, TableUnit)
    unit.set("temperature_cel", 21.4)
    line = Line(tmp_path / "line", 9600, 10, [unit])
    line.start()
    try:
        for register, value in ((0x69, 0xB588), (0x1A, 2), (0x00, 0)):
            code, out = poll(line.path, unit, "4", register, "-B", "-q", str(value))
            assert code == 0, out
        assert unit.address == 2
        code, out = poll(line.path, unit, "4", 0x0040, "-B", "-c1")
        assert [found for _, found in _VALUE.findall(out)] == ["2140"], out
    finally:
        line.stop()


async def test_a_gateway_on_tcp() -> None:
    gateway = Arlight(1)
    served = TcpUnits([gateway])
    await served.start()
    try:
        arguments = ("-m", "tcp", "-p", str(served.port), "-a", "1", "-t", "4")
        code, out = await asyncio.to_thread(run, *arguments, "-r", "384", HOST, "85")
        assert code == 0, out
        code, out = await asyncio.to_thread(run, *arguments, "-r", "2688", "-c1", HOST)
        assert (code, [found for _, found in _VALUE.findall(out)]) == (0, ["85"]), out
    finally:
        await served.stop()
