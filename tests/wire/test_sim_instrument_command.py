"""`firmware-sim instrument` as a process: a port that a serial program opens, and the hand that makes trouble there."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import serial

DEADLINE_S = 20.0
COMMAND = [sys.executable, "-c", "import sys; from firmware_sim.entry import main; sys.exit(main())"]
HEAD, TAIL = bytes.fromhex("F4 F3 F2 F1"), bytes.fromhex("F8 F7 F6 F5")
IDLE = bytes.fromhex("F4 F3 F2 F1 00 00 F8 F7 F6 F5")
NEARER = bytes.fromhex("F4 F3 F2 F1 07 00 01 00 80 3C 01 32 14 F8 F7 F6 F5")  # 60 m, 50 km/h, no alarm
LEAVING = bytes.fromhex("F4 F3 F2 F1 07 00 01 00 85 14 00 1D 14 F8 F7 F6 F5")  # +5 degrees, 20 m, 29 km/h


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *words], capture_output=True, text=True, timeout=DEADLINE_S, check=False)


@contextmanager
def running(folder: Path, model: str, *options: str) -> Iterator[None]:
    command = [*COMMAND, "instrument", model, "--dir", str(folder), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(DEADLINE_S) == 0
    assert list(folder.iterdir()) == []


def told(folder: Path, *words: str) -> Any:
    done = run("tell", "--dir", str(folder), *words)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout) if done.stdout else None


def opened(folder: Path, baud: int = 115_200) -> serial.Serial:
    return serial.Serial(str(folder / "port"), baud, timeout=DEADLINE_S)


def reported(port: serial.Serial) -> bytes:
    """Return the next whole report from now on."""
    port.reset_input_buffer()
    port.read_until(TAIL)
    return port.read_until(TAIL)


def test_a_vehicle_comes_and_goes(tmp_path: Path) -> None:
    with running(tmp_path, "ld2451", "--set", "vehicles=[[60, 13.9]]", "--set", "hold_s=0"), opened(tmp_path) as port:
        assert reported(port) == NEARER
        told(tmp_path, "set", "value=vehicles", "to=[[20, -8, 5]]")
        assert reported(port) == LEAVING
        assert told(tmp_path, "values")["values"]["vehicles"] == [[20.0, -8.0, 5.0]]
        told(tmp_path, "set", "value=vehicles", "to=[]")
        assert reported(port) == IDLE
        told(tmp_path, "set", "value=alive", "to=false")
        port.reset_input_buffer()
        port.timeout = 0.3
        assert port.read(1) == b""
        told(tmp_path, "set", "value=alive", "to=true")
        port.timeout = DEADLINE_S
        assert reported(port) == IDLE


def test_faults_come_and_go(tmp_path: Path) -> None:
    with running(tmp_path, "ld2451", "--seed", "3"), opened(tmp_path) as port:
        told(tmp_path, "faults", "truncate=1.0")
        assert all(0 < len(piece) < len(IDLE) for piece in read(port, 20).split(HEAD) if piece)
        told(tmp_path, "faults", "babble=true")
        port.reset_input_buffer()
        assert len(set(port.read(4096))) > 200
        told(tmp_path, "faults", "drop=1.0", "seed=7")
        port.timeout = 0.3
        left = 0
        while data := port.read(4096):  # what was on the way
            left += len(data)
        assert left < 1 << 16
        port.timeout = DEADLINE_S
        told(tmp_path, "faults")
        assert reported(port) == IDLE


def read(port: serial.Serial, size: int) -> bytes:
    port.reset_input_buffer()
    return port.read(size)


def test_another_speed_hears_noise(tmp_path: Path) -> None:
    with running(tmp_path, "ld2451"):
        with opened(tmp_path, 256_000) as port:
            assert HEAD not in read(port, 100)
        with opened(tmp_path, 115_200) as port:
            assert reported(port) == IDLE


def test_pulled_out_and_plugged_in(tmp_path: Path) -> None:
    with running(tmp_path, "ld2451"):
        with opened(tmp_path) as port:
            told(tmp_path, "pull")
            assert told(tmp_path, "values")["plugged"] is False
            assert not (tmp_path / "port").is_symlink()
            with pytest.raises(serial.SerialException):
                port.read(1 << 16)
        told(tmp_path, "plug")
        with opened(tmp_path) as port:
            assert reported(port) == IDLE


@pytest.mark.parametrize("model", ["nmea", "sds011", "urm"])
def test_one_that_knows_the_time_one_with_a_fan_one_that_is_asked(tmp_path: Path, model: str) -> None:
    with running(tmp_path, model):
        assert told(tmp_path, "values")["values"]["alive"] is True


@pytest.fixture(scope="module")
def radar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("radar")
    with running(folder, "ld2410"):
        yield folder


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("dance",), "do: expected values, set, faults, pull, plug or watch"),
        (("set", "value=moving_cm", "to=1"), "moving_cm: expected one of alive, engineering, moving_m"),
        (("set", "value=moving_m", "to=near"), "moving_m: expected a number"),
        (("set", "to=1"), "value: expected a name"),
        (("faults", "dorp=1"), "dorp: expected one of"),
        (("faults", "drop=2"), "drop: expected 0 to 1"),
        (("faults", "echo=true"), "echo: a fault of lines"),
    ],
)
def test_mistakes_are_told_in_one_line(radar: Path, words: tuple[str, ...], error: str) -> None:
    done = run("tell", "--dir", str(radar), *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("firmware-sim: ")
    assert error in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("ld2410", "--set", "moving_m"), "--set: expected NAME=VALUE, found 'moving_m'"),
        (("ld2410", "--set", "moving_m=near"), "--set: moving_m: expected a number"),
        (("ld241",), "invalid choice: 'ld241'"),
    ],
)
def test_what_cannot_be_started(tmp_path: Path, words: tuple[str, ...], error: str) -> None:
    done = run("instrument", *words, "--dir", str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert error in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
