"""An uplink with a journal and a sampler that says on stdout what was accepted; made to be killed, again and again.

One process forks a fresh one for each line `SEED PORT RATE BUG` on stdin and says `pid N`, and `ended` when that is over;
so a start costs a fork and no imports. The lines of the fresh one: `kept V …` what was committed, `proven V …` what the
broker has, `age S` for how long at most a sample has not been accepted yet, `empty` when nothing waits any more, `left N`
at an orderly end: so many samples were never accepted.
Arguments: a folder, a name, how many reports of the past go up a second, how many of METRICS there are. RATE is samples a
second; 0 = none, deliver what is left.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import structlog

import planted_bugs
from agent.clock import SystemClock
from agent.config import load_file
from agent.image import Image
from agent.journal.journal import Journal
from agent.journal.records import Limits, Report
from agent.sim.orders import KeptNowhere, NobodysWard
from agent.uplink.outbox import Outbox
from agent.uplink.reports import Reporter
from agent.uplink.uplink import Street, Uplink
from commanded_street import LAMPS, CommandedStreet
from drivers.points import Point, PointType, Quality, Reading
from uplinked_street import flying

GROUP, BOOT = "soak", "one boot"
DEVICES = tuple(f"d{n}" for n in range(5))
METRICS = ("contact/a", "contact/b", "contact/c", "lamp/lamp_failure")  # the last one is an alarm
LIMITS = Limits(64_000_000, day_bytes=10**15)
CONFIG = """
[controller]
id = "{name}"
group = "soak"
latitude = 55.6561
longitude = 12.3683
time_zone = "Europe/Copenhagen"
clock = "rtc"
[api]
socket = "api.sock"
[uplink]
host = "127.0.0.1"
port = {port}
journal = "journal.db"
longest_wait_s = 1
history_per_s = {per_s}
level_every_s = 0
[bus.w]
kind = "modbus-tcp"
host = "127.0.0.1"
port = 1
[unit.u1]
bus = "w"
address = 1
profile = "arlight-dali-tcp-groups"
[device.d1]
kind = "luminaire"
unit = "u1"
channel = 1
position_m = 0
"""


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


class Watched:
    """What was sampled and is not accepted yet: value to monotonic time."""

    def __init__(self) -> None:
        self._waiting: dict[int, float] = {}
        self._told_s = 0.0
        self._watch_samples()
        self._watch_commits()
        self._watch_proofs()

    def look(self, now_s: float) -> None:
        """Tell when a sample has waited for longer than any before."""
        age_s = now_s - min(self._waiting.values(), default=now_s)
        if age_s > self._told_s + 0.05:
            self._told_s = age_s
            say(f"age {age_s:.2f}")

    def end(self) -> None:
        """Tell how many samples were never accepted, at an end that left time for that."""
        say(f"left {len(self._waiting)}")

    def _accepted(self, how: str, reports: Sequence[Report]) -> None:
        values = [report.value for report in reports if report.metric in METRICS and isinstance(report.value, int)]
        for value in values:
            self._waiting.pop(value, None)
        for begin in range(0, len(values), 100):  # a line in one piece
            say(" ".join([how, *map(str, values[begin : begin + 100])]))

    def _watch_samples(self) -> None:
        take = Reporter.take

        def seen(reporter: Reporter, now_s: float) -> list[Report]:
            reports = take(reporter, now_s)
            for report in reports:
                if report.metric in METRICS and isinstance(report.value, int):
                    self._waiting[report.value] = report.mono_s
            return reports

        Reporter.take = seen  # type: ignore[method-assign, assignment]

    def _watch_commits(self) -> None:
        commit = Journal.commit

        async def seen(journal: Journal, reports: Sequence[Report], *rest: Any, **more: Any) -> list[int]:
            numbers = await commit(journal, reports, *rest, **more)
            self._accepted("kept", reports)
            return numbers

        Journal.commit = seen  # type: ignore[method-assign, assignment]

    def _watch_proofs(self) -> None:
        proven = Outbox.proven

        def seen(outbox: Outbox, mark: int) -> None:
            batches = [batch for batch in outbox._sent if batch.mark <= mark and not batch.held]
            proven(outbox, mark)
            for batch in batches:
                self._accepted("proven", [report for _, report in batch.kept] + [each.report for each in batch.urgent])

        Outbox.proven = seen  # type: ignore[method-assign, assignment]


class Made(NamedTuple):
    """A node before it runs."""

    uplink: Uplink
    journal: Journal
    image: Image
    clock: SystemClock
    keys: list[str]


def make(folder: Path, name: str, port: int, per_s: float = 10_000, metrics: Sequence[str] = METRICS) -> Made:
    """Make an uplink with a journal in a folder, and an image whose points are all 0."""
    (folder / "pole.toml").write_text(CONFIG.format(name=name, port=port, per_s=per_s), encoding="utf-8")
    config = load_file(folder / "pole.toml")
    assert config.uplink is not None
    keys = [f"{device}/{metric}" for device in DEVICES for metric in metrics]
    image = Image([Point(key=key, type=PointType.INT, max_age_s=float("inf")) for key in keys])
    clock, journal = SystemClock("rtc"), Journal(folder / "journal.db", LIMITS, BOOT)
    street = Street(CommandedStreet().control, LAMPS, lambda: None)
    uplink = Uplink(
        config.uplink,
        config.controller,
        clock,
        version="soak",
        image=image,
        street=street,
        journal=journal,
        keeper=KeptNowhere(),
        ward=NobodysWard(),
    )
    for key in keys:
        image.put(key, Reading(0, Quality.GOOD, "", clock.mono_s()))
    return Made(uplink, journal, image, clock, keys)


async def run(folder: Path, name: str, seed: int, port: int, rate: float, per_s: float, metrics: Sequence[str]) -> None:
    """Be a node until killed; with SIGTERM it ends in order."""
    watched = Watched()
    uplink, journal, points, clock, keys = make(folder, name, port, per_s, metrics)
    running = asyncio.ensure_future(uplink.run())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
    value = seed * 1_000_000
    begin_s = clock.mono_s()
    while not running.done():
        await asyncio.sleep(1 / rate if rate else 0.05)
        now_s = clock.mono_s()
        due = int(rate * (now_s - begin_s)) + seed * 1_000_000 if rate else value
        while value < due:
            value += 1
            points.put(keys[value % len(keys)], Reading(value, Quality.GOOD, "", now_s))
            await asyncio.sleep(0)  # one report each: the image keeps but the latest
        watched.look(now_s)
        outbox = uplink._outbox
        online_s = now_s - uplink._link.since_s if uplink._link.state == "online" else 0.0
        left = outbox.unproven + outbox.kept + journal.facts().waiting - len(flying(outbox))
        if not rate and online_s > 1.0 and left <= 0:
            say("empty")
    with contextlib.suppress(asyncio.CancelledError):
        await running
    watched.end()


def child(folder: Path, name: str, per_s: float, metrics: int, words: Sequence[str]) -> None:
    seed, port, rate, *bug = words
    random.seed(f"{name} {seed}")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))  # stdout is for us
    if bug:
        planted_bugs.plant(" ".join(bug))
    asyncio.run(run(folder, name, int(seed), int(port), float(rate), per_s, METRICS[:metrics]))


def main() -> None:
    folder, name, per_s, metrics = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
    import sqlite3  # noqa: F401 - or each fresh one would load it

    while line := sys.stdin.readline():
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                child(folder, name, per_s, metrics, line.split())
                code = 0
            except BaseException:  # noqa: BLE001 - it ends here in any case
                traceback.print_exc()
            finally:
                os._exit(code)
        say(f"pid {pid}")
        os.waitpid(pid, 0)
        say("ended")


if __name__ == "__main__":
    main()
