"""`gadelys bus scan` on a pty: who is found at which speed, what it is, what is printed to paste, and how it ends."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import mixed_profiles
from agent.cli.bus import units
from agent.cli.main import main
from agent.config import load_file
from mixed_line import MixedLine, Unit
from running_street import script

Run = Callable[..., tuple[int, str, str]]

CONTROLLER = """\
[controller]
id = "pole-7"
group = "albertslund"
latitude = 55.6561
longitude = 12.3683
time_zone = "Europe/Copenhagen"

[unit.lamp]
bus = "line"
address = 200
profile = "waveshare-ao8-b"

[device.lum-01]
kind = "luminaire"
unit = "lamp"
channel = 1
position_m = 0

"""


@pytest.fixture
def line(tmp_path: Path) -> Iterator[MixedLine]:
    line = MixedLine(tmp_path / "tty")
    line.plug()
    yield line
    line.pull()


@pytest.fixture
def gadelys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line as a shell would, where no agent runs; exit code, stdout, stderr."""
    monkeypatch.setenv("GADELYS_SOCKET", str(tmp_path / "api.sock"))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(units, "SYSTEM_CONFIG", mixed_profiles.write(tmp_path).parent / "pole.toml")

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["gadelys", *words])
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capsys.readouterr()
        code = end.value.code
        return (code if isinstance(code, int) else 0), out, err

    return run


def scan(gadelys: Run, line: MixedLine, *words: str) -> dict[str, Any]:
    code, out, err = gadelys("bus", "scan", str(line.path), "--json", *words)
    assert err == ""
    result: dict[str, Any] = json.loads(out)
    assert code == (0 if result["found"] else 1)
    return result


def places(result: dict[str, Any]) -> list[tuple[int, int]]:
    return sorted((one["baud"], one["unit"]) for one in result["found"])


def test_units_at_different_speeds_are_found_and_named(gadelys: Run, line: MixedLine) -> None:
    line.units = [Unit(3), Unit(2, 19200), Unit(5, 19200)]
    result = scan(gadelys, line, "--baud", "9600,19200", "--parity", "none", "--units", "1-5")
    assert places(result) == [(9600, 3), (19200, 2), (19200, 5)]
    assert {tuple(one["profiles"][:2]) for one in result["found"]} == {("box-at-once", "box-restart")}
    assert result["hints"] == []
    assert result["stopped"] == ""


def test_a_unit_at_the_factorys_speed_is_found_without_a_word_of_it(gadelys: Run, line: MixedLine) -> None:
    line.units = [Unit(1, 38400)]
    result = scan(gadelys, line, "--units", "1-2", "--fast")
    assert places(result) == [(38400, 1)]


def test_a_unit_that_is_silent_on_what_it_does_not_have_is_found_by_its_profile(gadelys: Run, line: MixedLine) -> None:
    line.units = [Unit(1, silent=True)]
    del line.units[0].holding[0]
    result = scan(gadelys, line, "--baud", "9600", "--parity", "none", "--units", "1", "--fast")
    assert places(result) == [(9600, 1)]
    assert result["found"][0]["answers"] != "holding 0"


def test_a_unit_that_has_input_registers_alone_is_found_but_not_in_haste(gadelys: Run, line: MixedLine) -> None:
    line.units = [Unit(4, silent=True)]
    line.units[0].holding, line.units[0].input = {}, {0: 1}
    assert places(scan(gadelys, line, "--baud", "9600", "--parity", "none", "--units", "4")) == [(9600, 4)]
    assert places(scan(gadelys, line, "--baud", "9600", "--parity", "none", "--units", "4", "--fast")) == []


def test_two_units_on_one_address_are_a_hint(gadelys: Run, line: MixedLine) -> None:
    line.units = [Unit(4, silent=True), Unit(4, silent=True), Unit(5)]
    result = scan(gadelys, line, "--baud", "9600", "--parity", "none", "--units", "3-5")
    assert places(result) == [(9600, 5)]
    assert [(hint["baud"], hint["unit"]) for hint in result["hints"]] == [(9600, 4)]


def test_a_unit_that_is_none_of_the_profiles(gadelys: Run, line: MixedLine) -> None:
    line.units = [Unit(4)]
    line.units[0].holding[1] = 4712
    code, out, _ = gadelys("bus", "scan", str(line.path), "--baud", "9600", "--parity", "none", "--units", "4")
    assert code == 0
    assert "# unit 4: perhaps " in out  # what reads 0 may be much; it is a remark, and nothing to paste
    assert "[bus" not in out


