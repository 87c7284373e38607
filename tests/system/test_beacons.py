"""A whole agent that is a beacon: on the air, off it when BlueZ crashes, gone with the agent; the lamps never notice."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from fake_bluez import FakeBluez
from pinned_agent import CONFIG, PinnedAgent
from private_bus import PrivateBus

BEACON = """
[ble]
adapter = "hci0"
[device.place]
kind = "beacon"
advert = "ibeacon"
uuid = "2f234454-cf6d-4a0f-adf2-f4911ba9ffa6"
major = 7
minor = 1
power_dbm = -59
interval_ms = 200
"""


async def test_an_agent_that_is_a_beacon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bus = PrivateBus(tmp_path)
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", bus.address)
    blue, agent = FakeBluez(bus.address), PinnedAgent(tmp_path)
    agent.config.write_text(CONFIG + BEACON, encoding="utf-8")
    await blue.start()
    try:
        await agent.start()
        (advert,) = await blue.until_on_air(1)
        assert advert["ManufacturerData"][0x004C].hex() == "02152f234454cf6d4a0fadf2f4911ba9ffa600070001c5"
        assert advert["MinInterval"] == 200
        await agent.until_value("place/beacon/on_air", value=True)
        await blue.stop()
        await agent.until_value("place/beacon/on_air", value=False)
        status = (await agent.call("status"))["result"]
        (task,) = (task for task in status["tasks"] if task["name"] == "ble")
        assert (task["state"], task["restarts"]) == ("running", 0)
        assert all(lamp["fault"] == "" for lamp in status["lamps"])
        await blue.start()
        await blue.until_on_air(1)
        await agent.end_agent(signal.SIGKILL)
        assert await blue.until_on_air(0) == []
    finally:
        await agent.stop()
        await blue.stop()
        bus.stop()
