"""A day's backlog goes up while live data go on: how long it takes, and how late live data are meanwhile."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import sparkplug_peer
import uplink_node
from agent.journal.records import Report
from agent.journal.store import Store
from bare_platform import BarePlatform
from delayed_line import DelayedLine
from figures import Figure, figure, percentile
from mosquitto import Mosquitto

NAME = "drain"
TITLE = "A day's backlog (40 reports a second) goes up, with 40 live reports a second before it"
ONLY_NAMED = True
RATE = 40
DAY = RATE * 86_400
A_COMMIT = 360
SLOW_S = 60
SLOW_BYTES_S = 32_000  # 256 kbit/s
METRICS = uplink_node.METRICS[:3]  # alarms go up by a lane of their own
PATIENCE_S = 3600.0


class Seen:
    """What has come: reports of the past, and the lateness of live ones in s."""

    def __init__(self, platform: BarePlatform) -> None:
        self._platform = platform
        self._wall_less_mono_ms = time.time() * 1000 - time.monotonic_ns() / 1e6  # noqa: TID251 - a platform has a clock
        self.history = 0
        self.late_s: list[float] = []

    def look(self) -> None:
        """Take in what has come since the last look."""
        heard = self._platform.heard()
        for message in heard:
            if "/DDATA/" not in message.topic:
                continue
            now_ms = message.ns / 1e6 + self._wall_less_mono_ms
            for metric in sparkplug_peer.parse(message.payload).metrics:
                if metric.name not in METRICS or not metric.value:
                    continue
                if metric.historical:
                    self.history += 1
                elif metric.timestamp is not None:
                    self.late_s.append((now_ms - metric.timestamp) / 1000)
        heard.clear()


def run() -> list[Figure]:
    """A whole day as fast as it goes, and a minute of it over a slow line."""
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".drain-") as name:
        folder = Path(name)
        broker = Mosquitto(folder, options="max_queued_messages 0")
        try:
            return [*_day(folder / "day", broker.port), *_slow(folder / "slow", broker.port)]
        finally:
            broker.close()


def _day(folder: Path, port: int) -> list[Figure]:
    _fill(folder, DAY)
    seen, took_s = _watched(folder, port, port, lambda seen, _: seen.history >= DAY)
    return [
        figure("a day's backlog is through after", took_s / 60, "min", None, f"{DAY / took_s:.0f} reports a second"),
        figure("the same at the default of 500 a second", DAY / 500 / 3600, "h", None, "by arithmetic"),
        *_late(seen, "meanwhile"),
    ]


def _slow(folder: Path, port: int) -> list[Figure]:
    _fill(folder, DAY // 24)
    line = DelayedLine(port, 0.05, SLOW_BYTES_S)
    try:
        seen, took_s = _watched(folder, port, line.port, lambda _, took_s: took_s > SLOW_S)
    finally:
        line.close()
    note = "256 kbit/s, 50 ms each way"
    return [figure("over a slow line, of the past", seen.history / took_s, "/s", None, note), *_late(seen, "over it")]


def _late(seen: Seen, when: str) -> list[Figure]:
    late = seen.late_s
    return [
        figure(f"live data {when}, latest", max(late), "s", 2.0, f"{len(late)} reports"),
        figure(f"live data {when}, median", percentile(late, 0.5), "s"),
    ]


def _watched(folder: Path, broker_port: int, port: int, through: Callable[[Seen, float], bool]) -> tuple[Seen, float]:
    """Run a node until it is through; return what was seen, and how long it took."""
    platform = BarePlatform(broker_port, f"spBv1.0/{uplink_node.GROUP}/#")
    words = [sys.executable, uplink_node.__file__, str(folder), folder.name, "10000", str(len(METRICS))]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"1 {port} {RATE}\n".encode())
        process.stdin.flush()
        pid = int(process.stdout.readline().split()[1])
        drain = subprocess.Popen(["cat"], stdin=process.stdout, stdout=subprocess.DEVNULL)
        seen, begin_s = Seen(platform), time.monotonic()
        try:
            while not through(seen, time.monotonic() - begin_s):
                assert time.monotonic() - begin_s < PATIENCE_S, f"{seen.history} reports within {PATIENCE_S:g} s"
                time.sleep(0.05)  # noqa: TID251 - a bench lets real time pass
                seen.look()
            return seen, time.monotonic() - begin_s
        finally:
            subprocess.run(["kill", "-9", str(pid)], check=False)
            process.kill()
            drain.wait()
            platform.close()


def _fill(folder: Path, count: int) -> None:
    """Make a journal with so many reports."""
    folder.mkdir()
    store = Store(folder / "journal.db", uplink_node.LIMITS, uplink_node.BOOT)
    series = [(device, metric) for device in uplink_node.DEVICES for metric in METRICS]
    wall_ms = round(time.time() * 1000) - 86_400_000  # noqa: TID251 - a platform has a clock of its own
    for first in range(1, count, A_COMMIT):
        values = range(first, min(first + A_COMMIT, count + 1))
        reports = [
            Report(*series[value % len(series)], 4, value, 192, value / RATE, wall_ms + 25 * value) for value in values
        ]
        store.commit(reports, ())
    store.close()
