"""`gadelys-sim fleet`: a few controllers against a Mosquitto; births, a command with its proof, a broker that comes back."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mosquitto import Ear, Mosquitto
from sparkplug_peer import build, parse

COMMAND = [sys.executable, "-m", "agent.sim.main", "fleet"]
NODES = {f"pole-{number:05}" for number in range(6)}
FLOAT, STRING = 9, 12


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    made = Mosquitto(tmp_path)
    try:
        yield made
    finally:
        made.close()


def born(ear: Ear) -> set[str]:
    """The nodes of which the birth and those of two lamps and a meter were heard."""
    topics = ear.topics()
    return {
        node for node in NODES if f"spBv1.0/fleet/NBIRTH/{node}" in topics
        and {f"spBv1.0/fleet/DBIRTH/{node}/{device}" for device in ("lum-01", "lum-02", "meter-1")} <= set(topics)
    }  # fmt: skip


def test_a_fleet_lives(broker: Mosquitto) -> None:
    options = ["--port", str(broker.port), "--controllers", "6", "--lamps", "2", "--every", "1", "--longest-wait", "1"]
    options += ["--processes", "1"]
    ear = Ear(broker.port, "spBv1.0/#")
    with subprocess.Popen([*COMMAND, *options, "--json"], stdout=subprocess.PIPE) as fleet:
        try:
            ear.until(lambda: born(ear) == NODES, 30.0)
            metrics = [("lamp/dimming_level", FLOAT, 44.0), ("command/id", STRING, "f1")]
            stamp = round(time.time() * 1000)  # noqa: TID251 - a platform has a clock of its own
            ear.say("spBv1.0/fleet/DCMD/pole-00003/lum-02", build(metrics, timestamp=stamp))
            topic = "spBv1.0/fleet/DDATA/pole-00003/lum-02"
            ear.until(lambda: "verified" in {
                metric.value for heard, raw, _ in list(ear.heard) if heard == topic for metric in parse(raw).metrics
            })  # fmt: skip
            ear.close()
            broker.kill()
            broker.start()
            ear = Ear(broker.port, "spBv1.0/#")
            ear.until(lambda: any("/DDATA/pole-00005/" in topic for topic in ear.topics()), 30.0)
        finally:
            ear.close()
            fleet.send_signal(signal.SIGTERM)
            said = fleet.communicate(timeout=30)[0].decode().splitlines()
    assert fleet.returncode == 0
    assert json.loads(said[-1])["poles"] == 6
    assert json.loads(said[-1])["dropped"] == 0


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (
            ["--host", "broker.example"],
            "expected an address of this machine, such as 127.0.0.1; found 'broker.example'",
        ),
        (["--host", "192.0.2.1"], "expected an address of this machine"),
        (["--group", "a/b"], "expected 1 to 64 of A-Z a-z 0-9 . _ -, found 'a/b'"),
        (["--controllers", "0"], "expected a whole number from 1 to 2000, found '0'"),
        (["--every", "1.5"], "expected a whole number from 1 to 3600, found '1.5'"),
    ],
)
def test_what_is_refused(options: list[str], says: str) -> None:
    done = subprocess.run([*COMMAND, *options], check=False, capture_output=True, text=True, timeout=20)
    assert done.returncode == 2
    assert says in done.stderr
    assert not done.stdout
