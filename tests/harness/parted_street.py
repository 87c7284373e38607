"""One simulated street under three agents that know each other over Zenoh: processes of their own, watched from outside."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tomllib
from pathlib import Path
from typing import Any

from running_street import PATIENCE_S, ROOT, STREET_TIME, Json, Lines, Street, script

# Lamps from and to, their dimmer, what hangs on the line of the field.
COLUMNS = ("time_utc", "site", "direction", "speed_km_per_h", "length_m")
PARTS = ((1, 4, "dimmer-1"), (5, 6, "dimmer-2"), (7, 12, "dimmer-3"))
SPACING_M = 30.0
IDS = ("pole-1", "pole-2", "pole-3")


class PartedStreet:
    """The street, and its agents, each with a coordinate of its own. Nobody comes but by hand."""

    def __init__(self, folder: Path, *, linked: bool = True) -> None:
        quiet = folder / "quiet.csv"
        quiet.write_text(f"{','.join(COLUMNS)}\n2026-11-21T00:00:00Z,here,1,50,4\n", encoding="ascii")
        wish = ["--parts", "--passages", str(quiet), "--site", "here", "--night", "2026-11-20"]
        self.street = Street(folder, wish=wish)
        self.folder = folder
        self.agents: dict[int, subprocess.Popen[bytes]] = {}
        self.ports = [free_port() for _ in PARTS]
        (folder / "secret").write_text("0123456789abcdef0123456789abcdef\n", encoding="ascii")
        self._log = (folder / "agents.log").open("wb")
        for part in range(len(PARTS)):
            self.config(part).write_text(toml(self._config(part, linked=linked)), encoding="utf-8")

    def config(self, part: int) -> Path:
        return self.folder / f"{IDS[part]}.toml"

    def start(self, part: int) -> None:
        self.agents[part] = subprocess.Popen(
            [script("gadelys"), "run", "--config", str(self.config(part)), "--street-time", STREET_TIME],
            stdout=self._log,
            stderr=self._log,
        )

    def kill(self, part: int) -> None:
        self.agents[part].send_signal(signal.SIGKILL)
        self.agents.pop(part).wait(PATIENCE_S)

    def status(self, part: int) -> Json:
        """Ask an agent. ConnectionError while it is not there."""
        try:
            lines = Lines(self.folder / f"{IDS[part]}.sock")
        except OSError as error:
            raise ConnectionError(str(error)) from None
        try:
            lines.send({"jsonrpc": "2.0", "id": 1, "method": "status"})
            result: Json = lines.receive()["result"]
            return result
        finally:
            lines.close()

    def neighbours(self, part: int) -> dict[str, Json]:
        return {one["id"]: one for one in self.status(part)["neighbours"]["neighbours"]}

    def all_heard(self) -> bool:
        return all(one["state"] == "heard" for part in self.agents for one in self.neighbours(part).values())

    def log(self) -> str:
        return (self.folder / "agents.log").read_text(errors="replace")

    def close(self) -> None:
        for agent in self.agents.values():
            agent.kill()
            agent.wait()
        self._log.close()
        self.street.close()

    def _config(self, part: int, *, linked: bool) -> dict[str, Any]:
        first, last, dimmer = PARTS[part]
        config = tomllib.loads((ROOT / "firmware-sim" / "street.toml").read_text(encoding="utf-8"))
        del config["uplink"]
        here = {f"{what}-{lamp:02}" for lamp in range(first, last + 1) for what in ("lum", "radar", "vehicles")}
        here |= {"pir-1"} if part == 2 else {"lux-1", "meter-1"} if part == 0 else set()
        devices = {name: device for name, device in config["device"].items() if name in here}
        for device in devices.values():
            if "position_m" in device:
                device["position_m"] -= SPACING_M * (first - 1)
        config["device"] = devices
        carriers = {device.get("unit") for device in devices.values()} | {dimmer}
        config["unit"] = {name: unit for name, unit in config["unit"].items() if name in carriers}
        if part != 0:
            del config["instrument"]
        if part != 2:
            del config["gpio"]
        for bus in ("lamps", "field"):
            config["bus"][bus]["port"] = f"{bus}-{part + 1}"
        config["controller"]["id"] = IDS[part]
        config["api"]["socket"] = f"{IDS[part]}.sock"
        if linked:
            config["neighbours"] = {"listen": f"tcp/127.0.0.1:{self.ports[part]}", "secret": "secret"}
            config["neighbour"] = {
                IDS[other]: {
                    "endpoint": f"tcp/127.0.0.1:{self.ports[other]}",
                    "end": "up" if other > part else "down",
                    "offset_m": SPACING_M * (PARTS[other][0] - first),
                }
                for other in (part - 1, part + 1)
                if 0 <= other < len(PARTS)
            }
        return config


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def toml(tables: dict[str, Any], path: str = "") -> str:
    """Write tables of tables of plain values."""
    text = ""
    for name, value in tables.items():
        if not isinstance(value, dict):
            text += f"{name} = {str(value).lower() if isinstance(value, bool) else repr(value)}\n"
    for name, value in tables.items():
        if isinstance(value, dict):
            here = f"{path}{name}"
            text += f"\n[{here}]\n" if any(not isinstance(one, dict) for one in value.values()) else ""
            text += toml(value, f"{here}.")
    return text


def memory_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
