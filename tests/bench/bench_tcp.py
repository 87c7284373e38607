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
        agent = stack.enter_context(w.agent(folder))
        bare = stack.enter_context(w.process(sys.executable, BARE, other.port, w.UNITS, w.REGISTERS))
        begin = server.points_after(SETTLE_S)
        begin_s, bare_begin_s = w.cpu_s(agent.pid), w.cpu_s(bare.pid)
        points = server.points_after(SPAN_S) - begin
        used_s, bare_s = w.cpu_s(agent.pid) - begin_s, w.cpu_s(bare.pid) - bare_begin_s
        rss_mb = w.resident_mb(agent.pid)
    return [
        figure("CPU a 1,000 points read", 1e6 * used_s / points, "ms", 3.0, f"{points / SPAN_S:.0f} points a second"),
        figure("a bare loop beside it", 1e6 * bare_s / points, "ms", None, "no checks, points, ages or control"),
        figure("the agent takes of that", used_s / bare_s, "x"),
        figure("resident memory", rss_mb, "MB", 40.0),
    ]
