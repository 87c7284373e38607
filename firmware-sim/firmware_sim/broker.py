"""The street's own MQTT broker: Mosquitto on a loopback port, which dies and comes back as it is told."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import socket
from contextlib import suppress
from pathlib import Path

# Below the ports that outgoing connections take (ip(7): 32768 on): a client that calls while the broker is away could otherwise
# be given this very port, reach itself, and keep the broker from coming back.
PORTS = range(20_000, 32_000)
START_WITHIN_S = 5.0
STOP_WITHIN_S = 3.0
LOOK_EVERY_S = 0.02
SYSTEM_FOLDERS = "/usr/sbin:/usr/local/sbin"  # not on everybody's PATH

# `user root` gives nobody rights, it leaves Mosquitto whom it was started as: a process that changes its user loses the signal
# by which it dies with its parent (prctl(2), PR_SET_PDEATHSIG).
CONFIGURATION = """\
user root
listener {port} 127.0.0.1
allow_anonymous true
set_tcp_nodelay true
persistence false
log_dest stderr
"""


class NoBroker(Exception):
    """The broker is not there. The text says why, and the remedy."""


class Broker:
    """One Mosquitto, on one port from its start on. It dies with us, whatever we die of."""

    def __init__(self, folder: Path) -> None:
        """`folder` gets its configuration and its log. NoBroker if Mosquitto is not installed."""
        self._program = _program("mosquitto", "apt-get install mosquitto")
        self._setpriv = _program("setpriv", "apt-get install util-linux")
        self._configuration = folder / "broker.conf"
        self._log = folder / "broker.log"
        self._process: asyncio.subprocess.Process | None = None
        self.port = _free_port()

    @property
    def up(self) -> bool:
        """Whether its process runs."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start it with an empty log, and wait until it takes connections. NoBroker if that does not come.

        Nobody keeps its port before that: one that was taken meanwhile is given up for another.
        """
        self._log.write_bytes(b"")
        if _taken(self.port):
            self.port = _free_port()
        await self.back()

    async def back(self) -> None:
        """Start it again on its port, if it is away, and wait until it takes connections. NoBroker if that does not come."""
        if self.up:
            return
        if _taken(self.port):  # whoever listens there would answer in its place, and it would seem to be up
            raise NoBroker(f"port {self.port} of 127.0.0.1 is taken by another program")
        self._configuration.write_text(CONFIGURATION.format(port=self.port), encoding="ascii")
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                self._setpriv, "--pdeathsig", "KILL", self._program, "-c", self._configuration,
                stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,  # Ctrl-C is for the street, which stops all in order
            )  # fmt: skip
        try:
            async with asyncio.timeout(START_WITHIN_S):
                await self._answers()
        except TimeoutError:
            await self.dies()
            raise NoBroker(f"mosquitto did not take connections within {START_WITHIN_S:g} s: see {self._log}") from None

    async def dies(self) -> None:
        """Kill it with -9."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    async def stop(self) -> None:
        """End it in order, or at once if it does not listen; the log stays."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.terminate()
            with suppress(TimeoutError):
                async with asyncio.timeout(STOP_WITHIN_S):
                    await self._process.wait()
            await self.dies()
        self._configuration.unlink(missing_ok=True)

    async def _answers(self) -> None:
        """Wait until its process takes a connection. NoBroker if it ends."""
        while self.up:
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.close()
                await writer.wait_closed()
                return
            await asyncio.sleep(LOOK_EVERY_S)
        raise NoBroker(f"mosquitto ended at once: {_last_line(self._log)}")


def _program(name: str, remedy: str) -> str:
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), SYSTEM_FOLDERS))
    found = shutil.which(name, path=path)
    if found is None:
        raise NoBroker(f"{name} is not installed: {remedy}")
    return found


def _free_port() -> int:
    """Return a loopback port that nobody listens on."""
    for port in random.sample(PORTS, 100):
        if not _taken(port):
            return port
    raise NoBroker(f"no free port on 127.0.0.1 from {PORTS.start} to {PORTS.stop - 1}")


def _taken(port: int) -> bool:
    """Return whether Mosquitto could not listen there. Connections that are only fading away do not keep it from it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _last_line(path: Path) -> str:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return lines[-1] if lines else "it said nothing"
