"""`gadelys-sim fleet`: the real uplinks of many controllers, in a few processes, against one broker."""

from __future__ import annotations

import asyncio
import contextlib
import json
import multiprocessing
import resource
import signal
import sys
import tempfile
import time
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import msgspec

from agent import logs
from agent.clock import SystemClock
from agent.config import load_file
from agent.sim.pole import Kind, Pole

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made there, so that journals write no flash
TOLD_EVERY_S = 1.0
STOP_WITHIN_S = 20.0
_FILES_A_POLE = 8  # a socket, a journal with its log and index, what they need while they open
_CONFIG = """\
[controller]
id = "pole"
group = "{group}"
latitude = 55.6561
longitude = 12.3683
time_zone = "Europe/Copenhagen"
clock = "rtc"

[uplink]
host = "{host}"
port = {port}
level_every_s = {every_s}
longest_wait_s = {longest_wait_s}

# A controller has a lamp. Those of the fleet are made beside this, without lines.
[gpio]
chip = "simulated"
socket = "gpio.sock"

[device.lum-01]
kind = "luminaire"
gpio = 18
drive = "switch"
position_m = 0
"""


class Fleet(msgspec.Struct, frozen=True):
    """How many controllers in how many processes, where their broker is, what they are like, and for how long (s)."""

    host: str
    port: int
    group: str
    controllers: int
    processes: int
    kind: Kind
    longest_wait_s: float
    seconds: float | None


class Told(msgspec.Struct, frozen=True):
    """What a process tells of its controllers."""

    poles: int
    online: int
    sent: int
    received: int
    unproven: int
    waiting: int
    dropped: int


def run(fleet: Fleet, *, as_json: bool) -> int:
    """Run the fleet until its time is over or a signal comes, and tell once a second how it is; return the exit code."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    where = MEMORY if MEMORY.is_dir() else None
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="gadelys-fleet-", dir=where) as name:
        started: list[tuple[Any, Connection]] = []
        try:
            for part in range(fleet.processes):
                ours, theirs = context.Pipe()
                process = context.Process(target=work, args=(fleet, part, Path(name), theirs), name=f"fleet-{part}")
                process.start()
                theirs.close()
                started.append((process, ours))
            return _tell([pipe for _, pipe in started], fleet.seconds, as_json=as_json)
        except KeyboardInterrupt:
            return 0
        finally:
            _stop(started)


def work(fleet: Fleet, part: int, folder: Path, pipe: Connection) -> None:
    """Run the controllers of one process until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the first process, which stops all in order
    logs.configure("error")
    mine = range(part, fleet.controllers, fleet.processes)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 256 + _FILES_A_POLE * len(mine)), most))
    asyncio.run(_work(fleet, part, mine, folder, pipe))


async def _work(fleet: Fleet, part: int, mine: range, folder: Path, pipe: Connection) -> None:
    path = folder / f"fleet-{part}.toml"
    values = {name: getattr(fleet, name) for name in ("group", "host", "port", "longest_wait_s")}
    path.write_text(_CONFIG.format(every_s=fleet.kind.every_s, **values), encoding="utf-8")
    config, clock = load_file(path), SystemClock("rtc")
    poles: list[Pole] = []

    async def run_one(number: int, after_s: float) -> None:
        await asyncio.sleep(after_s)  # or all would keep step: what a pole tells, it tells in time with its own start
        poles.append(Pole(config, f"pole-{number:05}", fleet.kind, clock, folder))
        await poles[-1].run()

    gap_s = fleet.kind.every_s / len(mine)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(run_one(number, place * gap_s)) for place, number in enumerate(mine)]
        while not pipe.poll():  # what is told is that the other end is closed
            with contextlib.suppress(BrokenPipeError):
                pipe.send(_told(poles))
            await asyncio.sleep(TOLD_EVERY_S)
        for task in tasks:
            task.cancel()


def _told(poles: list[Pole]) -> Told:
    states = [pole.uplink.state() for pole in poles]
    return Told(
        len(states),
        sum(state.state == "online" for state in states),
        sum(state.sent for state in states),
        sum(state.received for state in states),
        sum(state.unproven for state in states),
        sum(state.journal_waiting for state in states),
        sum(state.journal_dropped for state in states),
    )


def _tell(pipes: list[Connection], seconds: float | None, *, as_json: bool) -> int:
    """Print the sum of what the processes tell; return the exit code, 1 if one of them has ended."""
    began_s = told_s = time.monotonic()
    latest: dict[Connection, Told] = {}
    while seconds is None or time.monotonic() - began_s < seconds:
        ready = wait(pipes, timeout=TOLD_EVERY_S)
        for pipe in (pipe for pipe in pipes if pipe in ready):
            try:
                latest[pipe] = pipe.recv()
            except EOFError:
                sys.stderr.write("gadelys-sim: a process of the fleet has ended\n")
                return 1
        if len(latest) == len(pipes) and time.monotonic() - told_s >= TOLD_EVERY_S:
            told_s = time.monotonic()
            _print(round(told_s - began_s, 1), list(latest.values()), as_json=as_json)
    return 0


def _print(at_s: float, told: list[Told], *, as_json: bool) -> None:
    total = {field: sum(getattr(each, field) for each in told) for field in Told.__struct_fields__}
    if as_json:
        line = json.dumps({"at_s": at_s, **total})
    else:
        line = (
            f"{at_s:7.1f} s  {total['online']} of {total['poles']} online, {total['sent']} messages sent, "
            f"{total['unproven']} reports unproven, {total['waiting']} waiting, {total['dropped']} dropped"
        )
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _stop(started: list[tuple[Any, Connection]]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    for _, pipe in started:
        pipe.close()
    end_s = time.monotonic() + STOP_WITHIN_S
    for process, _ in started:
        process.join(max(0.0, end_s - time.monotonic()))
        if process.is_alive():
            process.kill()
            process.join()
