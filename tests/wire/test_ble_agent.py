"""The agent's beacons on a real D-Bus: points and events, a radio that goes and comes back, and an agent without one."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agent.beacons import Beacons
from agent.remedies import missing
from config_reading import POLE, read_text
from drivers.ble import bluez, encoding
from drivers.ble.adverts import service_uuid
from drivers.ble.records import EddystoneUid
from drivers.points import Quality, Reading
from fake_bluez import FakeBluez
from private_bus import PrivateBus

SERVICE = service_uuid(0xFEAA)
BENCH = encoding.eddystone(EddystoneUid("8b0ca750095477cb3e77", "000000000001", -18))
ADDRESS = "C2:00:00:00:00:01"


class Told:
    """The image and the log of an agent."""

    def __init__(self) -> None:
        self.last: dict[str, Reading] = {}
        self.events: list[tuple[str, dict[str, object]]] = []
        self._news = asyncio.Event()

    def reading(self, key: str, reading: Reading) -> None:
        self.last[key] = reading
        self._news.set()

    def event(self, name: str, **keys: object) -> None:
        self.events.append((name, keys))

    async def until(self, key: str, value: object) -> Reading:
        async with asyncio.timeout(10):
            while (reading := self.last.get(key)) is None or reading.value != value:
                self._news.clear()
                await self._news.wait()
        return reading


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PrivateBus]:
    monkeypatch.setattr(bluez, "_FIRST_PAUSE_S", 0.02)
    monkeypatch.setattr(bluez, "_BEAT_S", 0.02)
    bus = PrivateBus(tmp_path)
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", bus.address)
    yield bus
    bus.stop()


@asynccontextmanager
async def running() -> AsyncIterator[Told]:
    told = Told()
    beacons = Beacons(read_text(POLE), asyncio.get_running_loop().time, told)
    task = asyncio.create_task(beacons.run())
    try:
        yield told
        assert told.last.keys() <= {point.key for point in beacons.points()}
    finally:
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()


async def test_a_pole_with_its_beacons(bus: PrivateBus) -> None:
    blue = FakeBluez(bus.address)
    await blue.start()
    async with running() as told:
        place, page = await blue.until_on_air(2)
        assert place["ManufacturerData"][0x004C][-5:].hex() == "00070001c5"
        assert page["ServiceData"][SERVICE] == b"\x10\xee\x03kommune.dk/p7"
        await told.until("place-1/beacon/on_air", value=True)
        assert told.last["place-1/beacon/major"].value == 7
        await blue.until_discovering()
        await blue.hears("C2:00:00:00:00:02", -50, ServiceData={SERVICE: b"\x10\x00\x03a"})  # a stranger
        await blue.hears(ADDRESS, -79, ServiceData={SERVICE: BENCH})
        far = await told.until("bench-1/beacon/distance", 10.0)
        assert far.quality is Quality.UNCERTAIN
        await blue.hears(
            ADDRESS, -80, ServiceData={SERVICE: bytes.fromhex("20 00 0B B8 15 80 00 00 00 01 00 00 00 0F")}
        )
        await told.until("bench-1/beacon/battery_voltage", 3.0)
        await blue.stop()
        off = await told.until("place-1/beacon/on_air", value=False)
        assert off.reason == "there is no BlueZ on the system bus; is bluetooth.service running?"
        assert (await told.until("bench-1/beacon/rssi", None)).quality is Quality.BAD
        await blue.start()
        await told.until("place-1/beacon/on_air", value=True)
    assert [name for name, keys in told.events if keys.get("beacon") == "place-1"] == [
        "beacon_on_air", "beacon_off_air", "beacon_on_air",
    ]  # fmt: skip
    assert not any("C2:00:00:00:00:02" in str(item) for item in (*told.events, *told.last.items()))
    await blue.stop()


async def test_a_pole_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "drivers.ble.bluez", None)
    async with running() as told:
        off = await told.until("page-1/beacon/on_air", value=False)
        assert off.reason == missing("ble")
        assert (await told.until("bench-1/beacon/rssi", None)).reason == off.reason
