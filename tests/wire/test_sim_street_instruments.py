"""The street's two instruments on their ports: whom they see, and how they are taken away and brought back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import serial

from drivers.lines import load_model
from firmware_sim.street import Street
from firmware_sim.traffic import User
from instrument_facts import language_of
from street_hand import DEADLINE_S, Tried

SPEEDS = {"ld2410": 256_000, "ld2451": 115_200}
PEOPLE, VEHICLES = ("radar-01", "ld2410"), ("vehicles-01", "ld2451")


@pytest.fixture
async def tried(tmp_path: Path) -> AsyncIterator[Tried]:
    tried = Tried(tmp_path)
    await tried.start()
    yield tried
    await tried.stop()


def place(street: Street, *users: tuple[str, float, float]) -> None:
    """Put these on an empty street: kind, where, how fast; and let the instruments see them."""
    street.step()
    street.world.users = [
        User(number, "vehicle" if kind == "vehicle" else "person", street.world.now_s, at_m, speed)
        for number, (kind, at_m, speed) in enumerate(users)
    ]
    street.step()


def heard(path: Path, model: str) -> dict[str, object]:
    """Return what a reader makes of one report from now on."""
    language = language_of(load_model(model))
    said: dict[str, object] = {}
    deadline_s = time.monotonic() + DEADLINE_S
    with serial.Serial(str(path), SPEEDS[model], timeout=DEADLINE_S) as port:
        port.reset_input_buffer()
        port.read_until(bytes.fromhex("F8 F7 F6 F5"))
        while not said and time.monotonic() < deadline_s:
            said = {fact.resource: fact.value for fact in language.feed(port.read(1), time.monotonic())}
    return said


async def seen(tried: Tried, which: tuple[str, str], *users: tuple[str, float, float]) -> dict[str, object]:
    name, model = which
    client = await tried.client()
    assert await client.do(do="plug", line=name) == {"ok": True}
    place(tried.street, *users)
    return await asyncio.to_thread(heard, tried.path.parent / name, model)


async def test_a_vehicle_that_comes_up_is_seen_from_far(tried: Tried) -> None:
    said = await seen(tried, VEHICLES, ("vehicle", -95.0, 10.0), ("person", -30.0, 1.4), ("vehicle", 20.0, 10.0))
    assert said["vehicles/count"] == 1
    assert said["vehicles/distance"] == pytest.approx(95, abs=1)
    assert said["vehicles/speed"] == pytest.approx(10, abs=0.2)


async def test_a_vehicle_that_leaves_is_counted_and_not_the_nearest_to_come(tried: Tried) -> None:
    said = await seen(tried, VEHICLES, ("vehicle", -20.0, -10.0), ("vehicle", -60.0, 12.0))
    assert said["vehicles/count"] == 2
    assert said["vehicles/distance"] == pytest.approx(60, abs=1)


async def test_nobody_is_seen_beyond_a_hundred_metres(tried: Tried) -> None:
    said = await seen(tried, VEHICLES, ("vehicle", -105.0, 10.0))
    assert said["vehicles/count"] == 0


@pytest.mark.parametrize(("kind", "speed"), [("person", 1.4), ("vehicle", -10.0)])
async def test_whoever_moves_within_six_metres_of_the_first_lamp_is_seen(tried: Tried, kind: str, speed: float) -> None:
    said = await seen(tried, PEOPLE, (kind, 3.0, speed), ("person", -8.0, 1.4))
    assert said["presence/state"] is True
    assert said["presence/distance"] == pytest.approx(3.0, abs=0.1)
    assert tried.street.present()[0]


async def test_nobody_is_seen_farther_off(tried: Tried) -> None:
    said = await seen(tried, PEOPLE, ("person", 8.0, 1.4))
    assert said["presence/state"] is False
    assert tried.street.present()[:2] == [False, False]


async def test_the_state_has_both(tried: Tried) -> None:
    place(tried.street, ("vehicle", -50.0, 10.0))
    client = await tried.client()
    await client.do(do="sensor_dies", sensor="radar-01")
    await client.do(do="watch", interval_s=0.05)
    sensors = {sensor["id"]: sensor for sensor in (await client.receive())["state"]["sensors"]}
    assert sensors["vehicles-01"] == {"id": "vehicles-01", "x_m": 0.0, "present": True, "alive": True}
    assert sensors["radar-01"] == {"id": "radar-01", "x_m": 0.0, "present": False, "alive": False}


@pytest.mark.parametrize(("name", "model"), [PEOPLE, VEHICLES])
async def test_one_dies_and_comes_back_is_pulled_out_and_plugged_in(tried: Tried, name: str, model: str) -> None:
    client, path = await tried.client(), tried.path.parent / name
    await client.do(do="plug", line=name)
    assert await client.do(do="sensor_dies", sensor=name) == {"ok": True, "sensor": name}
    with serial.Serial(str(path), SPEEDS[model], timeout=0.3) as port:
        port.reset_input_buffer()
        port.read(1 << 10)  # what was on the way
        assert port.read(1) == b""
        await client.do(do="sensor_back")
        port.timeout = DEADLINE_S
        assert len(await asyncio.to_thread(port.read, 20)) == 20
        await client.do(do="pull", line=name)
        assert not path.is_symlink()
        with pytest.raises(serial.SerialException):
            port.read(1 << 16)
    await client.do(do="plug", line=name)
    assert await asyncio.to_thread(heard, path, model)
