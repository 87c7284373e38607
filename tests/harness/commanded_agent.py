"""An agent on the simulated street whose platform signs its commands."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

from platform_host import Platform
from running_street import Street
from signed_commands import Signer

STRING = 12


class Commanded:
    """A street, its platform, and the platform's signer."""

    def __init__(self, folder: Path) -> None:
        self.street = Street(folder, broker=True)
        self.signer = Signer(folder)
        text = self.street.config.read_text(encoding="utf-8")
        self.text = text.replace("mirror = true", "mirror = true\nprobation_s = 5") + self.signer.table()
        self.street.config.write_text(self.text, encoding="utf-8")
        self.platform = Platform(self.street.broker_port)
        self._systemd = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._systemd.bind(str(folder / "notify"))
        self._told: list[str] = []
        self._ear = threading.Thread(target=self._listen)  # who does not listen stops whoever tells
        self._ear.start()

    def start(self) -> None:
        births = len(self.platform.messages("NBIRTH"))
        self.street.start_agent(NOTIFY_SOCKET=str(self.street.folder / "notify"))
        self.born_again(births)

    def born_again(self, births: int) -> None:
        self.platform.ear.until(lambda: len(self.platform.messages("NBIRTH")) > births, 20.0)
        self.street.until("lum-03 is read back", lambda _: self.street.lamps()["lum-03"]["confirmed_pct"] is not None)

    def node(self, name: str, *metrics: tuple[str, int, object]) -> bytes:
        return self.platform.node_command(*metrics, ("command/id", STRING, name), signer=self.signer)

    def told(self, name: str, *statuses: str) -> str:
        """Wait until a command to the node has come so far; the last reason."""
        self.platform.ear.until(lambda: set(statuses) <= {status for status, _ in self.platform.stages(name)}, 25.0)
        return next(reason for status, reason in self.platform.stages(name) if status == statuses[-1])

    def told_systemd(self) -> list[str]:
        """What the service manager was told since the last call, its watchdog aside."""
        told, self._told = self._told, []
        return [one for one in told if one != "WATCHDOG=1"]

    def _listen(self) -> None:
        with self._systemd:
            while told := self._systemd.recv(4096):
                self._told.append(told.decode())

    def close(self) -> None:
        self.platform.close()
        self.street.close()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
            end.sendto(b"", str(self.street.folder / "notify"))
        self._ear.join()
