"""The eye above the street and the hand in it: what is done and seen, and clients that misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from firmware_sim.json_socket import LONGEST_LINE, MOST_CLIENTS
from firmware_sim.street import Street
from firmware_sim.street_socket import StreetSocket
from street_hand import BEGIN, DEADLINE_S, Tried


@pytest.fixture
async def tried(tmp_path: Path) -> AsyncIterator[Tried]:
    tried = Tried(tmp_path)
    await tried.start()
    yield tried
    await tried.stop()


async def test_somebody_steps_out_and_a_vehicle_enters(tried: Tried) -> None:
    client = await tried.client()
    assert await client.do(do="person") == {"ok": True, "x_m": 93.0}
    assert await client.do(do="vehicle") == {"ok": True, "x_m": 380.0}
    assert [user.kind for user in tried.street.world.users] == ["person", "vehicle"]


async def test_sensors_die_and_come_back(tried: Tried) -> None:
    client = await tried.client()
    assert await client.do(do="sensor_dies", sensor="radar-05") == {"ok": True, "sensor": "radar-05"}
    died = {(await client.do(do="sensor_dies"))["sensor"] for _ in range(10)} | {"radar-05"}
    assert died == {f"radar-{place:02}" for place in range(1, 12)}
    refusal = (await client.do(do="sensor_dies"))["error"]
    assert refusal == "sensor: expected a healthy one of radar-01 to radar-11, or vehicles-01"
    assert await client.do(do="sensor_dies", sensor="vehicles-01") == {"ok": True, "sensor": "vehicles-01"}
    assert [tried.street.vehicles_alive] == [False]
    assert await client.do(do="sensor_back") == {"ok": True}
    assert tried.street.vehicles_alive
    assert all(radar.alive for radar in tried.street.radars)


async def test_the_door(tried: Tried) -> None:
    client = await tried.client()
    assert await client.do(do="door", open=True) == {"ok": True}
    assert tried.street.door_open is True
    assert await client.do(do="door", open=False) == {"ok": True}
    assert tried.street.door_open is False


async def test_a_line_is_pulled_and_plugged_by_many_hands_at_once(tried: Tried) -> None:
    clients = [await tried.client() for _ in range(4)]
    for _ in range(5):
        plugged = await asyncio.gather(*(client.do(do="plug", line="lamps") for client in clients))
        assert plugged == [{"ok": True}] * 4
        assert (tried.path.parent / "lamps").is_symlink()
        pulled = await asyncio.gather(*(client.do(do="pull", line="lamps") for client in clients))
        assert pulled == [{"ok": True}] * 4
        assert not (tried.path.parent / "lamps").is_symlink()


@pytest.mark.parametrize("end", [b"", b"\n"])
async def test_a_line_that_is_too_long_is_refused_and_the_client_let_go(tried: Tried, end: bytes) -> None:
    client = await tried.client()
    await client.send(b'{"do": "person", "x": "' + b"x" * 2 * LONGEST_LINE + b'"}' + end)
    assert await client.receive() == {"ok": False, "error": "expected a line of at most 4096 bytes"}
    assert await client.ended()
    assert tried.street.world.users == []


async def test_one_client_too_many_is_told_and_the_others_stay(tried: Tried) -> None:
    clients = [await tried.client() for _ in range(MOST_CLIENTS)]
    for client in clients:
        assert (await client.do(do="sensor_back"))["ok"]
    late = await tried.client()
    during = asyncio.gather(*(client.do(do="sensor_back") for client in clients))
    assert await late.receive() == {"ok": False, "error": "expected at most 8 clients at a time"}
    assert await late.ended()
    assert await during == [{"ok": True}] * MOST_CLIENTS
    clients[0].writer.write_eof()
    assert await clients[0].ended()
    assert (await (await tried.client()).do(do="sensor_back"))["ok"]


async def test_watching(tried: Tried) -> None:
    client = await tried.client()
    await client.do(do="person")
    await client.do(do="sensor_dies", sensor="radar-02")
    assert await client.do(do="watch", interval_s=0.05) == {"ok": True}
    state = (await client.receive())["state"]
    [user] = state["users"]
    assert (user["kind"], user["speed_m_per_s"]) == ("person", 1.4)
    assert user["x_m"] == pytest.approx(93.0)
    assert state["street_time"].startswith("2026-11-20T20:30:")
    assert state["sun_deg"] == pytest.approx(-44.9, abs=0.1)
    assert [lamp["id"] for lamp in state["lamps"]] == [f"lum-{lamp:02}" for lamp in range(1, 13)]
    assert [sensor["id"] for sensor in state["sensors"] if not sensor["alive"]] == ["radar-02"]
    assert [scheme["name"] for scheme in state["schemes"]] == ["gadelys", "step-dimming", "motion 20 %", "full"]
    assert state["violations"] == []
    assert state["broker"] is None
    assert list(state["passed"]) == [*(f"radar-{radar:02}" for radar in range(1, 12)), "pir-1"]
    await client.send(b'{"do": "vehicle"}\n')  # who watches may act
    async with asyncio.timeout(DEADLINE_S):
        while "ok" not in (message := await client.receive()):
            assert "state" in message
        assert message["ok"]
        while len((await client.receive())["state"]["users"]) < 2:
            pass


async def test_watching_again_replaces_the_first(tried: Tried) -> None:
    client = await tried.client()
    await client.do(do="watch", interval_s=0.05)
    await client.receive()
    await client.send(b'{"do": "watch", "interval_s": 60}\n')
    async with asyncio.timeout(DEADLINE_S):
        while "ok" not in await client.receive():
            pass
    assert (await client.do(do="person"))["ok"]  # no state comes between
    assert (await client.do(do="vehicle"))["ok"]


async def test_who_watches_and_does_not_read_is_let_go(tried: Tried, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tried.socket, "state", lambda: {"much": "x" * 500_000})
    slow, other = await tried.client(), await tried.client()
    slow.writer.transport.pause_reading()  # type: ignore[attr-defined]
    await slow.send(b'{"do": "watch", "interval_s": 0.05}\n')
    async with asyncio.timeout(DEADLINE_S):
        while len(tried.socket._clients) == 2:
            assert (await other.do(do="sensor_back"))["ok"]


async def test_who_asks_and_does_not_read_keeps_nobody_waiting(tried: Tried) -> None:
    slow, other = await tried.client(), await tried.client()
    slow.writer.transport.pause_reading()  # type: ignore[attr-defined]
    flood = asyncio.create_task(slow.send(b'{"do": "dance"}\n' * 200_000))
    for _ in range(50):
        assert (await other.do(do="sensor_back"))["ok"]
    await asyncio.wait_for(tried.socket.stop(), DEADLINE_S)
    with suppress(ConnectionError):
        await asyncio.wait_for(flood, DEADLINE_S)
    assert not tried.path.exists()


async def test_clients_that_go_while_watching_leave_nothing(tried: Tried) -> None:
    other = await tried.client()
    for _ in range(2 * MOST_CLIENTS):
        client = await tried.client()
        await client.do(do="watch", interval_s=0.05)
        client.writer.transport.abort()
        async with asyncio.timeout(DEADLINE_S):
            while len(tried.socket._clients) > 1:
                assert (await other.do(do="sensor_back"))["ok"]


async def test_a_socket_that_was_never_ours_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "street.sock").touch()
    await StreetSocket(tmp_path / "street.sock", Street(tmp_path, BEGIN)).stop()
    assert (tmp_path / "street.sock").exists()
