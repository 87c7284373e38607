"""The fleet's host with a thousand controllers, from bytes to its store; no broker in between."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from agent.cli.fleet.serve import Server
from agent.cli.uplink.place import Place
from agent.fleet.hearing import Hearing
from agent.fleet.plan import Plan
from agent.fleet.store import Store
from agent.uplink.payload import DataType, Metric, Property
from figures import Figure, figure
from told_fleet import Told, counter

NAME = "fleet"
TITLE = "`gadelys fleet serve` and 1,000 controllers with 12 lamps of 20 metrics each, in one process"
NODES, LAMPS = 1000, 12
_MORE = tuple(
    Metric(f"lamp/more_{n}", 1.0, DataType.FLOAT, properties=(Property("engUnit", DataType.STRING, "W"),))
    for n in range(16)
)


def run() -> list[Figure]:
    """Tell births, then a value of each controller, then the deaths of all."""
    with tempfile.TemporaryDirectory() as folder:
        told = Told()
        told.hearing = Hearing(most=NODES * (LAMPS + 1))
        store = Store(Path(folder) / "fleet.db", make=True)
        server = Server(Place(host="127.0.0.1", port=1, group="+", node="+"), Plan(), store, lambda: told.now_ms)
        told.session = server.session
        before_mb = _memory_mb()
        births_s = _timed(lambda: _births(told))
        memory_mb = _memory_mb() - before_mb
        first_s = _timed(server._write)
        values_s = _timed(lambda: _values(told))
        write_s = _timed(server._write)
        look_s = _timed(server._look)
        for n in range(NODES):
            told.die(f"n{n}")
        dead_s = _timed(server._look)
        store.close()
    return [
        figure("CPU for the births of all", births_s, "s", 20.0, f"{NODES * (LAMPS + 1)} messages"),
        figure("memory for all that they tell", memory_mb, "MB", 400.0),
        figure("CPU for writing all of it", first_s, "s", 5.0),
        figure("CPU for a message with two values", 1e6 * values_s / NODES, "us", 500.0),
        figure("CPU for writing a value of each", 1e3 * write_s, "ms", 1000.0, "every 5 s at most"),
        figure("CPU for a look for alarms", 1e3 * look_s, "ms", 100.0, "every second"),
        figure("the same, all dead at once", 1e3 * dead_s, "ms", 100.0),
    ]


def _births(told: Told) -> None:
    for n in range(NODES):
        told.born(f"n{n}")
        for lamp in range(LAMPS):
            told.say("DBIRTH", f"n{n}", f"lum-{lamp:02}", *_MORE, counter(100.0), *_COMMANDS)


_COMMANDS = tuple(Metric(f"command/{n}", None, DataType.STRING) for n in range(3))


def _values(told: Told) -> None:
    for n in range(NODES):
        told.say("DDATA", f"n{n}", "lum-01", counter(101.0), _MORE[0])


def _timed(work: object) -> float:
    assert callable(work)
    start_s = time.process_time()
    work()
    return time.process_time() - start_s


def _memory_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)
