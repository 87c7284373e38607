"""`gadelys ble scan` in a process of its own, on a real D-Bus."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drivers.ble import encoding
from drivers.ble.adverts import service_uuid
from drivers.ble.records import EddystoneUrl, IBeacon
from fake_bluez import FakeBluez
from private_bus import PrivateBus
from running_street import script

SERVICE = service_uuid(0xFEAA)


async def scanned(bus: PrivateBus, blue: FakeBluez, *words: str) -> tuple[int, str, str]:
    """Scan for 1 s, while a beacon with two frames, another and a telephone are heard."""
    process = await asyncio.create_subprocess_exec(
        script("gadelys"), "ble", "scan", "--seconds", "1", *words,
        env={**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": bus.address, "COLUMNS": "120"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    await blue.until_discovering()
    frame = encoding.eddystone(EddystoneUrl("https://goo.gl/Aq18zF", -18))
    telemetry = bytes.fromhex("20 00 0B B8 15 80 00 00 00 01 00 00 2A 30")
    makers = {0x004C: encoding.ibeacon(IBeacon("fda50693-a4e2-4fb1-afcf-c6eb07647825", 1, 2, -59))}
    await blue.hears("C2:00:00:00:00:01", -79, ServiceData={SERVICE: frame})
    await blue.hears("C2:00:00:00:00:01", -79, ServiceData={SERVICE: telemetry})
    await blue.hears("C2:00:00:00:00:02", -62, ManufacturerData=makers)
    await blue.hears("C2:00:00:00:00:03", -40, ManufacturerData={0x004C: b"\x10\x05\x01"})
    async with asyncio.timeout(20):
        out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


@pytest.fixture
async def radio(tmp_path: Path) -> AsyncIterator[tuple[PrivateBus, FakeBluez]]:
    bus = PrivateBus(tmp_path)
    blue = FakeBluez(bus.address)
    await blue.start()
    yield bus, blue
    await blue.stop()
    bus.stop()


async def test_a_scan(radio: tuple[PrivateBus, FakeBluez]) -> None:
    bus, blue = radio
    code, out, err = await scanned(bus, blue)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "dBm    far  heard  address            beacon",
        "-62   ~1 m      1  C2:00:00:00:00:02  iBeacon fda50693-a4e2-4fb1-afcf-c6eb07647825 major 1 minor 2",
        "-79  ~10 m      1  C2:00:00:00:00:01  Eddystone-URL https://goo.gl/Aq18zF (3.00 V, 21.5 Cel, advert 1, up 0.3 h)",
        "2 beacons; 1 other device",
    ]
    code, out, _ = await scanned(bus, blue, "--all")
    assert out.splitlines()[-2:] == ["-40                C2:00:00:00:00:03  no beacon", "2 beacons; 1 other device"]
    code, out, _ = await scanned(bus, blue, "--json")
    rows = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [(row["address"], row["rssi_dbm"], row["beacon"]["type"]) for row in rows] == [
        ("C2:00:00:00:00:01", -79, "eddystone-url"),
        ("C2:00:00:00:00:01", -79, "eddystone-tlm"),
        ("C2:00:00:00:00:02", -62, "ibeacon"),
    ]
    await blue.power(on=False)
    process = await asyncio.create_subprocess_exec(
        script("gadelys"), "ble", "scan", env={**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": bus.address},
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, said = await process.communicate()
    assert process.returncode == 3
    assert said.decode().startswith("gadelys: ble: hci0 is switched off; `bluetoothctl power on`")
