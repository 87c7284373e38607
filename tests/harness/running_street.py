"""A street and an agent as processes of their own, watched from outside: the API's socket and the street's eye."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
STREET_TIME = "2026-11-20T21:30+01:00"
PATIENCE_S = 20.0
NOBODY = 1  # a port where nothing listens

Json = dict[str, Any]


class Lines:
    """JSON, a message a line, on a unix socket."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(PATIENCE_S)
        try:
            self._socket.connect(str(path))
        except OSError:
            self._socket.close()
            raise
        self._file = self._socket.makefile("rwb")

    def send(self, message: Json) -> None:
        self._file.write(json.dumps(message).encode() + b"\n")
        self._file.flush()

    def send_raw(self, line: bytes) -> None:
        self._file.write(line)
        self._file.flush()

    def receive(self) -> Json:
        line = self._file.readline()
        if not line:
            raise ConnectionError("closed")
        message: Json = json.loads(line)
        return message

    def close(self) -> None:
        self._file.close()
        self._socket.close()


class Street:
    """The simulated street, and the agent that runs it."""

    def __init__(
        self, folder: Path, *, broker: bool = False, wish: Sequence[str] = (), street_time: str = STREET_TIME
    ) -> None:
        """Without a broker the agent calls where nobody listens. `wish`: more options of the street."""
        self.folder = folder
        self._time = street_time
        self.config = folder / "pole.toml"
        self.agent: subprocess.Popen[bytes] | None = None
        self._log = (folder / "log").open("wb")
        wish = [*wish, *(["--broker"] if broker else [])]
        self._street = subprocess.Popen(
            [script("firmware-sim"), "street", "--dir", str(folder), "--street-time", street_time, *wish],
            stdout=subprocess.PIPE,
            stderr=self._log,
        )
        assert self._street.stdout is not None
        assert self._street.stdout.readline().strip() == b"ready", self.log()
        self.eye = Lines(folder / "street.sock")
        self.hand = Lines(folder / "street.sock")
        self.eye.send({"do": "watch", "interval_s": 0.1})
        assert self.eye.receive()["ok"]
        state: Json = self.eye.receive()["state"]
        self.broker_port: int = state["broker"]["port"] if broker else NOBODY
        text = (ROOT / "firmware-sim" / "street.toml").read_text(encoding="utf-8")
        assert text.count("port = 18830") == 1
        self.config.write_text(text.replace("port = 18830", f"port = {self.broker_port}"), encoding="utf-8")

    def start_agent(self, **environment: str) -> None:
        self.agent = subprocess.Popen(
            [script("gadelys"), "run", "--config", str(self.config), "--street-time", self._time],
            stdout=self._log,
            stderr=self._log,
            env={**os.environ, **environment},
        )

    def end_agent(self, how: signal.Signals) -> int:
        assert self.agent is not None
        self.agent.send_signal(how)
        code = self.agent.wait(PATIENCE_S)
        self.agent = None
        return code

    def broker_pid(self) -> int:
        """Return the process of the street's broker."""
        for process in Path("/proc").iterdir():
            if process.name.isdigit():
                words = (process / "cmdline").read_bytes().split(b"\0")
                if words[0].endswith(b"mosquitto") and any(os.fsencode(self.folder) in word for word in words):
                    return int(process.name)
        raise AssertionError("the street has no broker")

    def do(self, **request: object) -> Json:
        self.hand.send(request)
        answer = self.hand.receive()
        assert answer["ok"], answer
        return answer

    def call(self, method: str, **params: object) -> Json:
        """Ask the agent; its answer with `result` or `error`. ConnectionError while it is not there."""
        try:
            lines = Lines(self.folder / "api.sock")
        except OSError as error:
            raise ConnectionError(str(error)) from None
        try:
            lines.send({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
            return lines.receive()
        finally:
            lines.close()

    def status(self) -> Json:
        result: Json = self.call("status")["result"]
        return result

    def uplink(self) -> Json:
        """Return how the agent's uplink is. ConnectionError while it is being loaded."""
        state: Json | None = self.status()["uplink"]
        if state is None:
            raise ConnectionError("no uplink yet")
        return state

    def lamps(self) -> dict[str, Json]:
        return {lamp["id"]: lamp for lamp in self.status()["lamps"]}

    def until(self, what: str, holds: Callable[[Json], bool], patience_s: float = PATIENCE_S) -> Json:
        """Watch the street until `holds` is true of its state. Fails with what did not come."""
        deadline_s = time.monotonic() + patience_s
        while time.monotonic() < deadline_s:
            state: Json = self.eye.receive()["state"]
            try:
                if holds(state):
                    return state
            except ConnectionError:
                continue  # the agent is not there yet
        pytest.fail(f"not within {patience_s:g} s: {what}\n{self.log()}")

    def levels(self, state: Json) -> dict[str, float]:
        return {lamp["id"]: lamp["level_pct"] for lamp in state["lamps"]}

    def outputs(self, state: Json) -> dict[str, str]:
        """Return what holds each lamp: `commanded`, `safe mode`, `off`."""
        return {lamp["id"]: lamp["output"] for lamp in state["lamps"]}

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")[-3000:]

    def close(self) -> None:
        if self.agent is not None:
            self.agent.kill()
            self.agent.wait()
        try:
            self._street.terminate()
            self._street.wait(PATIENCE_S)
        finally:
            self._street.kill()
            self._street.wait()
            assert self._street.stdout is not None
            self._street.stdout.close()
            self.eye.close()
            self.hand.close()
            self._log.close()


@contextlib.contextmanager
def lit_street(folder: Path) -> Iterator[Street]:
    """A street whose agent has read all back."""
    street = Street(folder)
    try:
        street.start_agent()
        street.until("all units answer and all lamps are read back", lambda _: settled(street.status()))
        yield street
    finally:
        street.close()


def settled(status: Json) -> bool:
    """Whether all units answer, their safety is proven, and all lamps are read back as they were sent."""
    units = status["units"]
    safe = all(unit["safety_verified"] for unit in units if unit["device_safety"])
    return (
        safe
        and all(unit["state"] == "ok" for unit in units)
        and all(lamp["confirmed_pct"] is not None and not lamp["fault"] for lamp in status["lamps"])
    )


def script(name: str) -> str:
    """Return the path of an installed command."""
    return str(Path(sys.executable).with_name(name))
