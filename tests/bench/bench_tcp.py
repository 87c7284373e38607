"""Workload W without a platform: what reading takes."""

from __future__ import annotations

import contextlib
import sys
import tempfile
from pathlib import Path

import workload_w as w
from figures import Figure, figure

NAME = "tcp"
TITLE = "Workload W over Modbus TCP: what reading takes, the control loop with it, nothing published"
SETTLE_S = 5
SPAN_S = 20
BARE = Path(__file__).with_name("bare_master.py")


def run() -> list[Figure]:
    """Run server and agent as two processes, and look at the agent's from outside; beside them the least that works."""
    with tempfile.TemporaryDirectory(prefix="gadelys-bench-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        server, other = (stack.enter_context(w.server(folder, log=log)) for log in ("server.log", "other.log"))
        w.configure(folder, server.port)
        with w.agent(folder) as agent, w.process(sys.executable, BARE, other.port, w.UNITS, w.REGISTERS) as bare:
            points, used_s, bare_s = _watched(server, agent.pid, bare.pid)
            rss_mb = w.resident_mb(agent.pid)
        w.configure(folder, server.port, in_flight=1)
        with w.agent(folder) as agent:
            alone_points, alone_s, _ = _watched(server, agent.pid, agent.pid)
    return [
        figure("CPU a 1,000 points read", 1e6 * used_s / points, "ms", 3.0, f"{points / SPAN_S:.0f} points a second"),
        figure(
            "the same with one request at a time", 1e6 * alone_s / alone_points, "ms", None, f"above: {w.IN_FLIGHT}"
        ),
        figure("a bare loop beside it", 1e6 * bare_s / points, "ms", None, "no checks, points, ages or control"),
        figure("the agent takes of that", used_s / bare_s, "x"),
        figure("resident memory", rss_mb, "MB", 40.0),
    ]


def _watched(server: w.Server, agent: int, bare: int) -> tuple[int, float, float]:
    """Return how many points are read in a span, and the CPU time of two processes in it, in s."""
    begin = server.points_after(SETTLE_S)
    begin_s, bare_begin_s = w.cpu_s(agent), w.cpu_s(bare)
    points = server.points_after(SPAN_S) - begin
    return points, w.cpu_s(agent) - begin_s, w.cpu_s(bare) - bare_begin_s
