"""What the agent costs while the street of the demonstration runs: people, vehicles, 16 units, two lines, pins."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from figures import Figure, figure
from lit_street import STREET, STREET_TIME

NAME = "demo"
TITLE = "The demonstration: what the agent takes of the machine"
SETTLE_S = 10.0
SPAN_S = 60.0


def run() -> list[Figure]:
    """Run street and agent as two processes, and look at the agent's from outside."""
    with tempfile.TemporaryDirectory(prefix="gadelys-bench-") as name:
        folder = Path(name)
        shutil.copy(STREET, folder / "pole.toml")
        programs = Path(sys.executable).parent
        street = subprocess.Popen(
            [str(programs / "firmware-sim"), "street", "--dir", name, "--street-time", STREET_TIME],
            stdout=subprocess.PIPE,
        )
        assert street.stdout is not None
        street.stdout.readline()
        agent = subprocess.Popen(
            [str(programs / "gadelys"), "run", "--config", str(folder / "pole.toml"), "--street-time", STREET_TIME],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            time.sleep(SETTLE_S)  # noqa: TID251 - a bench lets real time pass
            begin_s = _cpu_s(agent.pid)
            time.sleep(SPAN_S)  # noqa: TID251 - a bench lets real time pass
            used_s = _cpu_s(agent.pid) - begin_s
            rss_mb, private_mb = _memory_mb(agent.pid)
        finally:
            for process in (agent, street):
                process.terminate()
                process.wait()
            street.stdout.close()
    return [
        figure("resident memory", rss_mb, "MB", 40.0, f"after {SETTLE_S + SPAN_S:g} s"),
        figure("of it private", private_mb, "MB"),
        figure(
            "CPU share of one core", 100 * used_s / SPAN_S, "%", None, "20 control steps and 33 transactions a second"
        ),
    ]


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory_mb(pid: int) -> tuple[float, float]:
    rows = dict(
        line.split(":", 1) for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    )
    return tuple(int(rows[row].split()[0]) / 1024 for row in ("Rss", "Private_Dirty"))  # type: ignore[return-value]
