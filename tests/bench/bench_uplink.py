"""Workload W published to a real Mosquitto; commands to a lamp on it, and to a lamp on the demonstration's line."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

import workload_w as w
from bare_platform import BarePlatform
from figures import Figure, figure, percentile
from lit_street import LitStreet, lit_street
from mosquitto import Mosquitto
from peers import BY_HAND, NODE_RED, SCRIPT, THINGSBOARD, beside
from sparkplug_peer import build, parse

NAME = "uplink"
TITLE = (
    "Uplink on workload W: start, delay, cost, commands. Beside each: peers (and ours divided by theirs), which were\n"
    "measured in another run, on another machine of the same kind: read the order of magnitude, not the second digit"
)
STARTS = 5
SETTLE_S = 8
SPAN_S = 40
COMMANDS = 60
PAUSE_S = (0.15, 0.3)
LINE_PAUSE_S = (0.75, 1.0)  # the fade of the command before has ended: 15 % down take 0.6 s
LINE_LAMP = 3
PATIENCE_S = 10.0
BARE = Path(__file__).with_name("bare_gateway.py")
_FLOAT = 9
_RANDOM = random.Random(3)


class Steady(NamedTuple):
    """What was seen over a span in which nothing but W went on: delays in ms, the rest a second or of one core."""

    delays_ms: list[float]
    new_values: int
    points: float
    messages: float
    agent_cpu_s: float
    bare_cpu_s: float
    broker_cpu_s: float
    rss_mb: float
    pss_mb: float


def run() -> list[Figure]:
    """Run broker, server and agent as processes of their own; hear and command from this one."""
    with tempfile.TemporaryDirectory(prefix="gadelys-bench-") as name, w.server(Path(name)) as server:
        folder = Path(name)
        with _broker(folder) as broker:
            w.configure(folder, server.port, broker.port)
            starts = [_start(folder, broker.port) for _ in range(STARTS + 1)][1:]
            with w.agent(folder) as agent:
                with w.server(folder, log="other.log") as other:
                    steady = _steady(broker, server, other, agent.pid)
                delays = _commands(broker.port, server)
            w.configure(folder, server.port, broker.port, in_flight=1)
            with w.agent(folder) as agent, _platform(broker.port):
                alone_ms = _cpu_ms(server, agent.pid)
    line = asyncio.run(_commands_on_line())
    return [*_start_rows(starts), *_steady_rows(steady, alone_ms), *_command_rows(delays, line)]


# ---- Start -------------------------------------------------------------------------------------------------------------


def _start(folder: Path, broker_port: int) -> float:
    """Start an agent and end it; return how long it took until a value that was read came to the platform, in s."""
    with _platform(broker_port) as platform:
        begin_ns = time.monotonic_ns()
        with w.agent(folder):
            first: list[int] = []

            def came() -> bool:
                first.extend(message.ns for message in platform.heard()[len(first) :] if _samples(message.payload))
                return bool(first)

            platform.until(came, PATIENCE_S)
    return (first[0] - begin_ns) / 1e9


def _start_rows(starts: list[float]) -> list[Figure]:
    peers = {NODE_RED: 2.4, THINGSBOARD: 1.4, SCRIPT: 0.12}
    return [beside("start to first published value, median", median(starts), "s", 0.5, peers, f"{STARTS} starts")]


# ---- What it takes -----------------------------------------------------------------------------------------------------


def _cpu_ms(server: w.Server, agent: int) -> float:
    """Return the CPU time that a thousand points take, in ms."""
    begin = server.points_after(SETTLE_S)
    begin_s = w.cpu_s(agent)
    points = server.points_after(SPAN_S // 2) - begin
    return 1e6 * (w.cpu_s(agent) - begin_s) / points


def _steady(broker: Mosquitto, server: w.Server, other: w.Server, agent: int) -> Steady:
    """Watch the agent, and what the least that works takes at the same time, on a server of its own."""
    words = (sys.executable, BARE, other.port, broker.port, w.UNITS, w.REGISTERS)
    with w.process(*words) as bare, _platform(broker.port) as platform:
        watched = (agent, bare.pid, broker.pid)
        server.points_after(SETTLE_S - 1)
        before = server.points_after(1)
        begin_ns, begin = time.monotonic_ns(), [w.cpu_s(pid) for pid in watched]
        points = server.points_after(SPAN_S) - before
        end_ns, end = time.monotonic_ns(), [w.cpu_s(pid) for pid in watched]
        assert bare.poll() is None, "the bare script has ended"
        rss_mb, pss_mb = w.resident_mb(agent), w.proportional_mb(agent)
        server.points_after(1)  # what was read at the very end is published, and in the server's log
        heard = list(platform.heard())
    came: dict[tuple[int, int], int] = {}
    for message in heard:
        for value in _samples(message.payload):
            came.setdefault((int(message.topic.rpartition("/d")[2]), value), message.ns)
    replies = {key: ns for key, ns in server.replies().items() if begin_ns <= ns < end_ns}
    span_s = (end_ns - begin_ns) / 1e9
    agent_s, bare_s, broker_s = ((after - before) / span_s for before, after in zip(begin, end, strict=True))
    return Steady(
        [(came[key] - ns) / 1e6 for key, ns in replies.items() if key in came],
        len(replies),
        points / span_s,
        sum(begin_ns <= message.ns < end_ns for message in heard) / span_s,
        agent_s,
        bare_s,
        broker_s,
        rss_mb,
        pss_mb,
    )


def _steady_rows(steady: Steady, alone_ms: float) -> list[Figure]:
    delays, cost_ms = steady.delays_ms, 1e6 * steady.agent_cpu_s / steady.points
    bare_ms = 1e6 * steady.bare_cpu_s / (w.UNITS * w.REGISTERS)  # a second
    published = f"{len(delays)} of {steady.new_values} new values published"
    assert len(delays) == steady.new_values, published
    return [
        beside(
            "reply read to publish, median", median(delays), "ms", 1.0,
            {NODE_RED: 1.8, THINGSBOARD: 139, SCRIPT: 0.16}, published,
        ),
        beside(
            "reply read to publish, p99", percentile(delays, 0.99), "ms", None,
            {NODE_RED: 45, THINGSBOARD: 188, SCRIPT: 1.0},
        ),
        beside(
            "CPU a 1,000 points read and published", cost_ms, "ms", 5.0,
            {NODE_RED: 5.2, THINGSBOARD: 86, SCRIPT: 11.7, BY_HAND: 8.7}, f"{steady.points:.0f} points a second",
        ),
        figure("the same with one request at a time", alone_ms, "ms", None, f"above: {w.IN_FLIGHT} at a time, as Node-RED"),
        figure("a bare script beside it", bare_ms, "ms", None, "pymodbus and aiomqtt, a message a unit, nothing else"),
        figure("the agent takes of that", cost_ms / bare_ms, "x"),
        beside(
            "CPU share of one core", 100 * steady.agent_cpu_s, "%", None,
            {NODE_RED: 0.33, THINGSBOARD: 5.5, SCRIPT: 0.75, BY_HAND: 0.56},
        ),
        beside(
            "resident memory", steady.rss_mb, "MB", 45.0, {NODE_RED: 131, THINGSBOARD: 66, SCRIPT: 27.5},
            f"after {SETTLE_S + SPAN_S} s",
        ),
        beside(
            "of it proportional", steady.pss_mb, "MB", None, {NODE_RED: 129, THINGSBOARD: 59, SCRIPT: 20.7},
        ),
        figure("messages a second", steady.messages, "", None, "one a unit, as the peers; only what has changed"),
        beside(
            "CPU share of the broker", 100 * steady.broker_cpu_s, "%", None,
            {NODE_RED: 0.07, THINGSBOARD: 0.08, SCRIPT: 0.15}, "the script's messages are in it",
        ),
    ]  # fmt: skip


# ---- Commands ----------------------------------------------------------------------------------------------------------


def _commands(broker_port: int, server: w.Server) -> list[float]:
    """Send commands to the lamp on W, each with another level; return the delays to its write at the server, in ms."""
    steps = _RANDOM.sample(range(20 * w.STEPS_PER_PCT, 100 * w.STEPS_PER_PCT), COMMANDS)
    begin_ns: dict[int, int] = {}
    with _platform(broker_port) as platform:
        for step in steps:
            begin_ns[step] = _command(platform, "bench/DCMD/bench/d1", step / w.STEPS_PER_PCT)
            time.sleep(_RANDOM.uniform(*PAUSE_S))  # noqa: TID251 - a bench lets real time pass
        server.points_after(2)
    written: dict[int, int] = {}
    for step, ns in server.writes():
        if ns >= begin_ns.get(step, ns + 1):
            written.setdefault(step, ns)
    missing = [step / w.STEPS_PER_PCT for step in steps if step not in written]
    assert not missing, f"never written: {missing}"
    return [(written[step] - begin_ns[step]) / 1e6 for step in steps]


async def _commands_on_line() -> list[float]:
    """Send commands to a lamp of the street with nobody on it; return the delays to the first byte of the write, in ms."""
    with tempfile.TemporaryDirectory(prefix="gadelys-bench-") as name, _broker(Path(name)) as broker:
        async with lit_street(broker_port=broker.port) as street:
            with _platform(broker.port) as platform:
                await street.start_agent()
                await asyncio.to_thread(platform.until, lambda: _born(platform, f"lum-{LINE_LAMP:02}"), PATIENCE_S)
                delays = [await _on_line(street, platform, level) for level in _levels()]
                return delays[1:]  # the first comes from another level and fades for long


def _levels() -> Iterator[float]:
    yield 45.0
    for count, low in zip(range(COMMANDS), itertools.cycle((50, 40)), strict=False):
        yield low + 4 * _RANDOM.random() + count / 1000


async def _on_line(street: LitStreet, platform: BarePlatform, level: float) -> float:
    begin = len(street.moved)
    begin_ns = _command(platform, f"demo/DCMD/street-1/lum-{LINE_LAMP:02}", round(level, 2))
    moved: list[float] = []

    def on_its_way() -> bool:
        moved.extend(begin_s for begin_s, lamp in street.moved[begin:] if lamp == LINE_LAMP)
        return bool(moved)

    await street.until("the lamp moves", on_its_way)
    await asyncio.sleep(_RANDOM.uniform(*LINE_PAUSE_S) if level != 45.0 else 4.0)
    return 1000 * moved[0] - begin_ns / 1e6


def _command_rows(delays: list[float], line: list[float]) -> list[Figure]:
    usual = {NODE_RED: 3.8, THINGSBOARD: 57, SCRIPT: 0.92}
    worst = {NODE_RED: 6.4, THINGSBOARD: 102, SCRIPT: 5.1}
    about = f"{len(line)} commands, 19200 baud: the poll under way and the bus silence are in it"
    return [
        beside("command to write at the unit, median", median(delays), "ms", 1.0, usual, f"{len(delays)} commands"),
        beside("command to write at the unit, p99", percentile(delays, 0.99), "ms", 5.0, worst),
        figure("command to first byte on the line, median", median(line), "ms", None, about),
        figure("command to first byte on the line, p99", percentile(line, 0.99), "ms"),
    ]


# ---- The platform ------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _broker(folder: Path) -> Iterator[Mosquitto]:
    broker = Mosquitto(folder)
    try:
        yield broker
    finally:
        broker.close()


@contextlib.contextmanager
def _platform(port: int) -> Iterator[BarePlatform]:
    platform = BarePlatform(port, "spBv1.0/#")
    try:
        yield platform
    finally:
        platform.close()


def _command(platform: BarePlatform, path: str, level_pct: float) -> int:
    stamp_ms = round(time.time() * 1000)  # noqa: TID251 - a platform has a clock of its own
    return platform.send(f"spBv1.0/{path}", build([("lamp/dimming_level", _FLOAT, level_pct)], timestamp=stamp_ms))


def _samples(payload: bytes) -> list[int]:
    """Return the values of register 0 that a message carries."""
    return [metric.value for metric in parse(payload).metrics if metric.name == "sample/a" and metric.value is not None]


def _born(platform: BarePlatform, device: str) -> bool:
    return any(f"/DBIRTH/street-1/{device}" in message.topic for message in platform.heard())
