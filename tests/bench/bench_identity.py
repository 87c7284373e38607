"""What TLS with a client certificate costs the uplink, and what a code costs whoever guesses."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from agent.identity.code import stretched
from city import City
from figures import Figure, figure
from mosquitto import Mosquitto

NAME = "identity"
TITLE = "Identity: the uplink by TLS 1.3 with a P-256 certificate, beside plain TCP, against a Mosquitto on loopback"
RUNS = 5


def run() -> list[Figure]:
    """Each run is a process of its own; medians of five."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        city = City(folder)
        pole = city.enrolled("pole-7")
        (folder / "plain").mkdir()
        (folder / "tls").mkdir()
        bare, secure = Mosquitto(folder / "plain"), city.broker(folder / "tls")
        try:
            plain = [_session(bare.port) for _ in range(RUNS)]
            tls = [_session(secure.port, pole.ca, pole.identity) for _ in range(RUNS)]
        finally:
            bare.close()
            secure.close()
    begin_s = time.process_time()
    stretched("0" * 12, "g", "n")
    guess_s = time.process_time() - begin_s

    def of(key: str, rows: list[dict[str, float]]) -> float:
        return median(row[key] for row in rows)

    return [
        figure("memory beyond plain TCP", (of("memory_kb", tls) - of("memory_kb", plain)) / 1024, "MB", 3.0),
        figure("a connection, until subscribed", 1000 * of("connect_s", tls), "ms", None,
               f"plain {1000 * of('connect_s', plain):.2g} ms"),
        figure("CPU of it, files and handshake", 1000 * of("cpu_s", tls), "ms", None,
               f"plain {1000 * of('cpu_s', plain):.2g} ms; in a thread of its own"),
        figure("CPU of a message of 200 bytes", 1e6 * of("message_s", tls), "us", None,
               f"plain {1e6 * of('message_s', plain):.2g} us; ten at a time"),
        figure("CPU of one guess at a code", 1000 * guess_s, "ms", None,
               f"all 2^54 of them: {guess_s * 2**54 / 3.15e7:.1g} years of such a core"),
    ]  # fmt: skip


def _session(port: int, *files: Path) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("tls_session.py"), str(port), *map(str, files)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    found: dict[str, float] = json.loads(done.stdout)
    return found
