"""`gadelys profile`: what it prints and how it ends, with shipped profiles and with those of one's own."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.cli.main import main
from agent.cli.profile.sheet import sheet
from agent.cli.text import plain
from drivers.profile import load_profile, profile_names

Run = Callable[..., tuple[int, str, str]]

OWN = """\
title = "Acme A1 supply meter"
source = "Acme A1 manual, page 12"
kinds = ["meter"]
poll_s = 5.0
[[points]]
point = "meter/active_power"
title = "power"
unit = "W"
space = "holding"
address = 0x0100
type = "s32"
order = "CDAB"
scale = 0.1
errors = [0x7FFFFFFF]
low = -30000
high = 30000
single = true
doubt = "of the first phase only"
[[points]]
point = "meter/phase"
title = "which phase"
space = "holding"
address = 0x0110
type = "bits"
bit = 4
width = 2
enum = { 0 = "L1", 1 = "L2", 2 = "L3" }
poll = "once"
"""


@pytest.fixture
def gadelys(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line as a shell would; exit code, stdout, stderr."""
    monkeypatch.setenv("COLUMNS", "160")

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["gadelys", *words])
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capsys.readouterr()
        code = end.value.code
        return (code if isinstance(code, int) else 0), out, err

    return run


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration with a profile of one's own beside it."""
    (tmp_path / "profiles.d").mkdir()
    (tmp_path / "profiles.d" / "acme-a1.toml").write_text(OWN, encoding="utf-8")
    (tmp_path / "pole.toml").touch()
    return tmp_path / "pole.toml"


def test_all_profiles_are_listed(gadelys: Run) -> None:
    code, out, err = gadelys("profile", "list")
    assert (code, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()[1:]] == list(profile_names())
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) <= 160


def test_ones_own_are_listed_with_them_and_kinds_are_picked(gadelys: Run, config: Path) -> None:
    _, out, _ = gadelys("profile", "list", "--kind", "meter", "--config", str(config), "--json")
    rows = {row["name"]: row for row in json.loads(out)}
    assert rows["acme-a1"] == {
        "name": "acme-a1", "title": "Acme A1 supply meter", "variant": "", "kinds": ["meter"], "channels": 0,
        "device_safety": False, "shipped": False,
    }  # fmt: skip
    assert rows["eastron-sdm230"]["shipped"]
    assert "wb-mao4" not in rows


def test_one_that_is_not_in_order_is_told_and_the_others_listed(gadelys: Run, config: Path) -> None:
    broken = config.parent / "profiles.d" / "broken.toml"
    broken.write_text(OWN.replace("poll_s = 5.0", "poll_s = 0"), encoding="utf-8")
    code, out, err = gadelys("profile", "list", "--config", str(config))
    assert code == 2
    assert err == f"gadelys: {broken}:4: poll_s: expected a number from 0.1 to 3600, found 0\n"
    assert "acme-a1" in out
    code, out, err = gadelys("profile", "show", "broken", "--config", str(config))
    assert (code, out, err) == (2, "", f"gadelys: {broken}:4: poll_s: expected a number from 0.1 to 3600, found 0\n")


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("list", "--kind", "metre"), "--kind: expected one of luminaire, presence, meter"),
        (("list", "--config", "/nowhere.toml"), "--config: expected a configuration, found no file /nowhere.toml"),
        (("show", "wb-mao5"), "no profile is named 'wb-mao5' (did you mean wb-mao4?); see `gadelys profile list`"),
    ],
)
def test_wrong_words_are_named(gadelys: Run, words: tuple[str, ...], named: str) -> None:
    code, out, err = gadelys("profile", *words)
    assert (code, out) == (2, "")
    assert named in err


def test_a_profile_is_shown_as_a_page(gadelys: Run, config: Path) -> None:
    code, out, _ = gadelys("profile", "show", "acme-a1", "--config", str(config))
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert code == 0
    assert lines[0] == "acme-a1 Acme A1 supply meter"
    assert "meter/active_power W 3 256 0x0100 s32 CDAB x 0.1 power" in lines
    assert "uncertain: of the first phase only; from -30000 to 30000; no value: 0x7FFFFFFF; read alone" in lines
    assert "meter/phase 3 272 0x0110 bits 4-5 which phase" in lines
    assert "0 = L1, 1 = L2, 2 = L3; read once" in lines
    assert "on hardware not tried" in lines
    assert f"profile {config.parent}/profiles.d/acme-a1.toml" in lines


