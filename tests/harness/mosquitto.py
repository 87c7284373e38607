"""A Mosquitto of a test's own on a free loopback port, and ears on it."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

PATIENCE_S = 10.0
PROGRAM = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def free_port() -> int:
    """A loopback port that nobody listens on just now, and that no outgoing connection is given (ip(7): 32768 on)."""
    for port in random.sample(range(20_000, 32_000), 100):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no free port on 127.0.0.1")


class Mosquitto:
    """The broker; `acl` are lines of an ACL file that hold for everybody."""

    def __init__(self, folder: Path, *, acl: str = "", options: str = "") -> None:
        assert PROGRAM is not None, "mosquitto is missing: apt-get install mosquitto"
        self.port = free_port()
        self._config = folder / "mosquitto.conf"
        text = f"listener {self.port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\npersistence false\n{options}\n"
        if os.getuid() == 0:
            text += "user root\n"  # or it would not be let into the test's folder
        if acl:
            (folder / "acl").write_text(acl)
            text += f"acl_file {folder / 'acl'}\n"
        self._config.write_text(text)
        self._log = (folder / "mosquitto.log").open("ab")
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start it, on the same port as before, and wait until it listens."""
        self._process = subprocess.Popen([str(PROGRAM), "-c", str(self._config)], stdout=self._log, stderr=self._log)
        deadline_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline_s:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            assert self._process.poll() is None, "mosquitto has ended"
        raise AssertionError("mosquitto does not listen")

    @property
    def pid(self) -> int:
        """The process that runs."""
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """End it with SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def say(self, topic: str, text: str, *, retain: bool = False) -> None:
        """Publish by Mosquitto's own client, and wait until it is there."""
        program = shutil.which("mosquitto_pub")
        assert program is not None, "mosquitto_pub is missing: apt-get install mosquitto-clients"
        said = [program, "-h", "127.0.0.1", "-p", str(self.port), "-q", "1", "-t", topic, "-m", text]
        subprocess.run([*said, *(["-r"] if retain else [])], check=True, timeout=PATIENCE_S)

    def freeze(self) -> None:
        """Stop it in its tracks: connections stay open and nothing is answered."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        self.kill()
        self._log.close()


class Ear:
    """Hears everything under some filters, from a thread of paho's; also speaks."""

    def __init__(self, port: int, *filters: str) -> None:
        self.heard: list[tuple[str, bytes, bool]] = []
        self._client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
        self._client.on_message = lambda _c, _u, m: self.heard.append((m.topic, bytes(m.payload), m.retain))
        self._ready = False
        self._client.on_subscribe = self._subscribed
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        if filters:
            self._client.subscribe([(topic, 0) for topic in filters])
            self.until(lambda: self._ready)

    def say(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish, and wait until the broker has it."""
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(PATIENCE_S)

    def topics(self) -> list[str]:
        """The topics that were heard, in order."""
        return [topic for topic, _, _ in self.heard]

    def until(self, holds: object, patience_s: float = PATIENCE_S) -> None:
        """Wait until something holds; fails with what was heard."""
        assert callable(holds)
        deadline_s = time.monotonic() + patience_s
        while not holds():
            assert time.monotonic() < deadline_s, f"not within {patience_s:g} s; heard {self.topics()[-20:]}"
            self._client._thread.join(0.02)  # type: ignore[union-attr]

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _subscribed(self, *_: object) -> None:
        self._ready = True
