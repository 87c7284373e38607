"""What the agent costs while the street of the demonstration runs: people, vehicles, 16 units, two lines, pins."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from demo_street import demo_street
from figures import Figure, figure

NAME = "demo"
TITLE = "The demonstration: what the agent takes of the machine, alone and with its uplink"
SETTLE_S = 10.0
SPAN_S = 60.0


def run() -> list[Figure]:
    """Run street and agent as processes, and look at the agent's from outside: without an uplink, then with one."""
    alone, up = (_measured(broker=broker) for broker in (False, True))
    busy = "at most 20 control steps and 33 transactions a second"
    return [
        figure("resident memory, no uplink", alone[1], "MB", 40.0, f"after {SETTLE_S + SPAN_S:g} s"),
        figure("of it private", alone[2], "MB"),
        figure("CPU share of one core", alone[0], "%", None, busy),
        figure("resident memory, with uplink and mirror", up[1], "MB", 45.0),
        figure("of it private", up[2], "MB"),
        figure("CPU share of one core", up[0], "%", None, busy),
    ]


def _measured(*, broker: bool) -> tuple[float, float, float]:
    """Return CPU share (%), resident and private memory (MB) of the agent on the street."""
    with tempfile.TemporaryDirectory(prefix="gadelys-bench-") as name, demo_street(Path(name), broker=broker) as agent:
        time.sleep(SETTLE_S)  # noqa: TID251 - a bench lets real time pass
        begin_s = _cpu_s(agent.pid)
        time.sleep(SPAN_S)  # noqa: TID251 - a bench lets real time pass
        used_s = _cpu_s(agent.pid) - begin_s
        return 100 * used_s / SPAN_S, *_memory_mb(agent.pid)


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory_mb(pid: int) -> tuple[float, float]:
    rows = dict(
        line.split(":", 1) for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    )
    return tuple(int(rows[row].split()[0]) / 1024 for row in ("Rss", "Private_Dirty"))  # type: ignore[return-value]
