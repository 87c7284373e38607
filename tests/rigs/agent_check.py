"""A whole agent on a chip: somebody steps before its sensor, and `gadelys status` says so."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from outside import outside

_PIR, _RELAY = 17, 5
_PATIENCE_S = 60.0
_CONFIG = f"""
[controller]
id = "pole-1"
group = "rig"
latitude = 55.6561
longitude = 12.3683
time_zone = "Europe/Copenhagen"
clock = "rtc"
[api]
socket = "api.sock"
[gpio]
chip = "rpi"
[lighting]
fade_up_s = 0
fade_down_s = 0
[device.relay]
kind = "luminaire"
gpio = {_RELAY}
drive = "switch"
active = "low"
position_m = 0
[device.pir]
kind = "presence"
gpio = {_PIR}
pull = "down"
hold_s = 1
position_m = 0
"""


def agent_sees_presence() -> str:
    """Nobody, somebody, nobody: as `gadelys status --json` tells it. The agent ends in order."""
    side, began_s = outside(), time.monotonic()
    side.drive(_PIR, 0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pole.toml").write_text(_CONFIG, encoding="utf-8")
        with (folder / "log").open("w") as log:
            agent = subprocess.Popen(
                [gadelys(), "run", "--config", "pole.toml", "--street-time", "2026-11-20T21:30+01:00"],
                cwd=folder, stdout=log, stderr=subprocess.STDOUT, env=os.environ,
            )  # fmt: skip
            try:
                said_s = [until(folder, seen=False)]
                for level in (1, 0):
                    begin_s = time.monotonic()
                    side.drive(_PIR, level)
                    said_s.append(until(folder, seen=bool(level)) - begin_s)
                assert side.level(_RELAY) == 0, "the lamp is not lit"
                agent.send_signal(signal.SIGTERM)
                assert agent.wait(_PATIENCE_S) == 0
            except (AssertionError, subprocess.TimeoutExpired):
                print((folder / "log").read_text(encoding="utf-8"), file=sys.stderr)
                raise
            finally:
                agent.kill()
                agent.wait()
    return f"told {said_s[0] - began_s:.1f} s after the start; somebody after {said_s[1]:.1f} s, nobody after {said_s[2]:.1f} s"


def gadelys() -> Path:
    return Path(sys.executable).with_name("gadelys")


def until(folder: Path, *, seen: bool) -> float:
    """Ask until the agent says of its sensor whether there is somebody; return when it did."""
    end_s, said = time.monotonic() + _PATIENCE_S, ""
    while time.monotonic() < end_s:
        asked = subprocess.run(
            [gadelys(), "status", "--json", "--socket", folder / "api.sock"],
            capture_output=True,
            text=True,
            check=False,
        )
        said = asked.stdout + asked.stderr
        if asked.returncode == 0:
            sensors: list[dict[str, Any]] = json.loads(asked.stdout)["sensors"]
            said = json.dumps(sensors)
            if [sensor["present"] for sensor in sensors if sensor["id"] == "pir"] == [seen]:
                return time.monotonic()
        threading.Event().wait(0.1)
    raise AssertionError(f"not told: {said}")