def test_the_page_of_a_dimmer_has_its_outputs_and_its_safety(gadelys: Run) -> None:
    code, out, _ = gadelys("profile", "show", "wb-mao4")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert code == 0
    assert "levels go to holding 16-19, 1 a per cent" in lines
    assert "holding 8 = safe_after_s seconds without Modbus traffic before safe mode" in lines


def test_a_page_as_json_is_the_whole_profile(gadelys: Run) -> None:
    shown = json.loads(gadelys("profile", "show", "wb-mao4", "--json")[1])
    assert shown["output"]["confirmed_by"] == "lamp/dimming_level"
    assert [step["address"] for step in shown["safety"]] == [656, 648, 8, 672, 664]


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("name", profile_names())
def test_every_page_fits_its_terminal_and_has_every_point(name: str, width: int) -> None:
    profile = load_profile(name)
    lines = [plain(one) for one in sheet(profile, "shipped", width)]
    assert max(map(len, lines)) <= width
    text = "\n".join(lines)
    if width >= 80:
        assert all(row.point in text for row in profile.points)
        assert all(setting.what[:8] in text for setting in (*profile.setup, *(profile.safety or ())))


def test_files_are_checked_a_line_a_mistake(gadelys: Run, config: Path) -> None:
    good, bad = config.parent / "profiles.d" / "acme-a1.toml", config.parent / "bad.toml"
    bad.write_text(OWN.replace("poll_s = 5.0", "poll_s = 0").replace('"s32"', '"s23"'), encoding="utf-8")
    code, out, err = gadelys("profile", "check", str(good))
    assert (code, out, err) == (0, f"{good}: ok (Acme A1 supply meter: 2 points, 0 check frames)\n", "")
    code, out, err = gadelys("profile", "check", str(good), str(bad))
    assert code == 2
    assert out.startswith(f"{good}: ok")
    assert [line.partition(" expected ")[0] for line in err.splitlines()] == [
        f"{bad}:4: poll_s:",
        f"{bad}:11: points[0] (meter/active_power).type:",
    ]
    code, out, err = gadelys("profile", "check", str(good), str(bad), "--json")
    answers = json.loads(out)
    assert (code, err) == (2, "")
    assert [answer["ok"] for answer in answers] == [True, False]
    assert answers[1]["mistakes"][0] == {
        "line": 4, "place": "poll_s", "text": "expected a number from 0.1 to 3600, found 0",
    }  # fmt: skip


def test_a_file_that_is_not_there_or_has_a_shipped_name(gadelys: Run, config: Path) -> None:
    code, _, err = gadelys("profile", "check", "/nowhere.toml")
    assert (code, err) == (2, "/nowhere.toml: expected a file that can be read, found No such file or directory\n")
    twice = config.parent / "profiles.d" / "wb-mao4.toml"
    twice.write_text(OWN, encoding="utf-8")
    code, _, err = gadelys("profile", "check", str(twice))
    assert (code, err) == (2, f"{twice}: expected a name that no shipped profile has\n")


@pytest.mark.parametrize("words", ["profile list", "profile show", "profile check"])
def test_each_command_has_an_example(gadelys: Run, words: str) -> None:
    code, out, _ = gadelys(*words.split(), "--help")
    assert code == 0
    assert f"gadelys {words}" in out.split("Example", 1)[1]


@pytest.mark.parametrize(
    ("typed", "completed"), [("show acme", "acme-a1"), ("show wb-ma", "wb-mao4"), ("list --kind lum", "luminaire")]
)
def test_names_and_kinds_are_completed(
    gadelys: Run, config: Path, monkeypatch: pytest.MonkeyPatch, typed: str, completed: str
) -> None:
    words = f"gadelys profile {typed}"
    words = words.replace("show", f"show --config {config}")
    monkeypatch.setenv("_GADELYS_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
    assert completed in gadelys()[1]
