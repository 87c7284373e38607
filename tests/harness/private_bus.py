"""A D-Bus of a test's own: the real dbus-daemon, on a socket in the test's folder. All is allowed but what a test denies."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

PROGRAM = shutil.which("dbus-daemon")

_ALLOWED = """<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>"""
_TEXT = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path={socket}</listen><auth>EXTERNAL</auth>
<policy context="default">{allowed}{denied}</policy></busconfig>
"""


class PrivateBus:
    """The daemon. `denied`: rules of a policy that come after those that allow all."""

    def __init__(self, folder: Path, denied: str = "") -> None:
        assert PROGRAM is not None, "dbus-daemon is missing: apt-get install dbus-daemon"
        self._socket = folder / "bus"
        self._config = folder / "bus.conf"
        self._config.write_text(_TEXT.format(socket=self._socket, allowed=_ALLOWED, denied=denied))
        self._process: subprocess.Popen[str] | None = None
        self.address = f"unix:path={self._socket}"
        self.start()

    def start(self) -> None:
        """Start it, and wait until it listens."""
        self._process = subprocess.Popen(
            [str(PROGRAM), f"--config-file={self._config}", "--nofork", "--nopidfile", "--print-address"],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline().startswith(self.address)

    def stop(self) -> None:
        """End it, and with it every connection."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()
        self._socket.unlink(missing_ok=True)
