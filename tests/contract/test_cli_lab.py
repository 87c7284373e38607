"""`gadelys lab`: what it prints, what programs read, and how it ends."""

from __future__ import annotations

import base64
import json
import re
import sys
import zlib
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from agent.cli.lab.load import shipped_names
from agent.lab.schemes import SCHEMES
from command_line import CommandLine
from lab_reading import SHORT

NAMES = {
    "conventional", "part-night", "step-dim", "multi-step", "motion", "neighbour-lease", "neighbour-lease-10",
    "neighbour-lease-20", "gadelys", "gadelys-10", "oracle",
}  # fmt: skip
FIGURES = {"energy_pct", "utility", "under_lit_pct", "commands_per_lamp_hour", "kwh_per_lamp"}


@pytest.fixture
def gadelys(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    monkeypatch.setenv("COLUMNS", "110")
    monkeypatch.delenv("GADELYS_DATA", raising=False)
    return CommandLine(monkeypatch, capsys)


@pytest.fixture
def short(tmp_path: Path) -> Path:
    """A scenario of one hour."""
    path = tmp_path / "short.toml"
    path.write_text(SHORT, encoding="utf-8")
    return path


def test_the_list_has_what_is_shipped(gadelys: CommandLine) -> None:
    code, out, err = gadelys("lab", "list")
    assert (code, err) == (0, "")
    assert [row.split()[0] for row in out.splitlines()] == ["scenario", "s0", "s1", "s2", "s3", "s4"]
    code, out, _ = gadelys("lab", "list", "--json")
    assert [row["name"] for row in json.loads(out)] == ["s0", "s1", "s2", "s3", "s4"]
    assert shipped_names() == ("s0", "s1", "s2", "s3", "s4")


def test_a_scenario_as_a_page(gadelys: CommandLine) -> None:
    code, out, err = gadelys("lab", "show", "s2")
    assert (code, err) == (0, "")
    assert out == (
        "s2  S2: residential street\n"
        "night    18:00 to 06:00, 12 h in steps of 0.2 s\n"
        "street   straight, 41 lamps, 21 of them scored; ways: main (41 lamps, scored 300 to 900 m)\n"
        "lamps    60 W, 3 W at the least light, 0.5 W off; fades of 1 s up, 4 s down\n"
        "users    72 vehicles, 72 pedestrians\n"
        "sensors  see 15 m to either side, known 0.5 s late, clear after 0 s\n"
        "faults   none\n"
        "energy   constants\n"
        "seed     1\n"
    )


def test_faults_are_shown(gadelys: CommandLine, short: Path) -> None:
    faults = '[faults]\nlost_pct = 5\ndead_pct = 20\noutage_begin = "22:15"\noutage_min = 30\n'
    short.write_text(SHORT + faults, encoding="utf-8")
    _, out, _ = gadelys("lab", "show", short)
    assert "faults   5 % of messages lost, 20 % of sensors silent, no network for 30 min\n" in out
    _, out, _ = gadelys("lab", "show", short, "--json", "--seed", 7)
    shown = json.loads(out)
    assert (shown["seed"], shown["faults"]["outage_s"], shown["night_s"]) == (7, [900.0, 2700.0], 3600.0)


def test_a_run_as_programs_read_it(gadelys: CommandLine, short: Path) -> None:
    code, out, err = gadelys("lab", "run", short, "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert set(found) == {"scenario", "schemes"}
    assert found["scenario"] == "short"
    assert set(found["schemes"]) == NAMES == set(SCHEMES)
    for score in found["schemes"].values():
        assert set(score) == FIGURES
        assert all(isinstance(figure, float) for figure in score.values())
        assert 0 <= score["utility"] <= 1
        assert 0 <= score["under_lit_pct"] <= 100
    assert found["schemes"]["conventional"] == {
        "energy_pct": 100.0, "utility": 1.0, "under_lit_pct": 0.0, "commands_per_lamp_hour": 0.0,
        "kwh_per_lamp": pytest.approx(0.06),
    }  # fmt: skip


def test_the_printed_street_by_its_name(gadelys: CommandLine) -> None:
    code, out, _ = gadelys("lab", "run", "s1", "--schemes", "neighbour-lease,oracle", "--json")
    score = json.loads(out)["schemes"]["neighbour-lease"]
    assert code == 0
    assert (round(score["energy_pct"], 1), round(score["utility"], 3), round(score["under_lit_pct"], 1)) == (
        3.9,
        0.991,
        2.9,
    )


def test_a_run_as_people_read_it(gadelys: CommandLine, short: Path) -> None:
    """Each of two walkers at 1.4 m/s needs full light of a lamp over 30 m (60 W), 60 % (37.2 W) and 20 % (14.4 W) over 60 m
    each, 0.97 Wh; off is 0.5 W: 2.41 Wh of 60.
    """
    code, out, err = gadelys("lab", "run", short, "--schemes", "oracle, conventional")
    assert (code, err) == (0, "")
    assert out == (
        "short  A short street\n"
        "scheme        energy %  utility  under-lit %  dark %  cmd/h     kWh  g CO2    ct\n"
        "oracle            4.02   1.0000         0.00    0.00   12.0  0.0024    0.2  0.02\n"
        "conventional    100.00   1.0000         0.00    0.00    0.0  0.0600    4.2  0.51\n"
        "Of a lamp in one night of 1 h. Energy in per cent of conventional.\n"
    )


def test_a_bar_is_drawn_on_a_terminal_alone(gadelys: CommandLine, short: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    _, _, err = gadelys("lab", "run", short, "--schemes", "oracle")
    assert " oracle" in err
    assert err.endswith("\r\x1b[K")
    _, _, err = gadelys("lab", "run", short, "--schemes", "oracle", "--json")
    assert err == ""


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("run", "s9"), "SCENARIO: expected s0, s1, s2, s3, s4, or a TOML file; found 's9'"),
        (("show", "none.toml"), "none.toml: expected a scenario file that can be read, found No such file or directory"),
        (("run", "s1", "--schemes", "motoin"), "found 'motoin'"),
        (("run", "s1", "--schemes", ","), "--schemes: expected a name, or several with commas between; found none"),
        (("run", "s1", "--zoom", "12:00"), "--zoom: expected a time of the night, found 12:00, which is by day"),
        (("run", "s1", "--zoom", "noon"), "--zoom: expected a time of the night such as 22:00, found 'noon'"),
        (("run", "s1", "--page", "/no/a.html"), "--page: expected a file in a folder that is there; found /no/a.html"),
        (("run", "s1", "--seed", "-1"), "-1 is not in the range"),
    ],
)  # fmt: skip
def test_wrong_words_end_with_2(gadelys: CommandLine, words: tuple[str, ...], message: str) -> None:
    code, out, err = gadelys("lab", *words)
    assert (code, out) == (2, "")
    assert message in err


