"""Supervised named tasks with heartbeats; systemd's watchdog is fed only while every vital one makes progress."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable

import msgspec
import structlog

from agent.clock import until_next_s

_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 30.0
_CALM_S = 60.0  # a task that lived so long starts over with the shortest pause
_WATCH_EVERY_S = 1.0

log = structlog.get_logger()


class TaskState(msgspec.Struct, frozen=True):
    """How a named task is doing."""

    name: str
    state: str
    restarts: int
    beat_age_s: float
    last_error: str


class _Task:
    __slots__ = ("beat_s", "last_error", "limit_s", "name", "restarts", "start", "state", "vital")

    def __init__(
        self, name: str, start: Callable[[], Awaitable[None]], limit_s: float, now_s: float, *, vital: bool
    ) -> None:
        self.name = name
        self.start = start
        self.limit_s = limit_s
        self.vital = vital
        self.beat_s = now_s
        self.restarts = 0
        self.state = "starting"
        self.last_error = ""


class Supervisor:
    """Runs named tasks, restarts with back-off what dies, and knows by their heartbeats who is stuck."""

    def __init__(self, now: Callable[[], float], notify: Notifier) -> None:
        self._now = now
        self._notify = notify
        self._tasks: dict[str, _Task] = {}
        self._running: dict[str, asyncio.Task[None]] = {}

    def add(
        self, name: str, start: Callable[[], Awaitable[None]], limit_s: float = 10.0, *, vital: bool = False
    ) -> Callable[[], None]:
        """Register a task before `run`; return its heartbeat. Without a beat for `limit_s` s the watchdog starves.

        `vital`: to be started again is no beat. If it dies each time, the whole agent is started anew.
        """
        task = self._tasks[name] = _Task(name, start, limit_s, self._now(), vital=vital)

        def beat() -> None:
            task.beat_s = self._now()

        return beat

    async def run(self) -> None:
        """Run all tasks until cancelled."""
        async with asyncio.TaskGroup() as group:
            for task in self._tasks.values():
                self._running[task.name] = group.create_task(self._keep(task), name=task.name)
            self._running["health"] = group.create_task(self._watch(), name="health")

    async def end(self, name: str) -> None:
        """End one task for good (the ordered stop); the others go on."""
        task = self._running.get(name)
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    def states(self) -> list[TaskState]:
        """Return how each task is doing."""
        now_s = self._now()
        return [TaskState(t.name, t.state, t.restarts, now_s - t.beat_s, t.last_error) for t in self._tasks.values()]

    def stuck(self) -> list[str]:
        """Return the names of the tasks whose last heartbeat is older than their limit."""
        now_s = self._now()
        return [task.name for task in self._tasks.values() if now_s - task.beat_s > task.limit_s]

    async def _keep(self, task: _Task) -> None:
        pause_s = 0.0
        while True:
            began_s = self._now()
            if not task.vital:
                task.beat_s = began_s
            task.state = "running"
            try:
                await task.start()
                task.last_error = "ended by itself"
            except Exception as error:  # the one place where a bug in a task is seen, told and survived
                task.last_error = f"{type(error).__name__}: {error}"
                log.exception("task_died", task=task.name)
            pause_s = 0.0 if self._now() - began_s > _CALM_S else pause_s
            pause_s = min(max(pause_s * 2, _FIRST_PAUSE_S), _LONGEST_PAUSE_S)
            task.state = "restarting"
            task.restarts += 1
            log.warning("task_restarts", task=task.name, after_s=pause_s, error=task.last_error)
            await asyncio.sleep(pause_s)

    async def _watch(self) -> None:
        stuck_before: list[str] = []
        while True:
            stuck = self.stuck()
            if stuck != stuck_before:
                log.warning("tasks_stuck" if stuck else "tasks_move_again", tasks=stuck or stuck_before)
                stuck_before = stuck
            if not stuck:
                self._notify.send("WATCHDOG=1")
            await asyncio.sleep(until_next_s(self._now(), _WATCH_EVERY_S))


class Notifier:
    """systemd's notification socket (sd_notify(3)); silent where there is none."""

    def __init__(self, address: str | None = None) -> None:
        self._address = address if address is not None else os.environ.get("NOTIFY_SOCKET", "")
        self._full = False

    def send(self, text: str) -> None:
        """Send one message, such as READY=1. A manager that does not listen is not our trouble, and is not waited for."""
        if not self._address:
            return
        # An address that begins with @ is in the abstract namespace.
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            channel.setblocking(False)
            try:
                channel.connect(address)
                channel.send(text.encode())
                self._full = False
            except BlockingIOError:
                if not self._full:
                    log.warning("notify_dropped", text=text, reason="the service manager does not read")
                self._full = True
            except OSError as error:
                log.warning("notify_failed", error=str(error))
                self._address = ""
