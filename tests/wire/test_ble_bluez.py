"""The radio on a real D-Bus: what BlueZ is told to send, what it hears, and each way in which it goes and comes back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from dbus_fast.aio import MessageBus

from ble_told import Told, running
from drivers.ble import bluez, encoding
from drivers.ble.adverts import service_uuid
from drivers.ble.bluez import Broadcast
from drivers.ble.devices import Heard
from drivers.ble.records import EddystoneTlm, EddystoneUrl, IBeacon
from fake_bluez import FakeBluez
from private_bus import PrivateBus

PLACE = IBeacon("fda50693-a4e2-4fb1-afcf-c6eb07647825", 1, 2, -59)
PAGE = EddystoneUrl("https://goo.gl/Aq18zF", -18)
BROADCASTS = (
    Broadcast("place", encoding.payload(PLACE), 100),
    Broadcast("page", encoding.payload(PAGE), 500),
)
SERVICE = service_uuid(0xFEAA)
TELEMETRY = bytes.fromhex("20 00 0B B8 15 80 00 00 00 01 00 00 00 0F")
ADDRESS = "C2:00:00:00:00:01"


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[PrivateBus]:
    bus = PrivateBus(tmp_path)
    yield bus
    bus.stop()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bluez, "_FIRST_PAUSE_S", 0.02)
    monkeypatch.setattr(bluez, "_LONGEST_PAUSE_S", 0.05)
    monkeypatch.setattr(bluez, "_BEAT_S", 0.02)
    monkeypatch.setattr(bluez, "_AGAIN_S", 0.05)


@pytest.fixture
async def blue(bus: PrivateBus) -> AsyncIterator[FakeBluez]:
    blue = FakeBluez(bus.address)
    await blue.start()
    yield blue
    await blue.stop()


async def test_what_is_put_on_the_air(bus: PrivateBus, blue: FakeBluez) -> None:
    async with running(bus, BROADCASTS) as told:
        place, page = await blue.until_on_air(2)
        assert place == {
            "Type": "broadcast",
            "MinInterval": 100,
            "MaxInterval": 100,
            "ManufacturerData": {0x004C: bytes.fromhex("0215 FDA50693A4E24FB1AFCFC6EB07647825 0001 0002 C5")},
        }
        assert page == {
            "Type": "broadcast",
            "MinInterval": 500,
            "MaxInterval": 500,
            "ServiceUUIDs": [SERVICE],
            "ServiceData": {SERVICE: bytes.fromhex("10EE03676F6F2E676C2F417131387A46")},
        }
        assert [await told.next(), await told.next()] == [("place", ""), ("page", "")]
        assert not blue.discovering
    assert await blue.until_on_air(0) == []


async def test_adverts_are_heard(bus: PrivateBus, blue: FakeBluez) -> None:
    await blue.hears("C2:00:00:00:00:09", -50, ManufacturerData={0x004C: b"\x02\x15" + bytes(21)})  # before we listen
    async with running(bus, (), listen=True) as told:
        assert await told.next() == ("listening", "")
        assert [*blue.filters.values()] == [{"Transport": "le", "DuplicateData": True}]
        frame = encoding.eddystone(PAGE)
        await blue.hears(ADDRESS, -61, ServiceData={SERVICE: frame})
        assert await told.next() == Heard(ADDRESS, -61, (PAGE,))
        await blue.hears(ADDRESS, ServiceData={SERVICE: TELEMETRY})
        assert await told.next() == Heard(ADDRESS, -61, (EddystoneTlm(3000, 21.5, 1, 1.5),))
        await blue.hears(ADDRESS, -70, ServiceData={SERVICE: frame})
        assert await told.next() == Heard(ADDRESS, -70, (PAGE,))
        await blue.hears(ADDRESS, -71)
        assert await told.next() == Heard(ADDRESS, -71, (PAGE,))
        await blue.forgets(ADDRESS)
        await blue.hears(ADDRESS, -72)
        assert await told.next() == Heard(ADDRESS, -72, ())
        await blue.hears("C2:00:00:00:00:09", -55)
        (beacon,) = (await heard(told)).beacons
        assert isinstance(beacon, IBeacon)


async def heard(told: Told) -> Heard:
    news = await told.next()
    assert isinstance(news, Heard)
    return news


async def test_bluez_crashes_and_comes_back(bus: PrivateBus, blue: FakeBluez) -> None:
    async with running(bus, BROADCASTS, listen=True) as told:
        await blue.until_on_air(2)
        await blue.until_discovering()
        assert [await told.next() for _ in range(3)] == [("place", ""), ("page", ""), ("listening", "")]
        await blue.stop()
        why = "there is no BlueZ on the system bus; is bluetooth.service running?"
        assert [await told.next() for _ in range(3)] == [("place", why), ("page", why), ("listening", why)]
        await blue.start()
        await blue.until_on_air(2)
        assert [await told.next() for _ in range(3)] == [("place", ""), ("page", ""), ("listening", "")]


async def test_the_adapter_is_switched_off_and_on(bus: PrivateBus, blue: FakeBluez) -> None:
    async with running(bus, BROADCASTS) as told:
        await blue.until_on_air(2)
        assert [await told.next() for _ in range(2)] == [("place", ""), ("page", "")]
        await blue.power(on=False)
        _, why = await told.next(), await told.next()
        assert why == ("page", "hci0 is switched off; `bluetoothctl power on`, or `rfkill unblock bluetooth`")
        await blue.power(on=True)
        await blue.until_on_air(2)


async def test_the_adapter_is_unplugged_and_comes_back(bus: PrivateBus, blue: FakeBluez) -> None:
    async with running(bus, BROADCASTS[:1]) as told:
        assert await told.next() == ("place", "")
        await blue.unplug()
        assert await told.next() == ("place", "hci0 is gone")
        assert await told.next() == (
            "place",
            "BlueZ has no adapter hci0: it has none; is there a Bluetooth controller?",
        )
        blue.present = True
        assert await told.next() == ("place", "")


async def test_another_adapter_than_there_is(bus: PrivateBus) -> None:
    blue = FakeBluez(bus.address, adapter="hci7")
    await blue.start()
    async with running(bus, BROADCASTS[:1]) as told:
        assert await told.next() == ("place", "BlueZ has no adapter hci0: it has hci7")
    await blue.stop()


async def test_an_adapter_without_low_energy(bus: PrivateBus) -> None:
    blue = FakeBluez(bus.address, low_energy=False)
    await blue.start()
    async with running(bus, BROADCASTS[:1], listen=True) as told:
        assert await told.next() == ("place", "hci0 cannot advertise: it has no Bluetooth Low Energy")
        assert await told.next() == ("listening", "")
    await blue.stop()


async def test_one_that_has_no_place_comes_when_there_is_one(bus: PrivateBus, blue: FakeBluez) -> None:
    blue.places = 1
    async with running(bus, BROADCASTS) as told:
        assert await told.next() == ("place", "")
        assert await told.next() == ("page", "hci0 advertises already as many as it can")
        blue.places = 2
        assert await told.next() == ("page", "")


async def test_one_that_bluez_takes_off_the_air_is_put_on_again(bus: PrivateBus, blue: FakeBluez) -> None:
    async with running(bus, BROADCASTS[:1]) as told:
        assert await told.next() == ("place", "")
        (key,) = blue.on_air
        await blue.release(key)
        assert await told.next() == ("place", "BlueZ has taken it off the air")
        assert await told.next() == ("place", "")
        assert len(blue.on_air) == 1


async def test_the_bus_ends_and_comes_back(bus: PrivateBus, blue: FakeBluez) -> None:
    async with running(bus, BROADCASTS[:1]) as told:
        assert await told.next() == ("place", "")
        bus.stop()
        name, fault = await news(told)
        assert (name, fault) == ("place", "the system bus is gone")
        name, fault = await news(told)
        assert fault.startswith("there is no system bus here: ")
        bus.start()
        name, fault = await news(told)
        assert fault == "there is no BlueZ on the system bus; is bluetooth.service running?"


async def news(told: Told) -> tuple[str, str]:
    news = await told.next()
    assert isinstance(news, tuple)
    return news


async def test_a_bluez_that_does_not_answer(bus: PrivateBus, blue: FakeBluez, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bluez, "_ANSWER_S", 0.1)
    blue.mute = True
    async with running(bus, BROADCASTS[:1]) as told:
        assert await told.next() == ("place", "BlueZ does not answer")
        blue.mute = False
        assert await told.next() == ("place", "")


async def test_a_bus_that_does_not_let_us(tmp_path: Path) -> None:
    bus = PrivateBus(tmp_path, '<deny send_destination="org.bluez"/>')
    blue = FakeBluez(bus.address)
    await blue.start()
    async with running(bus, BROADCASTS[:1]) as told:
        assert await told.next() == (
            "place",
            "the system bus does not let this user speak to BlueZ; put it into the group bluetooth",
        )
    await blue.stop()
    bus.stop()


async def test_somebody_else_is_not_believed(bus: PrivateBus, blue: FakeBluez) -> None:
    """Only BlueZ is asked and answered: signals of another, and its `Release`, change nothing."""
    async with running(bus, BROADCASTS[:1], listen=True) as told:
        assert [await told.next(), await told.next()] == [("place", ""), ("listening", "")]
        ((owner, path),) = blue.on_air
        other = FakeBluez(bus.address)
        other._bus = await MessageBus(bus.address).connect()
        other.on_air[owner, path] = {}
        await other.release((owner, path))
        await other.power(on=False)
        await other.hears(ADDRESS, -40, ServiceData={SERVICE: TELEMETRY})
        other.bus.disconnect()
        await blue.hears(ADDRESS, -41, ServiceData={SERVICE: TELEMETRY})
        assert (await heard(told)).rssi_dbm == -41
