"""The units of the agent and of the fleet's host, and the agent's user, held against systemd's own tools."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

SYSTEMD = Path(__file__).resolve().parents[2] / "systemd"
WORST_EXPOSURE = "15"  # tenths; 1.1 is what serial ports, pins and sockets leave
UNITS = ("gadelys.service", "gadelys-fleet.service")

pytestmark = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="apt install systemd")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file tree with the unit installed in it."""
    tree = tmp_path_factory.mktemp("tree")
    shutil.copytree("/usr/lib/systemd/system", tree / "usr/lib/systemd/system", symlinks=True)
    (tree / "etc/systemd/system").mkdir(parents=True)
    for unit in UNITS:
        shutil.copy(SYSTEMD / unit, tree / "etc/systemd/system")
    program = tree / "opt/gadelys/bin/gadelys"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return tree


def analyze(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *words], check=False, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_accepts_the_unit(tree: Path, unit: str) -> None:
    done = analyze("verify", f"--root={tree}", "--man=no", unit)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_wrong_unit_would_not_be_accepted(tree: Path) -> None:
    wrong = tree / "etc/systemd/system/wrong.service"
    wrong.write_text((SYSTEMD / "gadelys.service").read_text().replace("WatchdogSec=30", "WatchdogSecs=30"))
    assert "WatchdogSecs" in analyze("verify", f"--root={tree}", "--man=no", "wrong.service").stderr


@pytest.mark.parametrize("unit", UNITS)
def test_it_is_sandboxed(tree: Path, unit: str) -> None:
    done = analyze("security", "--offline=yes", f"--root={tree}", "--no-pager", f"--threshold={WORST_EXPOSURE}", unit)
    assert done.returncode == 0, done.stdout[-300:]


@pytest.mark.skipif(shutil.which("systemd-sysusers") is None, reason="apt install systemd")
def test_its_user_and_groups_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    subprocess.run(
        ["systemd-sysusers", f"--root={tmp_path}", str(SYSTEMD / "gadelys.conf")],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    groups = {line.split(":")[0] for line in (tmp_path / "etc/group").read_text().splitlines()}
    assert groups >= {"gadelys", "dialout", "gpio"}
    assert (tmp_path / "etc/passwd").read_text().startswith("gadelys:")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ["signed", "neighbors"],
            "expected words of gpio (or gpio-classic), signed, neighbours, ble, remote; found 'neighbors'",
        ),
        (["gpio", "ble", "gpio-classic"], "expected gpio or gpio-classic, found both: they have the same files"),
    ],
)
def test_what_cannot_be_installed_is_refused_before_anything_is_done(words: list[str], says: str) -> None:
    done = subprocess.run(
        ["sh", str(SYSTEMD / "install.sh"), *words], check=False, capture_output=True, text=True, timeout=10
    )
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"install.sh: {says}\n")


def test_each_extra_has_its_lock_file_and_is_known_by_its_package() -> None:
    extras = tomllib.loads((SYSTEMD.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    script = (SYSTEMD / "install.sh").read_text(encoding="utf-8")
    for extra, packages in extras["optional-dependencies"].items():
        assert (SYSTEMD.parent / f"requirements-{extra}.lock").is_file()
        assert re.search(rf"\b{extra}\b", script)
        assert any(f"has {re.split('[=<>~;[ ]', package)[0]}" in script for package in packages), packages


def test_the_drop_in_gives_the_folder_of_the_configuration(tree: Path) -> None:
    beside = tree / "etc/systemd/system/gadelys.service.d"
    beside.mkdir()
    shutil.copy(SYSTEMD / "remote.conf", beside)
    done = analyze("verify", f"--root={tree}", "--man=no", "gadelys.service")
    assert (done.returncode, done.stderr) == (0, "")
    shown = (beside / "remote.conf").read_text(encoding="utf-8").splitlines()
    assert shown[-2:] == ["[Service]", "ReadWritePaths=/etc/gadelys"]
