"""Scan and commissioning against the simulated firmware of real products: whoever wrote one did not write the other."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from command_line import CommandLine

SIMULATOR = [sys.executable, "-c", "import sys; from firmware_sim.entry import main; sys.exit(main())"]
HERE = {
    (9600, 1): "jxct-illuminance",
    (9600, 3): "pzem-016",
    (4800, 7): "thc-s",
    (4800, 8): "jxct-wind-speed",
    (9600, 21): "waveshare-ao8-b",
    (9600, 22): "waveshare-relay8",
    (9600, 31): "mtdx62-mb",
    (9600, 80): "wtvb01-485",
}


class Cabinet:
    """The demonstration's line: eight products at two speeds, and one behind a TCP address."""

    def __init__(self, folder: Path, *units: str) -> None:
        """`units`: options that say which units, instead of the demonstration's."""
        self.folder = folder
        self.line = folder / "line"
        self._process = subprocess.Popen(
            [*SIMULATOR, "line", "--dir", str(folder), *(units or ("--demo",)), "--tcp"],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        said = [self._process.stdout.readline().split() for _ in range(2)]
        assert [words[0] for words in said] == ["tcp", "ready"]
        self.address = said[0][1]

    def tell(self, *words: str) -> Any:
        done = subprocess.run(
            [*SIMULATOR, "tell", "--dir", str(self.folder), *words],
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
        return json.loads(done.stdout) if done.stdout else None

    def links(self) -> dict[str, tuple[int, str]]:
        """Return the address and the speed of each unit by its name."""
        return {unit["name"]: (unit["address"], unit["link"]) for unit in self.tell("units")["units"]}

    def close(self) -> None:
        self._process.terminate()
        assert self._process.wait(20) == 0
        assert self._process.stdout is not None
        self._process.stdout.close()


@pytest.fixture(scope="module")
def cabinet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cabinet]:
    cabinet = Cabinet(tmp_path_factory.mktemp("cabinet"))
    yield cabinet
    cabinet.close()


@pytest.fixture
def gadelys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    monkeypatch.setenv("GADELYS_SOCKET", str(tmp_path / "api.sock"))
    monkeypatch.setenv("COLUMNS", "120")
    return CommandLine(monkeypatch, capsys)


def test_each_product_is_found_at_its_speed_and_is_among_what_it_may_be(gadelys: CommandLine, cabinet: Cabinet) -> None:
    ids = ",".join(str(unit) for _, unit in HERE)
    words = ("--baud", "4800,9600", "--parity", "none", "--units", ids, "--json")
    code, out, err = gadelys("bus", "scan", cabinet.line, *words)
    assert (code, err) == (0, "")
    result = json.loads(out)
    may_be = {(one["baud"], one["unit"]): one["profiles"] or one["perhaps"] for one in result["found"]}
    assert set(may_be) == set(HERE)
    for place, name in HERE.items():
        assert name in may_be[place]
        assert len(may_be[place]) <= 2
    assert result["hints"] == []


def test_a_device_behind_an_address_is_one_unit(gadelys: CommandLine, cabinet: Cabinet) -> None:
    code, out, err = gadelys("bus", "scan", cabinet.address, "--json")
    assert (code, err) == (0, "")
    result = json.loads(out)
    assert [(one["unit"], one["baud"]) for one in result["found"]] == [(1, None)]


@pytest.mark.parametrize(
    ("name", "old", "new", "profile"),
    [("wtvb01-485-80", 80, 2, "wtvb01-485"), ("waveshare-relay8-22", 22, 23, "waveshare-relay8")],
)
def test_a_product_gets_another_id_and_keeps_it_without_power(
    gadelys: CommandLine, cabinet: Cabinet, name: str, old: int, new: int, profile: str
) -> None:
    code, out, _ = gadelys("unit", "address", cabinet.line, old, new, "--profile", profile, "--unlock")
    assert f"done: Unit {new} at 9600 8N1 answers, unit {old} at 9600 8N1 does not any more" in out
    assert code == 0
    cabinet.tell("power", f"unit={name}", "on=false")
    cabinet.tell("power", f"unit={name}", "on=true")
    assert cabinet.links()[name] == (new, "9600 8N1")
    assert gadelys("unit", "address", cabinet.line, new, old, "--profile", profile, "--unlock")[0] == 0


def test_a_product_gets_another_speed_and_parity_in_one_register(gadelys: CommandLine, cabinet: Cabinet) -> None:
    words = ("--profile", "waveshare-ao8-b", "--unlock")
    assert gadelys("unit", "baud", cabinet.line, 21, 19200, *words)[0] == 0
    assert cabinet.links()["waveshare-ao8-b-21"] == (21, "19200 8N1")
    assert gadelys("unit", "baud", cabinet.line, 21, 9600, "--at", "19200", *words)[0] == 0
    assert cabinet.links()["waveshare-ao8-b-21"] == (21, "9600 8N1")


def test_a_product_that_must_be_restarted_is_not_called_done_before(gadelys: CommandLine, cabinet: Cabinet) -> None:
    words = ("--profile", "mtdx62-mb", "--unlock")
    code, out, _ = gadelys("unit", "address", cabinet.line, 31, 32, *words)
    assert code == 1
    assert "written, not proved: it will be unit 32 at 9600 8N1 once its power has been off and on" in out
    assert cabinet.links()["mtdx62-mb-31"] == (31, "9600 8N1")
    cabinet.tell("power", "unit=mtdx62-mb-31", "on=false")
    cabinet.tell("power", "unit=mtdx62-mb-31", "on=true")
    assert cabinet.links()["mtdx62-mb-31"] == (32, "9600 8N1")


@pytest.fixture
def dimmer(tmp_path: Path) -> Iterator[Cabinet]:
    """A line with one WB-MAO4 on it."""
    (tmp_path / "units.toml").write_text('[[units]]\nproduct = "wb-mao4"\nname = "dimmer"\naddress = 11\n')
    (tmp_path / "dimmer").mkdir()
    line = Cabinet(tmp_path / "dimmer", "--units", str(tmp_path / "units.toml"))
    yield line
    line.close()


def test_a_dimmer_is_known_by_its_name_and_gets_another_id(gadelys: CommandLine, dimmer: Cabinet) -> None:
    before = dimmer.links()["dimmer"]
    code, out, err = gadelys("unit", "address", dimmer.line, 11, 12, "--profile", "wb-mao4", "--unlock")
    assert (code, err) == (0, "")
    assert "done: Unit 12 at 9600 8N2 answers, unit 11 at 9600 8N2 does not any more" in out
    assert before == (11, "9600 8N2")
    assert dimmer.links()["dimmer"] == (12, "9600 8N2")


def test_a_dimmer_is_found_by_a_scan_as_nothing_else(gadelys: CommandLine, dimmer: Cabinet) -> None:
    words = ("--baud", "9600", "--parity", "none", "--units", "11", "--json")
    code, out, err = gadelys("bus", "scan", dimmer.line, *words)
    assert (code, err) == (0, "")
    assert [one["profiles"] for one in json.loads(out)["found"]] == [["wb-mao4"]]


def test_another_products_profile_writes_nothing(gadelys: CommandLine, cabinet: Cabinet) -> None:
    before = cabinet.links()
    for unit, profile in ((22, "wtvb01-485"), (3, "mtdx62-mb"), (80, "waveshare-relay8")):
        code, out, _ = gadelys("unit", "address", cabinet.line, unit, 100, "--profile", profile, "--unlock")
        assert code == 1
        assert "not done: " in out
    assert cabinet.links() == before
