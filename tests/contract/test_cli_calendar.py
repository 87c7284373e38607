"""`gadelys calendar show`: what it prints for people and for machines, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from command_line import CommandLine

ROOT = Path(__file__).resolve().parents[2]
POLE = (ROOT / "docs" / "pole.toml").read_text(encoding="utf-8")


@pytest.fixture
def gadelys(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    monkeypatch.setenv("COLUMNS", "100")
    return CommandLine(monkeypatch, capsys)


@pytest.fixture
def pole(tmp_path: Path) -> Path:
    path = tmp_path / "pole.toml"
    path.write_text(POLE.replace("# profile", "#profile"), encoding="utf-8")
    return path


def test_a_night_with_a_period_for_people(gadelys: CommandLine, pole: Path) -> None:
    code, out, err = gadelys("calendar", "show", "--config", pole, "--date", "2026-11-25")
    assert (code, err) == (0, "")
    lines = out.split("\n")
    assert lines[0] == "pole-7: designed for M3 100 %, base 10 %; times of Europe/Copenhagen"
    [bar] = [line for line in lines if line.startswith("Wed 25 Nov 2026")]
    cells = bar[16:64]
    # Lit from 15:49 to 08:06 by the almanac: cells 8 to 39 of half an hour from noon, lower from 23:00 (22) to 07:06 (37).
    assert cells == " " * 8 + "█" * 14 + "▅" * 16 + "█" * 2 + " " * 8
    assert [line.split() for line in lines[5:9]] == [
        ["15:49", "M3", "100", "%", "10", "%", "design"],
        ["23:00", "M5", "50", "%", "5", "%", "calendar", "late"],
        ["07:06", "M3", "100", "%", "10", "%", "design"],
        ["08:06", "day"],
    ]
    assert "photocell lux-1: night may begin and end up to 45 min earlier or later" in out


def test_for_machines_times_are_utc(gadelys: CommandLine, pole: Path) -> None:
    code, out, err = gadelys("calendar", "show", "--config", pole, "--date", "2026-10-24", "--days", "2", "--json")
    assert (code, err) == (0, "")
    said = json.loads(out)
    assert said["design"] == {"class": "M3", "class_pct": 100.0, "base_pct": 10.0}
    saturday, sunday = said["nights"]
    assert (saturday["date"], saturday["from"], saturday["to"]) == (
        "2026-10-24", "2026-10-24T10:00:00Z", "2026-10-25T11:00:00Z")  # fmt: skip
    assert [change["class_pct"] for change in saturday["changes"]] == [100.0] * 3  # no period on a Saturday
    late = sunday["changes"][2]
    assert late == {
        "at": "2026-10-25T22:00:00Z", "night": True, "class": "M5", "class_pct": 50.0, "base_pct": 5.0, "why": "calendar late",
    }  # fmt: skip


def test_a_holiday_is_named_and_an_event_is_shown(gadelys: CommandLine, pole: Path) -> None:
    _, out, _ = gadelys("calendar", "show", "--config", pole, "--date", "2026-12-25")
    assert "christmas-day" in out
    _, out, _ = gadelys("calendar", "show", "--config", pole, "--date", "2026-08-15")
    assert "calendar summer-party" in out


def test_without_a_calendar_it_says_so(gadelys: CommandLine, tmp_path: Path) -> None:
    plain = POLE[: POLE.index("design_class =")] + POLE[POLE.index("# ---- The way to the platform") :]
    path = tmp_path / "pole.toml"
    path.write_text(plain, encoding="utf-8")
    code, out, _ = gadelys("calendar", "show", "--config", path, "--date", "2026-11-25")
    assert code == 0
    assert "no [lighting.calendar.…]: as designed all night" in out
    code, out, _ = gadelys("calendar", "show", "--config", path)
    assert code == 0


@pytest.mark.parametrize("date", ["2026-02-30", "tomorrow", "1999-12-31", "2199-01-01", ""])
def test_a_date_that_is_none_is_refused(gadelys: CommandLine, pole: Path, date: str) -> None:
    code, out, err = gadelys("calendar", "show", "--config", pole, "--date", date)
    assert (code, out) == (2, "")
    assert "--date: expected a date such as 2026-12-24, from 2000 to 2198; found" in err


def test_mistakes_of_the_configuration_are_said(gadelys: CommandLine, pole: Path) -> None:
    pole.write_text(POLE.replace('to = "sunrise-1h"', 'to = "sunrise-1"'), encoding="utf-8")
    code, out, err = gadelys("calendar", "show", "--config", pole)
    assert (code, out) == (2, "")
    assert "lighting.calendar.late.to: expected a time such as" in err
