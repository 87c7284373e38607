"""What every way to the neighbours has to fulfil: over Zenoh on loopback, and in one process."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from collections.abc import AsyncIterator, Callable
from itertools import permutations
from pathlib import Path
from typing import Protocol

import pytest

from agent.neighbours.link import MOST_WAITING, Link, LinkState
from agent.neighbours.message import LONGEST_BYTES
from neighbour_certificates import certificates
from neighbour_net import Net, NetLink

PATIENCE_S = 10.0
ROOT = Path(__file__).resolve().parents[2]
IDS = ("pole-1", "pole-2", "pole-3")


class Way(Protocol):
    """Links of three poles in a row; each may be opened and closed."""

    def link(self, me: str) -> Link: ...


class InProcess:
    def __init__(self) -> None:
        self._net = Net()

    def link(self, me: str) -> Link:
        link = NetLink(self._net, me)
        plain = link.send

        def send(to: str, data: bytes) -> None:
            plain(to, data)
            asyncio.get_running_loop().call_soon(lambda: self._net.go(self._net.now_s + 0.01))

        link.send = send  # type: ignore[method-assign]
        return link


class OverZenoh:
    def __init__(self, tls: Path | None = None) -> None:
        self._tls = tls
        self._ports = {name: free_port() for name in IDS}

    def place(self, name: str) -> str:
        return f"{'tls' if self._tls else 'tcp'}/127.0.0.1:{self._ports[name]}"

    def link(self, me: str) -> Link:
        from agent.neighbours.zenoh_link import Endpoints, ZenohLink

        here = IDS.index(me)
        others = tuple((name, self.place(name)) for at, name in enumerate(IDS) if abs(at - here) == 1)
        tls = None if self._tls is None else tuple(self._tls / name for name in ("ca.pem", "pole.pem", "pole.key"))
        return ZenohLink(Endpoints("g", me, self.place(me), others, tls), asyncio.get_running_loop().time)  # type: ignore[arg-type]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(params=["in process", "zenoh", "zenoh over tls"])
def way(request: pytest.FixtureRequest, tmp_path: Path) -> Way:
    if request.param == "in process":
        return InProcess()
    pytest.importorskip("zenoh", reason="the extra neighbours is not installed")
    if request.param == "zenoh":
        return OverZenoh()
    return OverZenoh(certificates(tmp_path))


class Ear:
    def __init__(self, me: str, link: Link) -> None:
        self.me = me
        self.link = link
        self.got: list[bytes] = []
        link.heard = self._heard
        self._news = asyncio.Event()

    def _heard(self, data: bytes) -> None:
        asyncio.get_running_loop()  # or it is not the loop's thread that calls
        self.got.append(data)
        self._news.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not holds():
                self._news.clear()
                await self._news.wait()


@contextlib.asynccontextmanager
async def opened(way: Way, *names: str) -> AsyncIterator[list[Ear]]:
    ears = [Ear(name, way.link(name)) for name in names]
    tasks = [asyncio.create_task(ear.link.run()) for ear in ears]
    try:
        for ear in ears:
            await until_open(ear.link)
        for one, other in permutations(ears, 2):
            await knock(one, other)
        yield ears
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not holds():  # noqa: ASYNC110 - nobody tells when: links are asked
            await asyncio.sleep(0.01)


async def until_open(link: Link) -> None:
    await until(lambda: link.state().state == "open")


async def knock(here: Ear, there: Ear) -> None:
    """Say something again and again until it is heard: a way may take a moment, and may lose."""
    async with asyncio.timeout(PATIENCE_S):
        while not there.got:
            here.link.send(there.me, b"knock")
            await asyncio.sleep(0.02)
    there.got.clear()


async def test_what_is_sent_arrives_there_and_nowhere_else(way: Way) -> None:
    sent = {b"", b"\0", b"now", (bytes(range(256)) * 2)[:LONGEST_BYTES]}
    async with opened(way, "pole-1", "pole-2") as (one, two), opened(way, "pole-3") as (three,):
        for data in sent:
            one.link.send("pole-2", data)
        await two.until(lambda: sent <= set(two.got))
        assert set(two.got) <= {b"knock", *sent}
        assert not {*one.got, *three.got} - {b"knock"}


async def test_both_speak(way: Way) -> None:
    async with opened(way, "pole-1", "pole-2") as (one, two):
        one.link.send("pole-2", b"ping")
        await two.until(lambda: b"ping" in two.got)
        two.link.send("pole-1", b"pong")
        await one.until(lambda: b"pong" in one.got)


async def test_who_is_not_open_sends_nothing_and_says_so(way: Way) -> None:
    link = way.link("pole-1")
    assert link.state().state == "opening"
    link.send("pole-2", b"now")
    assert link.state().dropped_out == 1


async def test_nobody_there_costs_nothing(way: Way) -> None:
    """Who sends does not wait, whoever listens or does not."""
    async with opened(way, "pole-1") as (one,):
        began_s = asyncio.get_running_loop().time()
        for _ in range(MOST_WAITING):
            one.link.send("pole-2", b"x" * LONGEST_BYTES)
            one.link.send("nobody", b"x")
        assert asyncio.get_running_loop().time() - began_s < 0.5


async def test_one_that_starts_again_is_heard_again(way: Way) -> None:
    async with opened(way, "pole-2") as (two,):
        for _ in range(2):
            two.got.clear()
            async with opened(way, "pole-1") as (one,):
                await knock(one, two)
                await knock(two, one)


async def test_it_ends_when_it_is_told_to(way: Way) -> None:
    link = way.link("pole-1")
    task = asyncio.create_task(link.run())
    await asyncio.sleep(0)
    task.cancel()
    async with asyncio.timeout(PATIENCE_S):
        with pytest.raises(asyncio.CancelledError):
            await task
    async with opened(way, "pole-1"):
        pass


async def test_a_port_that_is_taken_is_told_and_tried_again() -> None:
    pytest.importorskip("zenoh", reason="the extra neighbours is not installed")
    way = OverZenoh()
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", way._ports["pole-1"]))
        squatter.listen()
        link = way.link("pole-1")
        task = asyncio.create_task(link.run())
        await until(lambda: link.state().state == "waiting")
        assert "Address already in use" in link.state().last_error
        assert "/root/" not in link.state().last_error
    await until_open(link)
    assert link.state() == LinkState("open", "", 0, 0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_flood_is_dropped_and_counted_before_it_comes_to_the_loop() -> None:
    zenoh = pytest.importorskip("zenoh", reason="the extra neighbours is not installed")
    import json

    way = OverZenoh()
    async with opened(way, "pole-1") as (one,):
        config = zenoh.Config()
        for key, value in {
            "connect/endpoints": [way.place("pole-1")],
            "listen/endpoints": [],
            "scouting/multicast/enabled": False,
        }.items():
            config.insert_json5(key, json.dumps(value))
        flooder = await asyncio.to_thread(zenoh.open, config)
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not one.got:
                    flooder.put("gadelys/g/pole-1", b"knock")
                    await asyncio.sleep(0.02)
            flooder.put("gadelys/g/pole-1", b"x" * (LONGEST_BYTES + 1))

            def flood() -> None:
                for _ in range(5000):
                    flooder.put("gadelys/g/pole-1", b"x" * 100, congestion_control=zenoh.CongestionControl.BLOCK)

            await asyncio.to_thread(flood)
            await until(lambda: one.link.state().dropped_in + len(one.got) > 5000)
            assert len(one.got) < 1000
            assert max(len(data) for data in one.got) <= 100
        finally:
            await asyncio.to_thread(flooder.close)


async def test_only_whom_the_authority_has_signed_is_heard(tmp_path: Path) -> None:
    pytest.importorskip("zenoh", reason="the extra neighbours is not installed")
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    way = OverZenoh(certificates(ours))
    stranger = OverZenoh(certificates(theirs))
    stranger._ports = way._ports
    async with opened(way, "pole-1") as (one,):
        link = stranger.link("pole-2")
        task = asyncio.create_task(link.run())
        await until_open(link)
        for _ in range(50):
            link.send("pole-1", b"let me in")
            one.link.send("pole-2", b"hello")
            await asyncio.sleep(0.02)
        assert not one.got
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_panic_of_the_engine_is_an_error_like_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no Exception: one that got out would end the agent."""
    pytest.importorskip("zenoh", reason="the extra neighbours is not installed")
    monkeypatch.setenv("ZENOH_RUNTIME", "nonsense")
    code = (
        "import asyncio, json\n"
        "from agent.neighbours.zenoh_link import Endpoints, ZenohLink\n"
        "async def main():\n"
        "    link = ZenohLink(Endpoints('g', 'a', 'tcp/127.0.0.1:0', (), None), asyncio.get_running_loop().time)\n"
        "    task = asyncio.create_task(link.run())\n"
        "    while link.state().state != 'waiting': await asyncio.sleep(0.01)\n"
        "    print(link.state().last_error)\n"
        "    task.cancel()\n"
        "asyncio.run(main())\n"
    )
    ended = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, cwd=ROOT
    )
    said, _ = await asyncio.wait_for(ended.communicate(), PATIENCE_S)
    assert b"panic: " in said
    assert ended.returncode == 0
