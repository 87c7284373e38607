"""Fuzzing of everything that reads bytes of others. The fuzzer is installed by ./dev soak, where it can be."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from drivers.profile import profile_names
from drivers.profile.read import profile_file

SECONDS = int(os.environ.get("GADELYS_FUZZ_S", "10"))
TARGETS = ("framer", "answers", "stream", "registers", "dump", "profile", "instruments", "adverts")


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris could not be installed here")
@pytest.mark.parametrize("target", TARGETS)
def test_no_bytes_break_what_reads_them(target: str, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    if target == "profile":  # bytes by chance are hardly ever TOML
        for name in profile_names():
            shutil.copy(profile_file(name), corpus)
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("fuzz.py"), target, f"-max_total_time={SECONDS}",
         f"-max_len={8000 if target == 'profile' else 600}", f"-artifact_prefix={tmp_path}/", corpus],
        capture_output=True, text=True, timeout=SECONDS + 120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    runs = re.findall(r"^#(\d+)\s+DONE", done.stderr, re.MULTILINE)
    assert runs
    assert int(runs[-1]) > 1000
    print(f"{target}: {runs[-1]} runs")
