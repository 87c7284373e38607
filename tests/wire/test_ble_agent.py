"""Beacons of an agent, and the command that listens, on a real D-Bus: what is on the air, what is heard, what is missing."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent.beacons import Beacons
from bus_sink import Sink
from config_reading import POLE, read_text
from drivers.ble import bluez, encoding
from drivers.ble.adverts import service_uuid
from drivers.ble.records import EddystoneUid
from drivers.points import Quality
from fake_bluez import FakeBluez
from private_bus import PrivateBus

SERVICE = service_uuid(0xFEAA)
BENCH = encoding.eddystone(EddystoneUid("8b0ca750095477cb3e77", "000000000001", -20))
ADDRESS = "C2:00:00:00:00:01"


@pytest.fixture
async def blue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeBluez]:
    """BlueZ on a bus that is this process's system bus."""
    monkeypatch.setattr(bluez, "_FIRST_PAUSE_S", 0.02)
    monkeypatch.setattr(bluez, "_BEAT_S", 0.02)
    bus = PrivateBus(tmp_path)
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", bus.address)
    blue = FakeBluez(bus.address)
    await blue.start()
    yield blue
    await blue.stop()
    bus.stop()


class Running:
    """The beacons of docs/pole.toml."""

    def __init__(self) -> None:
        self.sink = Sink()
        self.beacons = Beacons(read_text(POLE), time.monotonic, self.sink)
        self.task = asyncio.create_task(self.beacons.run())

    async def until(self, key: str, value: object) -> None:
        await self.sink.until(lambda: key in self.sink.readings and self.sink.readings[key].value == value)

    async def end(self) -> None:
        self.task.cancel()
        await asyncio.wait([self.task])


async def test_ours_are_on_the_air_and_others_are_heard(blue: FakeBluez) -> None:
    running = Running()
    assert {point.key for point in running.beacons.points()} >= {"place-1/beacon/on_air", "bench-1/beacon/rssi"}
    await blue.until_on_air(2)
    await running.until("place-1/beacon/on_air", True)
    assert running.sink.readings["place-1/beacon/major"].value == 7
    await blue.until_discovering()
    await blue.hears(ADDRESS, -70, ServiceData={SERVICE: BENCH})
    await running.until("bench-1/beacon/rssi", -70.0)
    assert running.sink.readings["bench-1/beacon/distance"].quality is Quality.UNCERTAIN
    await running.end()


async def test_without_bluez_the_reason_is_told_and_it_comes_back(blue: FakeBluez) -> None:
    running = Running()
    await running.until("page-1/beacon/on_air", True)
    await blue.until_discovering()
    await blue.stop()
    await running.until("page-1/beacon/on_air", False)
    assert "bluetooth.service" in running.sink.readings["page-1/beacon/on_air"].reason
    assert running.sink.readings["bench-1/beacon/rssi"].quality is Quality.BAD
    await blue.start()
    await running.until("page-1/beacon/on_air", True)
    assert {"beacon_on_air", "beacon_off_air", "beacons_unheard"} <= set(running.sink.events)
    await running.end()


async def test_what_is_heard_is_listed(blue: FakeBluez) -> None:
    words = ("from agent.cli.main import main; import sys; sys.argv[0] = 'gadelys'; main()",)
    command = await asyncio.create_subprocess_exec(
        sys.executable, "-c", *words, "ble", "scan", "--seconds", "5", "--json", stdout=subprocess.PIPE
    )
    await blue.until_discovering()
    await blue.hears(ADDRESS, -70, ServiceData={SERVICE: BENCH})
    assert command.stdout is not None
    row = json.loads(await command.stdout.readline())
    assert (row["address"], row["rssi_dbm"], row["beacon"]["instance"]) == (ADDRESS, -70, "000000000001")
    command.send_signal(2)
    assert await command.wait() == 0
