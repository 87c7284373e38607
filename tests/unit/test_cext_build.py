"""Building the kernels where something is missing: one clear line. And what a built distribution carries."""

import importlib.metadata
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.kernels import NAMES, ROOT

PYPROJECT = """
[build-system]
requires = ["setuptools", "cython"]
build-backend = "setuptools.build_meta"
[project]
name = "kernels-alone"
version = "0"
[tool.setuptools]
packages = ["cext"]
"""
WITHOUT_HEADERS = """
import pathlib, runpy
is_file = pathlib.Path.is_file
pathlib.Path.is_file = lambda path: path.name != "Python.h" and is_file(path)
runpy.run_path("setup.py")
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The kernels as a distribution of their own, so that nothing is built in the source tree."""
    shutil.copytree(ROOT / "cext", tmp_path / "cext", ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    shutil.copy(ROOT / "setup.py", tmp_path)
    (tmp_path / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    return tmp_path


def run(project: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=project,
        env={key: value for key, value in os.environ.items() if key != "CC"} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def test_without_a_compiler(project: Path) -> None:
    empty = project / "empty"
    empty.mkdir()
    command = ("-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "--no-index", "-w", "wheels", ".")
    code, says = run(project, *command, PATH=str(empty))
    assert code != 0
    (line,) = [line.strip() for line in says.splitlines() if "gadelys:" in line]
    assert line.startswith("gadelys: no C compiler found (tried ")
    assert line.endswith("): install one, on Debian: apt-get install gcc python3-dev")
    assert "Traceback" not in says


def test_without_the_headers_of_python(project: Path) -> None:
    if shutil.which("cc") is None and shutil.which("gcc") is None:
        pytest.skip("no C compiler")
    code, says = run(project, "-c", WITHOUT_HEADERS, "build_ext", "--build-lib", "built")
    assert code != 0
    assert says.splitlines()[-1].startswith("gadelys: Python.h not found (looked in ")
    assert says.splitlines()[-1].endswith("on Debian: apt-get install python3-dev")
    assert "Traceback" not in says


def test_an_installed_distribution_carries_both_forms() -> None:
    try:
        files = importlib.metadata.files("gadelys") or []
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("gadelys is not installed here")
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    kernels = {str(file) for file in files if str(file).startswith("cext/")}
    assert kernels >= {f"cext/{name}{end}" for name in NAMES for end in (".py", suffix)}
