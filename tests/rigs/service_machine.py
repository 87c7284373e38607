"""The machine of the service's rig, looked at from outside through its namespaces."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Callable
from typing import Any

PATIENCE_S = 40.0
_WITHIN_S = 120.0
_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def inside(*words: str, code: int = 0, given: str = "") -> str:
    """Run a command in the machine, as root; return what it says."""
    first = os.environ["GADELYS_RIG_MACHINE"]  # its first process
    into = ["nsenter", "-t", first, "-m", "-u", "-i", "-n", "-p", "-C", "-r", "-w", "--"]
    done = subprocess.run(
        [*into, "env", "-i", _PATH, "LANG=C.UTF-8", *words],
        input=given, capture_output=True, text=True, timeout=_WITHIN_S, check=False,
    )  # fmt: skip
    assert done.returncode == code, f"{' '.join(words)}: {done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def until(what: str, holds: Callable[[], object], patience_s: float = PATIENCE_S) -> float:
    """Wait until something holds; return how long that took in seconds."""
    begin_s, pause = time.monotonic(), threading.Event()
    while not holds():
        assert time.monotonic() - begin_s < patience_s, f"not within {patience_s:g} s: {what}"
        pause.wait(0.1)
    return time.monotonic() - begin_s


def unit(name: str) -> str:
    """Return a property of the service, as systemd tells it."""
    return inside("systemctl", "show", "gadelys", "--value", "-p", name).strip()


def status() -> Any:
    """Return the agent's status; none while it is not there."""
    try:
        return json.loads(inside("gadelys", "status", "--json"))
    except AssertionError:
        return None


def online() -> bool:
    """Whether the agent is there, on line, and reads its lamps back."""
    found = status()
    return (
        found is not None
        and found["uplink"] is not None
        and found["uplink"]["state"] == "online"
        and all(lamp["confirmed_pct"] is not None for lamp in found["lamps"])
    )


def send(metric: str, value: str, *more: str, code: int = 0) -> list[str]:
    """Send a signed command to the node by the broker; return the stages that it went through."""
    said = inside("gadelys", "uplink", "send", metric, value, "--sign", "/root/operations.pem", *more, code=code)
    return said.splitlines()


def put(path: str, text: str) -> None:
    """Write a file of the machine, keeping whose it is."""
    inside("sh", "-c", 'cat >"$0"', path, given=text)


def text(path: str) -> str:
    """Return a file of the machine."""
    return inside("cat", path)


def journal(*more: str) -> str:
    """Return what the service has said since the machine came up."""
    return inside("journalctl", "-q", "-b", "-u", "gadelys", "-o", "cat", "--no-pager", *more)