def test_what_is_printed_can_be_pasted(gadelys: Run, line: MixedLine, tmp_path: Path) -> None:
    line.units = [Unit(3), Unit(2), Unit(4, 19200)]
    code, out, err = gadelys(
        "bus", "scan", str(line.path), "--baud", "9600,19200", "--parity", "none", "--units", "2-4"
    )
    assert code == 0
    head, _, pasted = out.partition("to paste into the configuration:\n")
    assert "3 units found" in head
    assert "found  unit 3 at 9600 8N1: box-at-once or box-restart" in err
    (tmp_path / "pole.toml").write_text(CONTROLLER + pasted, encoding="utf-8")
    config = load_file(tmp_path / "pole.toml")
    (bus,) = config.buses
    assert bus.place == str(line.path)
    assert [(unit.address, unit.profile) for unit in config.units[1:]] == [(2, "box-at-once"), (3, "box-at-once")]
    assert gadelys("config", "check", str(tmp_path / "pole.toml"))[0] == 0
    assert "# unit 4 (box-at-once) answers at 19200 8N1, not at 9600 8N1" in pasted


def test_nobody_is_found(gadelys: Run, line: MixedLine) -> None:
    code, out, err = gadelys(
        "bus", "scan", str(line.path), "--baud", "9600", "--parity", "none", "--units", "7", "--fast"
    )
    assert code == 1
    assert out.startswith(f"{line.path}: 0 units found (1 question in ")
    assert err.startswith(f"{line.path}: asking 1 id at 1 speed, ")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nowhere"], "no agent answers at"),
        (["/dev/nowhere"], "/dev/nowhere: No such file or directory"),
        (["TTY", "--baud", "fast"], "--baud: expected numbers from 1200 to 256000, such as 9600,19200; found 'fast'"),
        (["TTY", "--parity", "mark"], "--parity: expected none, even, odd; found 'mark'"),
        (["TTY", "--units", "0"], "--units: expected ids from 1 to 247, such as 1-20,31; found '0'"),
        (["TTY", "--all", "--baud", "9600"], "--all: expected it alone"),
        (["127.0.0.1:1", "--baud", "9600"], "expected a serial line"),
        (["127.0.0.1:1"], "127.0.0.1:1: Connection refused"),
    ],
)
def test_words_that_make_no_sense(gadelys: Run, line: MixedLine, words: list[str], says: str) -> None:
    code, out, err = gadelys("bus", "scan", *[str(line.path) if word == "TTY" else word for word in words])
    assert (code in {2, 3}, out) == (True, "")
    assert says in err.splitlines()[-1]
    assert line.frames == []


@pytest.mark.parametrize("silent", [True, False])
def test_a_port_that_is_pulled_in_the_middle_ends_with_what_was_found(
    gadelys: Run, line: MixedLine, silent: bool
) -> None:
    """`silent`: in the middle of finding out what it is."""
    line.units = [Unit(1, silent=silent)]
    pull = threading.Timer(0.7, line.pull)
    pull.start()
    code, out, err = gadelys("bus", "scan", str(line.path), "--baud", "9600", "--parity", "none")
    assert code == 3
    assert "1 unit found" in out
    assert ("not known" in out) == silent
    assert "ended by trouble" in out
    assert "hung up" in err.splitlines()[-1]


def started(folder: Path, *words: str, stdout: int) -> subprocess.Popen[bytes]:
    """Start the command as a process of its own."""
    environment = {
        **os.environ,
        "GADELYS_SOCKET": str(folder / "api.sock"),
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
    }
    return subprocess.Popen(
        [script("gadelys"), "bus", "scan", *words], stdin=stdout, stdout=stdout, stderr=subprocess.PIPE, env=environment
    )


def test_ctrl_c_ends_it_with_what_was_found(line: MixedLine, tmp_path: Path) -> None:
    line.units = [Unit(1)]
    with started(tmp_path, str(line.path), "--json", stdout=subprocess.PIPE) as process:
        until(lambda: any(frame[1][0] == 2 for frame in line.frames))  # unit 1 was asked before
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)
    assert (process.returncode, err) == (0, b"")
    result = json.loads(out)
    assert places(result) == [(9600, 1)]
    assert result["stopped"] == "stopped before the end"


def test_a_bar_on_a_terminal(line: MixedLine, tmp_path: Path) -> None:
    line.units = [Unit(1)]
    master, slave = pty.openpty()
    with started(
        tmp_path, str(line.path), "--units", "1-9", "--baud", "9600", "--parity", "none", stdout=slave
    ) as process:
        os.close(slave)
        seen = read_all(master)
        process.wait(10)
    text = seen.decode()
    assert "\r\x1b[K" in text
    assert "1 found" in text
    assert " s left" in text
    assert "1 unit found" in text.replace("\x1b[32m", "").replace("\x1b[0m", "")
    assert process.returncode == 0


def read_all(master: int) -> bytes:
    """Read a terminal to its end."""
    seen = b""
    try:
        while piece := os.read(master, 4096):
            seen += piece
    except OSError:  # the other end is closed
        pass
    os.close(master)
    return seen


def until(holds: Callable[[], bool], patience_s: float = 10.0) -> None:
    deadline_s = time.monotonic() + patience_s
    while not holds():
        assert time.monotonic() < deadline_s
        threading.Event().wait(0.01)
