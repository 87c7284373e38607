"""`gadelys selftest`: what it makes of a board's files, of measured values, and what its page says."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.cli.selftest import board
from agent.cli.selftest.page import page
from agent.cli.selftest.records import Check, Report, spread
from agent.cli.text import plain


@pytest.fixture
def pi(tmp_path: Path) -> Path:
    """The files of a Raspberry Pi, as far as they are looked at."""
    files = {
        "proc/device-tree/model": "Raspberry Pi 3 Model B Rev 1.2\0",
        "proc/meminfo": "MemTotal:         947732 kB\nMemFree: 1 kB\n",
        "sys/class/thermal/thermal_zone0/temp": "48312\n",
        "sys/devices/platform/soc/soc:firmware/get_throttled": "0x50005\n",
        "dev/watchdog": "",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def by_name(checks: list[Check]) -> dict[str, Check]:
    return {check.name: check for check in checks}


def test_a_board_by_its_files(pi: Path) -> None:
    found = by_name(list(board.board(pi)))
    assert found["model"].says == "Raspberry Pi 3 Model B Rev 1.2"
    assert found["size"].figures["memory_mb"] == 948
    assert found["temperature"].says == "48.3 Cel"
    assert found["supply"].outcome == "wrong"
    assert "0x50005" in found["supply"].says
    assert found["watchdog"].outcome == "ok"


def test_a_board_that_says_nothing(tmp_path: Path) -> None:
    found = by_name(list(board.board(tmp_path)))
    assert found["model"].says == "not known"
    assert found["watchdog"].outcome == "note"
    assert "temperature" not in found


def test_a_board_without_ports_is_said_to_have_none(tmp_path: Path) -> None:
    assert [(check.name, check.outcome) for check in board.ports(tmp_path)] == [("pins", "note"), ("Bluetooth", "note")]


def test_a_file_that_is_no_chip_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / "gpiochip0").touch()
    (chip,) = (check for check in board.ports(tmp_path) if check.name == "pins")
    assert (chip.outcome, chip.says) == ("wrong", "gpiochip0: Inappropriate ioctl for device")


def test_no_clock_is_a_note(tmp_path: Path) -> None:
    assert [check.outcome for check in board.clock(tmp_path, synchronised=False)] == ["note", "note"]
    rtc = tmp_path / "sys/class/rtc/rtc0/name"
    rtc.parent.mkdir(parents=True)
    rtc.write_text("rtc-ds1307 1-0068\n", encoding="utf-8")
    assert [check.says for check in board.clock(tmp_path, synchronised=True)] == ["rtc-ds1307 1-0068", "synchronised"]


def test_both_extras_in_one_environment_are_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.cli.selftest.board._version", lambda _name: "1.0")
    assert by_name(list(board.software()))["pins"].outcome == "wrong"


def test_a_spread_is_its_median_its_99th_and_its_longest() -> None:
    values = [float(number) for number in range(1, 101)]
    check = spread("timing", "timers", "ms", values, 200.0)
    assert check.figures == {"median_ms": 51.0, "p99_ms": 100.0, "longest_ms": 100.0, "count": 100.0}
    assert check.outcome == "ok"
    assert spread("timing", "timers", "ms", values, 50.0).outcome == "note"


def test_the_page_says_its_verdict_last() -> None:
    checks = [
        Check("board", "model", "ok", "a board"),
        Check("board", "watchdog", "note", "none " * 30),
        Check("ports", "pins", "wrong", "gpiochip0: no permission"),
    ]
    lines = [plain(line) for line in page(Report("1", "2026-11-25T12:00:00Z", True, checks), 60)]
    assert lines[0] == "board"
    assert lines[-1] == "3 checks, 1 wrong, 1 note"
    assert all(len(line) <= 60 for line in lines)
