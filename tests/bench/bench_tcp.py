"""Workload W without a platform: what reading takes."""

from __future__ import annotations

import tempfile
from pathlib import Path

import workload_w as w
from figures import Figure, figure

NAME = "tcp"
TITLE = "Workload W over Modbus TCP: what reading takes, the control loop with it, nothing published"
SETTLE_S = 5
SPAN_S = 20


def run() -> list[Figure]:
    """Run server and agent as two processes, and look at the agent's from outside."""
    with tempfile.TemporaryDirectory(prefix="gadelys-bench-") as name, w.server(Path(name)) as server:
        w.configure(Path(name), server.port)
        with w.agent(Path(name)) as agent:
            begin = server.points_after(SETTLE_S)
            begin_s = w.cpu_s(agent.pid)
            points = server.points_after(SPAN_S) - begin
            used_s = w.cpu_s(agent.pid) - begin_s
            rss_mb = w.resident_mb(agent.pid)
    return [
        figure("CPU a 1,000 points read", 1e6 * used_s / points, "ms", 3.0, f"{points / SPAN_S:.0f} points a second"),
        figure("CPU share of one core", 100 * used_s / SPAN_S, "%"),
        figure("resident memory", rss_mb, "MB", 40.0),
    ]
