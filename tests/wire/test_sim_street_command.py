"""`firmware-sim street`: its mistakes in one line, its beginning, its replay and its end."""

from __future__ import annotations

import gzip
import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from firmware_sim.main import main

PATIENCE_S = 20.0
HEADER = "time_utc,site,direction,speed_km_per_h,length_m\n"
NIGHT = (
    HEADER
    + "2014-12-01T17:00:00Z,here,1,18,4.2\n"  # 18:00 local time, up the street
    + "2014-12-01T17:00:01Z,there,1,50,4.2\n"
    + "2014-12-02T06:59:59Z,here,2,18,1.8\n"
)
HELP = " (see firmware-sim street --help)"
PARTS = {"lamps", "field", "radar-01", "vehicles-01", "gpio.sock", "street.sock"}


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "night.csv.gz"
    path.write_bytes(gzip.compress(NIGHT.encode()))
    return path


def refusal_of(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> str:
    """The one line by which it ends with 2."""
    monkeypatch.setattr(sys, "argv", ["firmware-sim", *map(str, arguments)])
    try:
        code: object = main()
    except SystemExit as ended:
        code = ended.code
    said = capsys.readouterr()
    assert (code, said.out) == (2, "")
    assert said.err.count("\n") == 1
    return said.err.removesuffix("\n")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "firmware-sim: the following arguments are required: command (see firmware-sim --help)"),
        (["avenue"], "firmware-sim: argument command: invalid choice: 'avenue'"),
        (["street"], "firmware-sim street: the following arguments are required: --dir" + HELP),
        (
            ["street", "--dir", "x", "--colour"],
            "firmware-sim: unrecognized arguments: --colour (see firmware-sim --help)",
        ),
        (
            ["street", "--dir", "x", "--seed", "y"],
            "firmware-sim street: argument --seed: invalid int value: 'y'" + HELP,
        ),
        (["stage"], "firmware-sim stage: the following arguments are required: --agent, --config "),
    ],
)
def test_wrong_arguments(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: list[str], told: str
) -> None:
    assert refusal_of(capsys, monkeypatch, *arguments).startswith(told)


@pytest.mark.parametrize(
    "time", ["now", "21:30", "2026-11-20T21:30", "2026-11-20", "9999-12-31T23:59+00:00", "0001-01-01T00:00+01:00"]
)
def test_a_bad_street_time(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, time: str
) -> None:
    told = refusal_of(capsys, monkeypatch, "street", "--dir", tmp_path, "--street-time", time)
    expected = "expected such as 2026-11-20T21:30+01:00, from 1950 to 2049"
    assert told == f"firmware-sim street: argument --street-time: {expected}; found '{time}'" + HELP


@pytest.mark.parametrize("night", ["", "tonight", "2014-13-01", "2014-12-01T18:00", "9999-12-31", "0001-01-01"])
def test_a_bad_night(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, recording: Path, night: str
) -> None:
    options: list[str | Path] = ["--passages", recording, "--site", "here", "--night", night]
    told = refusal_of(capsys, monkeypatch, "street", "--dir", tmp_path, *options)
    expected = "expected such as 2014-12-01, from 1950 to 2049"
    assert told == f"firmware-sim street: argument --night: {expected}; found '{night}'" + HELP


@pytest.mark.parametrize("missing", ["--passages", "--site", "--night"])
def test_the_options_of_a_recording_go_together(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, recording: Path, missing: str
) -> None:
    options = {"--passages": str(recording), "--site": "here", "--night": "2014-12-01"}
    del options[missing]
    arguments = [word for option in options.items() for word in option]
    told = refusal_of(capsys, monkeypatch, "street", "--dir", tmp_path, *arguments)
    assert told == "firmware-sim street: --passages, --site and --night go together" + HELP


