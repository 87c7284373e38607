"""The radio before python-dbusmock's BlueZ, which somebody else wrote with another D-Bus library."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from dbus_fast import Variant

from ble_told import running
from drivers.ble import bluez, encoding
from drivers.ble.adverts import service_uuid
from drivers.ble.devices import Heard
from drivers.ble.records import EddystoneUrl, IBeacon
from mock_bluez import MockBluez
from private_bus import PrivateBus

PLACE = IBeacon("fda50693-a4e2-4fb1-afcf-c6eb07647825", 1, 2, -59)
PAGE = EddystoneUrl("https://goo.gl/Aq18zF", -18)
ADDRESS = "C2:00:00:00:00:01"


@pytest.fixture
async def mock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[PrivateBus, MockBluez]]:
    monkeypatch.setattr(bluez, "_FIRST_PAUSE_S", 0.02)
    monkeypatch.setattr(bluez, "_LONGEST_PAUSE_S", 0.05)
    bus = PrivateBus(tmp_path)
    mock = MockBluez(bus.address)
    await mock.start()
    yield bus, mock
    mock.stop()
    bus.stop()


async def test_adverts_are_heard(mock: tuple[PrivateBus, MockBluez]) -> None:
    bus, blue = mock
    await blue.add_adapter("hci0")
    async with running(bus, (), listen=True) as told:
        assert await told.next() == ("listening", "")
        assert await blue.discovering("hci0")
        path = await blue.add_device("hci0", ADDRESS)
        assert await told.next() == Heard(ADDRESS, -79, ())
        makers = {0x004C: Variant("ay", encoding.ibeacon(PLACE))}
        await blue.changes(path, RSSI=Variant("n", -60), ManufacturerData=Variant("a{qv}", makers))
        assert await told.next() == Heard(ADDRESS, -60, (PLACE,))
        services = {service_uuid(0xFEAA): Variant("ay", encoding.eddystone(PAGE))}
        await blue.changes(path, RSSI=Variant("n", -62), ServiceData=Variant("a{sv}", services))
        assert await told.next() == Heard(ADDRESS, -62, (PAGE,))
        await blue.changes(path, Alias=Variant("s", "another name"))
        await blue.changes(path, RSSI=Variant("n", -64))
        assert await told.next() == Heard(ADDRESS, -64, (PLACE, PAGE))


async def test_the_adapter_goes_and_comes_back(mock: tuple[PrivateBus, MockBluez]) -> None:
    bus, blue = mock
    async with running(bus, (), listen=True) as told:
        none = ("listening", "BlueZ has no adapter hci0: it has none; is there a Bluetooth controller?")
        assert await told.next() == none
        await blue.add_adapter("hci0")
        assert await told.next() == ("listening", "")
        await blue.remove_adapter("hci0")
        assert await told.next() == ("listening", "hci0 is gone")
        assert await told.next() == none


async def test_the_process_ends(mock: tuple[PrivateBus, MockBluez]) -> None:
    bus, blue = mock
    await blue.add_adapter("hci0")
    async with running(bus, (), listen=True) as told:
        assert await told.next() == ("listening", "")
        await asyncio.to_thread(blue.stop)
        assert await told.next() == ("listening", "there is no BlueZ on the system bus; is bluetooth.service running?")
