"""`firmware-sim line` and `firmware-sim tell` as processes: what they make, do and refuse."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from firmware_sim import modbus

DEADLINE_S = 20.0
COMMAND = [sys.executable, "-c", "import sys; from firmware_sim.entry import main; sys.exit(main())"]
ASK_RELAYS = modbus.seal(22, bytes.fromhex("01 0000 0008"))
RELAYS_OFF = modbus.seal(22, bytes.fromhex("01 01 00"))


@contextmanager
def running(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """A line, and what it said until it was ready."""
    with subprocess.Popen(
        [*COMMAND, "line", "--dir", str(folder), *options], stdout=subprocess.PIPE, text=True
    ) as line:
        try:
            assert line.stdout is not None
            said = []
            while (word := line.stdout.readline()) and word != "ready\n":
                said.append(word.strip())
            assert word == "ready\n"
            yield line, said
        finally:
            line.send_signal(signal.SIGTERM)
            assert line.wait(DEADLINE_S) == 0


def tell(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "tell", "--dir", str(folder), *words],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )


def told(folder: Path, *words: str) -> Any:
    done = tell(folder, *words)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout) if done.stdout else None


def ask(folder: Path, request: bytes, size: int, wait_s: float = DEADLINE_S) -> bytes:
    port = os.open(folder / "line", os.O_RDWR | os.O_NOCTTY)
    try:
        tty.setraw(port)
        os.write(port, request)
        got = b""
        end_s = time.monotonic() + wait_s
        while len(got) < size and (left_s := end_s - time.monotonic()) > 0:
            if select.select([port], [], [], left_s)[0]:
                got += os.read(port, size - len(got))
        return got
    finally:
        os.close(port)


def test_a_technician_s_afternoon(tmp_path: Path) -> None:
    with running(tmp_path, "--demo"):
        assert ask(tmp_path, ASK_RELAYS, len(RELAYS_OFF)) == RELAYS_OFF
        units = told(tmp_path, "units")["units"]
        assert len(units) == 8
        relay = next(unit for unit in units if unit["name"] == "waveshare-relay8-22")
        assert (relay["address"], relay["link"], relay["values"]["output-1"]) == (22, "9600 8N1", False)
        told(tmp_path, "faults", "unit=waveshare-relay8-22", "drop=1.0")
        assert ask(tmp_path, ASK_RELAYS, 1, 0.3) == b""
        told(tmp_path, "faults", "unit=waveshare-relay8-22")
        told(tmp_path, "faults", "echo=true")
        assert ask(tmp_path, ASK_RELAYS, len(ASK_RELAYS + RELAYS_OFF)) == ASK_RELAYS + RELAYS_OFF
        told(tmp_path, "faults", "babble=true")
        assert len(ask(tmp_path, b"", 32)) == 32
        told(tmp_path, "faults")
        told(tmp_path, "power", "unit=waveshare-relay8-22", "on=false")
        assert ask(tmp_path, ASK_RELAYS, len(RELAYS_OFF), 0.3) != RELAYS_OFF
        told(tmp_path, "power", "unit=waveshare-relay8-22", "on=true")
        told(tmp_path, "set", "unit=thc-s-7", "value=moisture_pct", "to=44.5")
        soil = next(unit for unit in told(tmp_path, "units")["units"] if unit["name"] == "thc-s-7")
        assert soil["values"]["moisture_pct"] == 44.5
        told(tmp_path, "pull")
        assert not (tmp_path / "line").is_symlink()
        told(tmp_path, "plug")
        assert ask(tmp_path, ASK_RELAYS, len(RELAYS_OFF)) == RELAYS_OFF
    assert list(tmp_path.iterdir()) == []


def test_units_over_tcp_too(tmp_path: Path) -> None:
    with running(tmp_path, "--demo", "--tcp", "--rtu-tcp") as (_, said):
        ports = {name: int(where.rpartition(":")[2]) for name, where in (line.split() for line in said)}
        assert told(tmp_path, "units")["ports"] == ports
        frames = {
            "tcp": bytes.fromhex("0001 0000 0006 01 03 0000 0001"),
            "rtu-tcp": modbus.seal(11, bytes.fromhex("03 0010 0001")),
        }
        for name, size in (("tcp", 11), ("rtu-tcp", 7)):
            with socket.create_connection(("127.0.0.1", ports[name]), DEADLINE_S) as talk:
                talk.sendall(frames[name])
                assert len(talk.recv(size, socket.MSG_WAITALL)) == size


def test_units_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "units.toml"
    file.write_text('[[units]]\nproduct = "thc-s"\naddress = 3\nbaud = 9600\n')
    folder = tmp_path / "line"
    with running(folder, "--units", str(file), "--seed", "4"):
        assert ask(folder, modbus.seal(3, bytes.fromhex("03 0000 0001")), 7)[:3] == bytes.fromhex("03 03 02")


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("dance",), "do: expected units, faults"),
        (("faults", "dorp=1"), "dorp: expected one of"),
        (("faults", "on=moon"), "on: expected one of line"),
        (("power", "unit=nobody", "on=true"), "unit: expected one of jxct-illuminance-1"),
        (("power", "unit=thc-s-7", "on=1"), "on: expected true or false"),
        (("set", "unit=thc-s-7", "value=ph", "to=7"), "ph: expected moisture_pct or"),
        (("set", "unit=thc-s-7"), "value: expected a name"),
        (("faults", "drop"), "expected NAME=VALUE, found 'drop'"),
    ],
)
def test_mistakes_are_told_in_one_line(demo: Path, words: tuple[str, ...], error: str) -> None:
    done = tell(demo, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("firmware-sim: ")
    assert error in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("demo")
    with running(folder):
        yield folder


def test_nobody_is_there_to_be_told(tmp_path: Path) -> None:
    done = tell(tmp_path, "units")
    assert done.returncode == 2
    assert "no line, instrument or street runs here" in done.stderr


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('[[units]]\nproduct = "sdm12"', "unit 1: product: expected one of"),
        ('[[units]]\nproduct = "arlight-dali"', "it has units on tcp: say --tcp too"),
    ],
)
def test_a_wrong_file(tmp_path: Path, text: str, error: str) -> None:
    file = tmp_path / "units.toml"
    file.write_text(text)
    done = subprocess.run(
        [*COMMAND, "line", "--dir", str(tmp_path / "line"), "--units", str(file)],
        capture_output=True, text=True, timeout=DEADLINE_S, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert str(file) in done.stderr
    assert error in done.stderr


def test_the_products_are_listed() -> None:
    done = subprocess.run(
        [*COMMAND, "line", "--products"], capture_output=True, text=True, timeout=DEADLINE_S, check=True
    )
    assert "wtvb01-485                 unit  80  9600 8N1     WitMotion WTVB01-485 vibration" in done.stdout
    assert len(done.stdout.splitlines()) >= 30