@pytest.mark.parametrize(
    ("name", "site", "night", "told"),
    [
        (
            "missing.csv",
            "here",
            "2014-12-01",
            "{0}: expected a readable file of passages: [Errno 2] No such file or directory",
        ),
        ("night.csv.gz", "nowhere", "2014-12-01", "{0}: no passages of site 'nowhere'; there are 'here, there'"),
        ("night.csv.gz", "", "2014-12-01", "{0}: no passages of site ''; there are 'here, there'"),
        (
            "night.csv.gz",
            "here",
            "2014-11-30",
            "{0}: no passages of site 'here' within 14 h from 2014-11-30T18:00:00+01:00; there are some from 2014-12-01 to",
        ),
        ("bad.csv", "here", "2014-12-01", "{0}:2: direction: expected 1 or 2, found 'up'"),
    ],
)
def test_a_recording_that_cannot_be_played(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    recording: Path,
    name: str,
    site: str,
    night: str,
    told: str,
) -> None:
    (tmp_path / "bad.csv").write_text(HEADER + "2014-12-01T17:00:00Z,here,up,18,4.2\n")
    path, folder = recording.with_name(name), tmp_path / "street"
    options: list[str | Path] = [
        "--passages",
        path,
        "--site",
        site,
        "--night",
        night,
        "--street-time",
        "2026-11-20T18:00+01:00",
    ]
    refused = refusal_of(capsys, monkeypatch, "street", "--dir", folder, *options)
    assert refused.startswith("firmware-sim: " + told.format(path))
    assert list(folder.iterdir()) == []


def test_a_folder_that_cannot_be(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, recording: Path
) -> None:
    told = refusal_of(capsys, monkeypatch, "street", "--dir", recording)
    assert told == f"firmware-sim: [Errno 17] File exists: '{recording}'"
    long = tmp_path / ("x" * 100)
    told = refusal_of(capsys, monkeypatch, "street", "--dir", long)
    assert told == f"firmware-sim street: --dir: expected a shorter path, sockets have 107 bytes: {long}" + HELP
    assert not long.exists()


def test_a_start_that_fails_half_way_leaves_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The lines are plugged in when the pins' socket turns out to be taken by a folder."""
    (tmp_path / "gpio.sock").mkdir()
    assert "gpio.sock" in refusal_of(capsys, monkeypatch, "street", "--dir", tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"gpio.sock"}


def start(folder: Path, *more: str | Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "firmware_sim.main", "street", "--dir", str(folder), *map(str, more)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    if process.stdout.readline() != "ready\n":
        process.kill()
        pytest.fail(process.communicate()[1])
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_makes_its_parts_and_takes_them_away(tmp_path: Path, number: signal.Signals) -> None:
    folder = tmp_path / "not" / "there" / "yet"
    process = start(folder)
    try:
        assert {path.name for path in folder.iterdir()} == PARTS
        assert all((folder / line).is_char_device() for line in ("lamps", "field", "radar-01", "vehicles-01"))
        process.send_signal(number)
        assert process.communicate(timeout=PATIENCE_S) == ("", "")
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 0
    assert list(folder.iterdir()) == []


def test_a_killed_one_is_followed_by_another_in_the_same_folder(tmp_path: Path) -> None:
    killed = start(tmp_path)
    killed.kill()
    killed.communicate()
    assert {path.name for path in tmp_path.iterdir()} == PARTS
    process = start(tmp_path)
    process.terminate()
    assert process.communicate(timeout=PATIENCE_S) == ("", "")
    assert list(tmp_path.iterdir()) == []


def test_a_recorded_night_is_replayed(tmp_path: Path, recording: Path) -> None:
    options: list[str | Path] = ["--passages", recording, "--site", "here", "--night", "2014-12-01"]
    process = start(tmp_path / "street", *options, "--street-time", "2026-11-20T18:00+01:00")
    try:
        with socket.socket(socket.AF_UNIX) as eye:
            eye.settimeout(PATIENCE_S)
            eye.connect(str(tmp_path / "street" / "street.sock"))
            eye.sendall(b'{"do": "watch", "interval_s": 0.05}\n')
            lines = eye.makefile("rb")
            assert json.loads(lines.readline()) == {"ok": True}
            state = json.loads(lines.readline())["state"]
            lines.close()
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE_S)
    [user] = state["users"]
    assert (user["id"], user["kind"], user["speed_m_per_s"]) == (100, "vehicle", 5.0)
    assert user["x_m"] == pytest.approx(-50 + 5 * state["t_s"], abs=1)
