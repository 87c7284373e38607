"""The units of the agent and of the fleet's host, and the agent's user, held against systemd's own tools."""

from __future__ import annotations

import shutil
import subprocess
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
