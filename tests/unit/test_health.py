"""Supervision: what dies is seen and restarted, what hangs starves the watchdog."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import structlog

from agent.health import Notifier, Supervisor


class Manager:
    """Stands in for the service manager: a datagram socket that keeps what it is told."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.socket.setblocking(False)

    def told(self) -> list[str]:
        messages = []
        with contextlib.suppress(BlockingIOError):
            while True:
                messages.append(self.socket.recv(1000).decode())
        return messages

    def close(self) -> None:
        self.socket.close()


@contextlib.asynccontextmanager
async def running(supervisor: Supervisor) -> AsyncIterator[None]:
    task = asyncio.create_task(supervisor.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def forever() -> None:
    await asyncio.Event().wait()


async def test_what_dies_is_seen_at_once_and_the_others_go_on() -> None:
    died = asyncio.Event()

    async def dies() -> None:
        died.set()
        raise RuntimeError("planted")

    supervisor = Supervisor(asyncio.get_running_loop().time, Notifier(""))
    supervisor.add("weak", dies)
    supervisor.add("strong", forever)
    async with running(supervisor):
        await died.wait()
        await asyncio.sleep(0)
        states = {state.name: state for state in supervisor.states()}
        assert (states["weak"].state, states["weak"].restarts) == ("restarting", 1)
        assert states["weak"].last_error == "RuntimeError: planted"
        assert states["strong"].state == "running"


async def test_the_watchdog_is_fed_while_all_beat_and_starves_when_one_hangs(tmp_path: Path) -> None:
    now_s = 100.0
    supervisor = Supervisor(lambda: now_s, Notifier(str(tmp_path / "notify")))
    beat = supervisor.add("control", forever, limit_s=2.0)
    supervisor.add("bus", forever, limit_s=60.0)
    with contextlib.closing(Manager(tmp_path / "notify")) as manager:
        async with running(supervisor):
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert manager.told() == ["WATCHDOG=1"]
    now_s = 103.0
    assert supervisor.stuck() == ["control"]
    beat()
    assert supervisor.stuck() == []


async def test_pauses_double_and_are_short_again_after_a_calm_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s, pauses, enough = 100.0, [], asyncio.Event()
    lives_s = iter([0.0] * 8 + [61.0, 0.0])

    async def dies() -> None:
        nonlocal now_s
        now_s += next(lives_s, 0.0)
        raise RuntimeError("planted")

    async def pause(seconds: float) -> None:
        nonlocal now_s
        pauses.append(seconds)
        now_s += seconds
        if len(pauses) >= 10:
            enough.set()
            await forever()

    supervisor = Supervisor(lambda: now_s, Notifier(""))
    supervisor.add("weak", dies)
    monkeypatch.setattr(supervisor, "_watch", forever)
    monkeypatch.setattr(asyncio, "sleep", pause)
    async with running(supervisor):
        await enough.wait()
    assert pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 0.5, 1.0]


@pytest.mark.parametrize("vital", [True, False])
async def test_to_be_started_again_is_no_sign_of_life_of_what_is_vital(
    monkeypatch: pytest.MonkeyPatch, vital: bool
) -> None:
    """Control that dies at each step steers no lamp, however often it is started."""
    now_s, stuck, enough = 100.0, [], asyncio.Event()

    async def dies() -> None:
        stuck.append(supervisor.stuck())
        if len(stuck) == 5:
            enough.set()
            await forever()
        raise RuntimeError("planted")

    async def pause(seconds: float) -> None:
        nonlocal now_s
        now_s += seconds

    supervisor = Supervisor(lambda: now_s, Notifier(""))
    beat = supervisor.add("control", dies, limit_s=2.0, vital=vital)
    monkeypatch.setattr(supervisor, "_watch", forever)
    monkeypatch.setattr(asyncio, "sleep", pause)
    async with running(supervisor):
        await enough.wait()
    assert stuck == ([[], [], [], ["control"], ["control"]] if vital else [[]] * 5)
    beat()
    assert supervisor.stuck() == []


async def test_one_task_can_be_ended_for_good() -> None:
    ended = asyncio.Event()

    async def guarded() -> None:
        try:
            await forever()
        finally:
            ended.set()

    supervisor = Supervisor(asyncio.get_running_loop().time, Notifier(""))
    supervisor.add("control", guarded)
    supervisor.add("bus", forever)
    async with running(supervisor):
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await supervisor.end("control")
        assert ended.is_set()
        assert {state.name: state.restarts for state in supervisor.states()} == {"control": 0, "bus": 0}


def test_no_manager_and_a_deaf_manager_are_no_trouble(tmp_path: Path) -> None:
    Notifier("").send("READY=1")
    Notifier(str(tmp_path / "nobody")).send("READY=1")


def test_a_manager_that_does_not_read_is_not_waited_for(tmp_path: Path) -> None:
    notifier = Notifier(str(tmp_path / "notify"))
    with contextlib.closing(Manager(tmp_path / "notify")) as manager, structlog.testing.capture_logs() as said:
        for _ in range(2000):  # more than any net.unix.max_dgram_qlen that is met
            notifier.send("WATCHDOG=1")
        assert [one["event"] for one in said] == ["notify_dropped"]
        assert 0 < len(manager.told()) < 2000
        notifier.send("READY=1")
        assert manager.told() == ["READY=1"]


def test_an_abstract_address(tmp_path: Path) -> None:
    name = f"gadelys-test-{tmp_path.name}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("\0" + name)
        manager.settimeout(5)
        Notifier("@" + name).send("READY=1")
        assert manager.recv(100) == b"READY=1"
