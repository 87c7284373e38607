"""The neighbours' task: what it does without its extra, without a secret, and when it ends."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from agent.clock import Wall
from agent.config import Config
from agent.image import Image
from agent.neighbours import task
from agent.neighbours.task import NOT_INSTALLED, Neighbourhood, NoSecret, read_secret
from config_reading import POLE, read_text
from drivers.points import Point, PointType, Quality, Reading
from neighbour_net import Net, NetLink
from neighbour_poles import Told

SECRET = "0123456789abcdef" * 4


class StillClock:
    """Time stands still unless it is moved."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def mono_s(self) -> float:
        return self.now_s

    def wall(self) -> Wall:
        return Wall(datetime(2026, 11, 25, tzinfo=UTC), trusted=True)

    street = wall


class Pole:
    """A controller, its street and its image; pole-7 of docs/pole.toml, or one of its neighbours."""

    def __init__(
        self, folder: Path, me: str = "pole-7", net: Net | None = None, clock: StillClock | None = None
    ) -> None:
        config = read_text(POLE)
        if me == "pole-8":
            config = read_text(
                POLE.replace('id = "pole-7"', 'id = "pole-8"')
                .replace("[neighbour.pole-8]", "[neighbour.pole-7]")
                .replace('end = "up"', 'end = "down"')
            )
        self.config = _with_secret(config, folder / "secret")
        self.clock = clock or StillClock()
        self.street = Told()
        self.steps = 0
        sensors = [device.id for device in config.devices if device.kind == "presence"]
        self.image = Image([Point(key=f"{one}/presence/state", type=PointType.BOOL, max_age_s=2.0) for one in sensors])
        self.link = None if net is None else NetLink(net, me)
        assert self.config.neighbours is not None
        self.all = Neighbourhood(
            self.config,
            self.config.neighbours,
            self.clock,
            image=self.image,
            street=self.street,
            step=self._step,
            link=self.link,
        )

    def _step(self) -> None:
        self.steps += 1

    def read(self, sensor: str, quality: Quality = Quality.GOOD) -> None:
        self.image.put(f"{sensor}/presence/state", Reading(False, quality, "", self.clock.now_s))


def _with_secret(config: Config, path: Path) -> Config:
    assert config.neighbours is not None
    neighbours = msgspec.structs.replace(config.neighbours, secret=path)
    return msgspec.structs.replace(config, neighbours=neighbours)


@asynccontextmanager
async def running(*poles: Pole) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(pole.all.run()) for pole in poles]
    try:
        yield
    finally:
        for one in tasks:
            one.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def turns(count: int = 50) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def until_state(pole: Pole, state: str) -> None:
    async with asyncio.timeout(10):
        while pole.all.state().state != state:  # noqa: ASYNC110 - the secret is read in a thread
            await asyncio.sleep(0.01)


async def test_without_the_extra_it_says_what_to_install_and_the_seams_stay_lit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "zenoh", None)
    monkeypatch.delitem(sys.modules, "agent.neighbours.zenoh_link", raising=False)
    (tmp_path / "secret").write_text(SECRET)
    pole = Pole(tmp_path)
    async with running(pole):
        await until_state(pole, "off")
        assert pole.all.state().last_error == NOT_INSTALLED
        assert pole.street.silent == {1: True, -1: True}
        assert [one.state for one in pole.all.state().neighbours] == ["silent", "silent"]


async def test_without_its_secret_nothing_is_said_until_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task, "_AGAIN_S", 0.01)
    net = Net()
    pole = Pole(tmp_path, net=net)
    async with running(pole):
        await until_state(pole, "opening")
        async with asyncio.timeout(10):
            while not pole.all.state().last_error:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert "openssl rand -hex 32" in pole.all.state().last_error
        assert not net.tapped
        (tmp_path / "secret").write_text(SECRET)
        await until_state(pole, "open")
        await turns()
        assert net.tapped
        assert not pole.all.state().last_error


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "there is no"),
        (b"short", "expected one line of 32 to 1024 characters"),
        (b"x" * 2000, "expected one line"),
        (b"0123456789abcdef0123456789abcdef\nand another line", "expected one line"),
        (b"\xff" * 40, "cannot be read"),
    ],
)
def test_a_secret_that_is_none(tmp_path: Path, content: bytes | None, told: str) -> None:
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(NoSecret, match=told):
        read_secret(path)
    path.write_text(f"  {SECRET}\n")
    assert read_secret(path) == SECRET.encode()


async def test_two_hear_each_other_and_what_sees_badly_says_so(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET)
    net, clock = Net(), StillClock()
    low, high = Pole(tmp_path, net=net, clock=clock), Pole(tmp_path, "pole-8", net, clock)
    async with running(low, high):
        await until_state(low, "open")
        await until_state(high, "open")

        async def passes(seconds: float) -> None:
            for _ in range(round(seconds / 0.1)):
                clock.now_s += 0.1
                for pole in (low, high):
                    pole.all._wake.set()
                await turns(5)
                net.go(net.now_s + 0.1)
                await turns(5)

        await passes(1.5)
        assert [one.state for one in low.all.state().neighbours] == ["blind", "silent"]
        for one in ("radar-01", "radar-2", "people-1", "pir-1"):
            high.read(one)
            low.read(one)
        await passes(1.0)
        assert low.street.silent == {1: False, -1: True}
        row = low.all.state().neighbours[0]
        assert (row.state, row.id, row.end, row.offset_m) == ("heard", "pole-8", "up", 90.0)
        assert row.received > 2
        steps = low.steps
        high.read("radar-01", Quality.STALE)
        high.read("people-1", Quality.STALE)
        await passes(1.0)
        assert low.all.state().neighbours[0].state == "blind"
        assert low.street.silent == {1: True, -1: True}
        assert low.steps > steps, "the light knows at once"


async def test_when_it_ends_the_seams_are_lit(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET)
    net, clock = Net(), StillClock()
    low, high = Pole(tmp_path, net=net, clock=clock), Pole(tmp_path, "pole-8", net, clock)
    for pole in (low, high):
        for one in ("radar-01", "radar-2", "people-1", "pir-1"):
            pole.read(one)
    async with running(high):
        async with running(low):
            await until_state(low, "open")
            for _ in range(10):
                await turns(5)
                net.go(net.now_s + 0.1)
            assert low.street.silent[1] is False
        assert low.street.silent == {1: True, -1: True}
