"""The command `firmware-sim stage` with a stand-in for the command gadelys that tells what happens to it."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "firmware-sim" / "street.toml"
PATIENCE_S = 20.0

# Tells what it is and which signals it hears. `run` and `top` end with the code that is written into their own pipe, `safe` at
# once. Manners: `safe-waits` for its pipe too, `run-slow` does so before it ends by a signal, `run-deaf` ends by none.
STAND_IN = """#!{python}
import os, signal, sys
name, manners = sys.argv[1], os.environ.get("MANNERS", "").split()
told = os.open({told!r}, os.O_WRONLY)
def tell(what):
    os.write(told, f"{{name}} {{os.getpid()}} {{what}}\\n".encode())
def code():
    with open({folder!r} + "/" + name) as order:
        return int(order.read())
def heard(number, _):
    tell(signal.Signals(number).name)
    if f"{{name}}-deaf" not in manners:
        sys.exit(code() if f"{{name}}-slow" in manners else 0)
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, heard)
print(name, "was here", flush=True)
tell("begins " + " ".join(sys.argv[2:]))
if name != "safe" or "safe-waits" in manners:
    sys.exit(code())
"""

# The command, with less patience than it has for people.
STAGE = """
import sys
from firmware_sim import main, stage
stage.RESTART_AFTER_S, stage.STOP_WITHIN_S = 0.05, {}
sys.exit(main.main())
"""


class Stage:
    """A stage in a folder of its own, and what its stand-ins tell."""

    def __init__(self, tmp_path: Path) -> None:
        self.pipes, self.folder = tmp_path / "pipes", tmp_path / "street"
        self.pipes.mkdir()
        for name in ("told", "run", "safe", "top"):
            os.mkfifo(self.pipes / name)
        self._told = os.open(self.pipes / "told", os.O_RDWR)
        self._rest = b""
        self.agent = tmp_path / "gadelys"
        self.agent.write_text(
            STAND_IN.format(python=sys.executable, told=str(self.pipes / "told"), folder=str(self.pipes))
        )
        self.agent.chmod(0o755)
        self.pids: dict[str, int] = {}
        self.process: subprocess.Popen[str] | None = None

    def command(self, *more: str, stop_within_s: float = PATIENCE_S) -> list[str]:
        options = ["--agent", str(self.agent), "--config", str(CONFIG), "--dir", str(self.folder)]
        return [sys.executable, "-c", STAGE.format(stop_within_s), "stage", *options, *more]

    def start(self, *more: str, manners: str = "", stop_within_s: float = PATIENCE_S) -> None:
        self.process = subprocess.Popen(
            self.command(*more, stop_within_s=stop_within_s),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={**os.environ, "MANNERS": manners},
        )

    def hear(self) -> tuple[str, str]:
        """The next thing that is told: by whom, and what."""
        deadline_s = time.monotonic() + PATIENCE_S
        while b"\n" not in self._rest:
            if not select.select([self._told], [], [], max(0.0, deadline_s - time.monotonic()))[0]:
                pytest.fail(f"nothing was told; {self.logs()}")
            self._rest += os.read(self._told, 4096)
        line, _, self._rest = self._rest.partition(b"\n")
        name, pid, what = line.decode().split(" ", 2)
        self.pids[name] = int(pid)
        return name, what

    def hear_set(self, count: int) -> set[tuple[str, str]]:
        """So many things, in any order; of a beginning the first word alone."""
        return {(name, what.split()[0]) for name, what in (self.hear() for _ in range(count))}

    def begin(self, *more: str, manners: str = "", stop_within_s: float = PATIENCE_S) -> None:
        """Start, until the agent and the live view are there."""
        self.start(*more, manners=manners, stop_within_s=stop_within_s)
        assert self.hear_set(2) == {("run", "begins"), ("top", "begins")}

    def end(self, name: str, code: int) -> None:
        """Let a stand-in end with this code."""
        (self.pipes / name).write_text(str(code))

    def signal(self, *numbers: signal.Signals) -> None:
        assert self.process is not None
        for number in numbers:
            self.process.send_signal(number)

    def ended(self) -> tuple[int, str]:
        """The exit code, and what was said. Nothing is left behind."""
        assert self.process is not None
        _, said = self.process.communicate(timeout=PATIENCE_S)
        for name, pid in self.pids.items():
            assert not alive(pid), name
        left = {path.name for path in self.folder.iterdir()}
        assert left == {"agent.log", "broker.log", "lock", "pole.toml", "street.log"}
        return self.process.returncode, said

    def logs(self) -> str:
        return "".join(path.read_text() for path in self.folder.glob("*.log"))

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            for child in children(self.process.pid):
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
            self.process.kill()
            self.process.communicate()
        os.close(self._told)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def children(pid: int) -> set[int]:
    found: set[int] = set()
    for task in Path(f"/proc/{pid}/task").iterdir():
        found |= {int(child) for child in (task / "children").read_text().split()}
    return found
