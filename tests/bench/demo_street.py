"""The demonstration's street and its agent, as processes."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from lit_street import STREET_TIME, configuration

PROGRAMS = Path(sys.executable).parent


@contextlib.contextmanager
def demo_street(folder: Path, *, broker: bool) -> Iterator[subprocess.Popen[bytes]]:
    """Run the street, with a broker of its own or without an uplink, and the agent; give the agent's process."""
    command = [str(PROGRAMS / "firmware-sim"), "street", "--dir", str(folder), "--street-time", STREET_TIME]
    street = subprocess.Popen(command + ["--broker"] * broker, stdout=subprocess.PIPE)
    assert street.stdout is not None
    street.stdout.readline()
    port = _broker_port(folder / "street.sock") if broker else None
    (folder / "pole.toml").write_text(configuration(port), encoding="utf-8")
    agent = subprocess.Popen(
        [str(PROGRAMS / "gadelys"), "run", "--config", str(folder / "pole.toml"), "--street-time", STREET_TIME],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield agent
    finally:
        for process in (agent, street):
            process.terminate()
            process.wait()
        street.stdout.close()


def _broker_port(path: Path) -> int:
    with socket.socket(socket.AF_UNIX) as eye:
        eye.connect(str(path))
        eye.sendall(b'{"do": "watch", "interval_s": 0.05}\n')
        with eye.makefile("rb") as lines:
            lines.readline()
            port: int = json.loads(lines.readline())["state"]["broker"]["port"]
            return port
