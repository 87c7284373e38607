"""`gadelys unit` on a pty: what it shows, what it writes, what it refuses, and what it says when it goes wrong."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import mixed_profiles
from agent.cli.bus import units
from agent.cli.main import main
from mixed_line import MixedLine, Unit

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def line(tmp_path: Path) -> Iterator[MixedLine]:
    line = MixedLine(tmp_path / "tty", Unit(1), Unit(2, effect="restart"), Unit(5))
    line.plug()
    yield line
    line.pull()


@pytest.fixture
def gadelys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], line: MixedLine
) -> Run:
    """Run `gadelys unit` with PORT for the line; exit code, stdout, stderr."""
    monkeypatch.setenv("GADELYS_SOCKET", str(tmp_path / "api.sock"))
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr(units, "SYSTEM_CONFIG", mixed_profiles.write(tmp_path).parent / "pole.toml")

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(
            sys, "argv", ["gadelys", "unit", *(str(line.path) if one == "PORT" else one for one in words)]
        )
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capsys.readouterr()
        code = end.value.code
        return (code if isinstance(code, int) else 0), out, err

    return run


def written(line: MixedLine) -> list[list[tuple[int, int]]]:
    return [unit.writes for unit in line.units]


def test_without_unlock_the_writes_are_shown_and_nothing_is_written(gadelys: Run, line: MixedLine) -> None:
    code, out, err = gadelys("address", "PORT", "1", "31", "--profile", "box-at-once")
    assert (code, err) == (1, "")
    assert "unit 1 at 9600 8N1 answers, and nobody answers as unit 31 at 9600 8N1" in out
    assert "id: 31  register 7 of unit 1 at 9600 8N1  01 06 00 07 00 1F 79 C3" in out
    assert "Nothing has been written; --unlock does it." in out
    assert written(line) == [[], [], []]
    assert all(frame[1] in {1, 2, 3, 4} for _, frame in line.frames)  # reads


@pytest.mark.parametrize("silent", [False, True])
def test_a_unit_gets_another_id(gadelys: Run, line: MixedLine, silent: bool) -> None:
    line.units[0].silent = silent
    code, out, err = gadelys("address", "PORT", "1", "31", "--profile", "box-at-once", "--unlock")
    assert (code, err) == (0, "")
    assert "done: Unit 31 at 9600 8N1 answers, unit 1 at 9600 8N1 does not any more" in out
    assert "In the configuration: address = 31 in its [unit.…]" in out
    assert written(line) == [[(7, 31)], [], []]


def test_a_unit_gets_another_speed_and_then_its_id(gadelys: Run, line: MixedLine) -> None:
    assert gadelys("baud", "PORT", "1", "19200", "--profile", "box-at-once", "--unlock")[0] == 0
    assert line.units[0].baud == 19200
    code, out, _ = gadelys("address", "PORT", "1", "2", "--at", "19200", "--profile", "box-at-once", "--unlock")
    assert "done: Unit 2 at 19200 8N1 answers" in out
    assert code == 0
    assert gadelys("address", "PORT", "1", "30", "--at", "19200", "--profile", "box-at-once")[0] == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["address", "PORT", "1", "5", "--profile", "box-at-once"], "somebody answers as unit 5 at 9600 8N1 already"),
        (["address", "PORT", "7", "8", "--profile", "box-at-once"], "unit 7 at 9600 8N1 does not answer"),
        (
            ["address", "PORT", "1", "8", "--profile", "mtdx62-mb"],
            "holding 8 should be from 1200 to 57600, and reads 96",
        ),
        (["address", "PORT", "1", "1", "--profile", "box-at-once"], "1: it has this id already"),
        (
            ["address", "PORT", "1", "8", "--profile", "eastron-sdm230"],
            "its profile does not say how the id is changed",
        ),
        (["address", "PORT", "1", "8", "--profile", "nothing"], "expected one of "),
        (["address", "PORT", "1", "248", "--profile", "box-at-once"], "248 is not in the range 1<=x<=247"),
        (
            ["address", "PORT", "1", "8", "--profile", "box-at-once", "--at", "fast"],
            "--at: expected a speed such as 9600",
        ),
        (["address", "PORT", "1", "8"], "Missing option '--profile'"),
        (["baud", "PORT", "1", "4800", "--profile", "box-at-once"], "4800 baud: box-at-once can 9600, 19200"),
        (["baud", "PORT", "1", "9600", "--profile", "box-at-once"], "it is at 9600 8N1 already"),
        (["baud", "PORT", "1", "9600", "--parity", "even", "--profile", "box-at-once"], "how the parity is changed"),
        (
            ["baud", "PORT", "1", "9600", "--parity", "mark", "--profile", "box-at-once"],
            "--parity: expected none, even, odd",
        ),
        (["baud", "127.0.0.1:1", "1", "9600", "--profile", "box-at-once"], "cannot be followed from here"),
        (["address", "127.0.0.1:1", "1", "8", "--profile", "box-at-once"], "Connection refused"),
        (["address", "nowhere", "1", "8", "--profile", "box-at-once"], "no agent answers at"),
    ],
)
def test_what_is_refused_writes_nothing_even_unlocked(
    gadelys: Run, line: MixedLine, words: list[str], says: str
) -> None:
    code, out, err = gadelys(*words, "--unlock")
    assert code in {1, 2, 3}
    assert says in out + err
    assert written(line) == [[], [], []]


def test_a_register_that_does_not_hold_its_id(gadelys: Run, line: MixedLine) -> None:
    line.units[0].holding[7] = 99
    code, out, _ = gadelys("address", "PORT", "1", "8", "--profile", "box-at-once", "--unlock")
    assert code == 1
    assert "not done: register 7 should hold 1, its id, and holds 99" in out
    assert written(line) == [[], [], []]


def test_two_units_on_the_new_address_are_somebody(gadelys: Run, line: MixedLine) -> None:
    line.units += [Unit(9), Unit(9)]
    code, out, _ = gadelys("address", "PORT", "1", "9", "--profile", "box-at-once", "--unlock")
    assert code == 1
    assert "somebody answers as unit 9 at 9600 8N1 already" in out


def test_power_that_fails_at_the_write(gadelys: Run, line: MixedLine) -> None:
    line.units[0].dies_at_write = 0
    code, out, _ = gadelys("address", "PORT", "1", "31", "--profile", "box-at-once", "--unlock")
    assert code == 1
    assert "not done: Neither unit 1 at 9600 8N1 nor unit 31 at 9600 8N1 answers" in out
    assert "switch its power off and on, and look with `gadelys bus scan --all` where it answers" in out


def test_without_a_terminal_nobody_waits_for_the_restart(gadelys: Run, line: MixedLine) -> None:
    code, out, _ = gadelys("address", "PORT", "2", "31", "--profile", "box-restart", "--unlock")
    assert code == 1
    assert "written, not proved: it will be unit 31 at 9600 8N1 once its power has been off and on" in out
    line.units[1].off_and_on()
    assert line.units[1].unit == 31


@pytest.mark.parametrize(
    ("power", "typed", "code", "says"),
    [
        (True, b"\n", 0, "done: Unit 31 at 9600 8N1 answers"),
        (False, b"\n", 1, "not done: Unit 2 at 9600 8N1 answers still, unit 31 at 9600 8N1 does not"),
        (False, b"\x03", 1, "written, not proved"),
    ],
)
def test_on_a_terminal_it_waits_for_the_restart(
    line: MixedLine, tmp_path: Path, power: bool, typed: bytes, code: int, says: str
) -> None:
    master, slave = pty.openpty()
    start = "import sys; from pathlib import Path; from agent.cli.bus import units; from agent.cli.main import main\n"
    start += f"units.SYSTEM_CONFIG = Path({str(mixed_profiles.write(tmp_path).parent / 'pole.toml')!r}); main()"
    words = ["unit", "address", str(line.path), "2", "31", "--profile", "box-restart", "--unlock"]
    environment = {**os.environ, "GADELYS_SOCKET": str(tmp_path / "api.sock"), "COLUMNS": "120", "NO_COLOR": "1"}
    with subprocess.Popen(
        [sys.executable, "-c", start, *words],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=environment,
        start_new_session=True,
    ) as process:
        os.close(slave)
        seen = b""
        while b"press Enter" not in seen:
            seen += os.read(master, 4096)
        if power:
            line.units[1].off_and_on()
        if typed == b"\x03":
            process.send_signal(2)
        else:
            os.write(master, typed)
        seen += rest(master)
        process.wait(10)
    assert process.returncode == code
    assert says in re.sub(r"\s+", " ", seen.decode())


def rest(master: int) -> bytes:
    seen = b""
    try:
        while piece := os.read(master, 4096):
            seen += piece
    except OSError:  # the other end is closed
        pass
    os.close(master)
    return seen