def test_mistakes_name_file_line_and_key(gadelys: CommandLine, short: Path) -> None:
    wrong = SHORT.replace("lamps = 5", "lamps = 0").replace('end = "23:00"', 'end = "late"')
    short.write_text(wrong + '[energy]\nprice_file = "$GADELYS_DATA/p.csv"\nzone = "dk1"\n', encoding="utf-8")
    code, out, err = gadelys("lab", "run", short)
    assert (code, out) == (2, "")
    first, second, third, *_ = err.splitlines()
    assert (
        first == f'gadelys: {short}:5: night.end: expected a time such as "18:00", "sunset" or "sunrise", found "late"'
    )
    assert second == f"{short}:8: street.lamps: expected a whole number from 1 to 20000, found 0"
    assert third.endswith("found $GADELYS_DATA/p.csv: GADELYS_DATA is not set; it names the folder of measured data")


def test_files_are_found_beside_the_scenario_and_among_measured_data(
    gadelys: CommandLine, short: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GADELYS_DATA", str(short.parent / "data"))
    (short.parent / "data").mkdir()
    (short.parent / "lamps.csv").write_text("position_m\n0\n25\n", encoding="utf-8")
    (short.parent / "data" / "lamps.csv").write_text("position_m\n0\n25\n50\n", encoding="utf-8")
    for name, lamps in (("lamps.csv", 2), ("$GADELYS_DATA/lamps.csv", 3)):
        short.write_text(SHORT.replace("lamps = 5\nspacing_m = 30", f'lamps_file = "{name}"'), encoding="utf-8")
        assert f"straight, {lamps} lamps" in gadelys("lab", "show", short)[1]


class Page(HTMLParser):
    """The tags of a page with what they refer to, and its script."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.refers: list[str] = []
        self.script = ""
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        self.refers += [f"{tag} {value}" for name, value in attrs if name in {"src", "href"} or tag == "link"]

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.script += data

    def data(self) -> Any:
        (line,) = [line for line in self.script.splitlines() if line.startswith("const data = ")]
        return json.loads(line.removeprefix("const data = ").removesuffix(";"))


def test_a_page_has_all_that_it_shows(gadelys: CommandLine, short: Path, tmp_path: Path) -> None:
    page = tmp_path / "run.html"
    short.write_text(SHORT.replace("A short street", "A <b>short</b> street </script>"), encoding="utf-8")
    code, out, _ = gadelys("lab", "run", short, "--schemes", "conventional,gadelys,oracle", "--page", page)
    assert code == 0
    assert out.splitlines()[-1] == f"page: {page}"
    text = page.read_text(encoding="utf-8")
    assert len(text) < 300_000
    assert set(re.findall(r"https?://[\w./]+", text)) == {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xhtml",
    }  # names
    parsed = Page(text)
    data = parsed.data()
    assert parsed.refers == []
    assert data["title"] == "A <b>short</b> street </script>"
    assert [scheme["name"] for scheme in data["schemes"]] == ["conventional", "gadelys", "oracle"]
    assert [view["rows"] for view in data["views"]] == [360, 720]
    for scheme in data["schemes"]:
        for view, packed in zip(data["views"], scheme["pictures"], strict=True):
            assert len(zlib.decompress(base64.b64decode(packed))) == view["rows"] * 5
    assert zlib.decompress(base64.b64decode(data["schemes"][0]["pictures"][0])) == bytes([100]) * 360 * 5
    assert len(data["tracks"]) == 2


def test_a_page_that_cannot_be_written(gadelys: CommandLine, short: Path) -> None:
    code, out, err = gadelys("lab", "run", short, "--page", short.parent)
    assert (code, out) == (2, "")
    assert "--page: expected a file" in err


def test_help_has_examples(gadelys: CommandLine) -> None:
    for words in (("list",), ("show",), ("run",)):
        code, out, _ = gadelys("lab", *words, "--help")
        assert code == 0
        assert "Example" in out
