"""`gadelys selftest` on this machine: exit codes, the report it keeps, what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from command_line import CommandLine


@pytest.fixture
def gadelys(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    monkeypatch.setenv("COLUMNS", "100")
    return CommandLine(monkeypatch, capsys)


def test_the_report_of_a_board(gadelys: CommandLine, tmp_path: Path) -> None:
    kept = tmp_path / "report.json"
    code, out, err = gadelys("selftest", "--hardware", "--folder", tmp_path, "--out", kept, "--json")
    report = json.loads(out)
    assert err == ""
    assert json.loads(kept.read_text(encoding="utf-8")) == report
    assert code == (1 if any(check["outcome"] == "wrong" for check in report["checks"]) else 0)
    assert {check["part"] for check in report["checks"]} == {"software", "board", "clock", "ports", "timing", "loops"}
    timers = next(check for check in report["checks"] if check["name"] == "timer lateness")
    assert timers["figures"]["count"] == 200
    assert 0 <= timers["figures"]["median_ms"] <= timers["figures"]["longest_ms"]
    assert sorted(tmp_path.iterdir()) == [kept]


def test_without_hardware_only_what_is_installed(gadelys: CommandLine) -> None:
    _, out, _ = gadelys("selftest")
    assert out.startswith("software\n")
    assert "board" not in out


@pytest.mark.parametrize("pins", ["17", "17:17", "17:54", "a:b", "17:27:22"])
def test_pins_that_are_no_pair(gadelys: CommandLine, pins: str) -> None:
    code, out, err = gadelys("selftest", "--hardware", "--pin-loop", pins)
    assert (code, out) == (2, "")
    assert err == f"gadelys: --pin-loop: expected two BCM numbers from 0 to 53, such as 17:27; found {pins!r}\n"


def test_loops_are_for_hardware(gadelys: CommandLine) -> None:
    code, _, err = gadelys("selftest", "--pin-loop", "17:27")
    assert (code, err) == (2, "gadelys: --serial-loop and --pin-loop are for --hardware\n")


def test_a_folder_that_is_not_there(gadelys: CommandLine, tmp_path: Path) -> None:
    code, out, _ = gadelys("selftest", "--hardware", "--folder", tmp_path / "none")
    assert code == 1
    assert "none: No such file or directory" in " ".join(out.split())


def test_a_report_that_cannot_be_kept(gadelys: CommandLine, tmp_path: Path) -> None:
    code, _, err = gadelys("selftest", "--out", tmp_path / "none" / "report.json")
    assert (code, err) == (1, f"gadelys: {tmp_path}/none/report.json: no such file or directory\n")
