"""A thousand controllers' real uplinks against one Mosquitto: steady load, commands, and what a broker's restart does."""

from __future__ import annotations

import contextlib
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import workload_w as w
from figures import Figure, figure, percentile
from fleet_ear import PATIENCE_S, FleetEar
from fleet_return import come_back
from mosquitto import Mosquitto

NAME = "fleet-scale"
TITLE = (
    "1,000 controllers (6 lamps, a meter) in two processes and one Mosquitto, on loopback. All that is measured changes\n"
    "every 10 s, which is six times as often as it is told by default"
)
ONLY_NAMED = True  # three minutes
CONTROLLERS, LAMPS, EVERY_S, PROCESSES = 1000, 6, 10, 2
START_WITHIN_S = 60.0
SPAN_S = 20
COMMANDS = 200
SHORT_S, LONG_S = 0.5, 10.0  # how long the broker is away; the second time the back-off goes on from the first
BACK_WITHIN_S = 125.0  # the longest wait and a little
TICK_S = 0.05


def run() -> list[Figure]:
    """Run broker and fleet as processes of their own; hear and command from this one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 20_000), hard))
    try:
        with tempfile.TemporaryDirectory(prefix="gadelys-bench-") as name:
            broker = Mosquitto(Path(name), options="max_queued_messages 100000")
            try:
                return _run(broker)
            finally:
                broker.close()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def _run(broker: Mosquitto) -> list[Figure]:
    with contextlib.closing(FleetEar(broker.port)) as ear, _fleet(broker.port) as fleet:
        _until(lambda: _all_back(ear), START_WITHIN_S, "all controllers are born")
        rows = [*_steady(ear, broker, fleet), *_commands(ear)]
        rows += _restart(broker, fleet, SHORT_S)
        rows += _restart(broker, fleet, LONG_S)
    return rows + [_on_paper(taken_per_s) for taken_per_s in (500, 1000, 5000)]


@contextlib.contextmanager
def _fleet(port: int) -> Iterator[subprocess.Popen[bytes]]:
    words = ["fleet", "--port", port, "--controllers", CONTROLLERS, "--processes", PROCESSES, "--lamps", LAMPS]
    command = [sys.executable, "-m", "agent.sim.main", *words, "--every", EVERY_S]
    with subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL) as fleet:
        try:
            yield fleet
            assert fleet.poll() is None, "the fleet has ended: run gadelys-sim fleet by hand to see why"
        finally:
            fleet.terminate()


def _steady(ear: FleetEar, broker: Mosquitto, fleet: subprocess.Popen[bytes]) -> list[Figure]:
    """Look at a span in which nothing but the fleet goes on."""
    _wait(EVERY_S)  # until every controller keeps its own beat
    workers = [fleet.pid, *_children(fleet.pid)]
    began_s, said, size = time.monotonic(), ear.said.total(), ear.bytes
    fleet_s, broker_s = sum(map(w.cpu_s, workers)), w.cpu_s(broker.pid)
    _wait(SPAN_S)
    span_s = time.monotonic() - began_s
    messages, payload = ear.said.total() - said, ear.bytes - size
    fleet_cpu = (sum(map(w.cpu_s, workers)) - fleet_s) / span_s
    broker_cpu = (w.cpu_s(broker.pid) - broker_s) / span_s
    return [
        figure("steady: messages", messages / span_s, "/s", note=f"{payload / span_s / 1000:.0f} kB/s of payload"),
        figure("steady: CPU of the broker", 100 * broker_cpu, "%", note="of one core, with its one platform"),
        figure("steady: CPU of a controller's uplink", 1e6 * fleet_cpu / CONTROLLERS, "us", note="a second"),
        figure("memory of the broker", w.resident_mb(broker.pid), "MB"),
        figure("memory of a controller, in one of two processes", sum(map(w.resident_mb, workers)) / CONTROLLERS, "MB"),
    ]


def _commands(ear: FleetEar) -> list[Figure]:
    """Command lamps here and there, one after the other."""
    chance = random.Random(5)
    accepted, verified = [], []
    for number in range(COMMANDS):
        node, lamp = f"pole-{chance.randrange(CONTROLLERS):05}", f"lum-{chance.randrange(LAMPS) + 1:02}"
        name = f"c{number}"
        sent_s = ear.command(node, lamp, name, 40.0 + number % 50)
        _until(lambda name=name: "verified" in ear.answers[name], PATIENCE_S, f"{name} is verified")  # type: ignore[misc]
        accepted.append(1000 * (ear.answers[name]["accepted"] - sent_s))
        verified.append(1000 * (ear.answers[name]["verified"] - sent_s))
    note = f"p99 {percentile(accepted, 0.99):.1f} ms"
    proven = f"p99 {percentile(verified, 0.99):.1f} ms; lamps do at once what they are told"
    return [
        figure("command to `accepted` at the platform, median", median(accepted), "ms", note=note),
        figure("command to `verified`, median", median(verified), "ms", note=proven),
    ]


def _restart(broker: Mosquitto, fleet: subprocess.Popen[bytes], away_s: float) -> list[Figure]:
    """Kill the broker, start it again after a while, and look when everybody is back.

    The fleet stands still for the moment until somebody listens: births that nobody hears cannot be counted.
    """
    broker.kill()
    _wait(away_s)
    workers = _children(fleet.pid)
    for pid in workers:
        os.kill(pid, signal.SIGSTOP)
    broker.start()
    with contextlib.closing(FleetEar(broker.port)) as ear:
        began_s = time.monotonic()
        for pid in workers:
            os.kill(pid, signal.SIGCONT)
        _until(lambda: _all_back(ear), BACK_WITHIN_S, "all controllers are back")
        back = sorted(born_s - began_s for born_s in ear.born.values())
    busiest = max(Counter(int(back_s) for back_s in back).values())
    when = f"half after {back[len(back) // 2]:.1f} s, 99 % after {percentile(back, 0.99):.1f} s"
    what = f"broker away for {away_s:g} s"
    return [
        figure(f"{what}: all controllers back", back[-1], "s", BACK_WITHIN_S, when),
        figure(f"{what}: back in the busiest second", busiest, "", note=f"with them {ear.devices} births of devices"),
    ]


def _on_paper(taken_per_s: int) -> Figure:
    """Work out how a hundred times as many come back."""
    back = come_back(100 * CONTROLLERS, taken_per_s, SHORT_S)
    what = f"computed: {100 * CONTROLLERS} back, {taken_per_s}/s taken"
    tries = f"half after {back.half_s:.0f} s; tries {back.most_tries}/s at most, {back.tries_at_30_s}/s at 30 s"
    return figure(what, back.all_s, "s", note=tries)


def _all_back(ear: FleetEar) -> bool:
    return len(ear.born) == CONTROLLERS and ear.devices >= CONTROLLERS * (LAMPS + 1)


def _children(pid: int) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(status.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[1]) == pid:
                found.append(int(status.parent.name))
    return found


def _until(holds: Callable[[], bool], within_s: float, what: str) -> None:
    end_s = time.monotonic() + within_s
    while not holds():
        if time.monotonic() > end_s:
            raise AssertionError(f"not within {within_s:g} s: {what}")
        _wait(TICK_S if within_s > PATIENCE_S else 0.002)


def _wait(seconds: float) -> None:
    time.sleep(seconds)  # noqa: TID251 - a bench lets real time pass
