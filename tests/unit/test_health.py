"""Supervision: what dies is seen and restarted, what hangs starves the watchdog."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path

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


def test_an_abstract_address(tmp_path: Path) -> None:
    name = f"gadelys-test-{tmp_path.name}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("\0" + name)
        manager.settimeout(5)
        Notifier("@" + name).send("READY=1")
        assert manager.recv(100) == b"READY=1"
