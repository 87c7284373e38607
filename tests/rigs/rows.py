"""Runs a rig's checks, each in a process of its own, and adds a row of each to a file: its figures, or what went wrong."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

LONGEST_S = 300.0

Checks = tuple[Callable[[], str], ...]


def main(script: str, rig: str, checks: Checks, rows: str, *names: str) -> int:
    """Run the checks that are named, else all; with `-` for the file of rows the one check itself, here."""
    known = {check.__name__: check for check in checks}
    if rows == "-":
        print(known[names[0]]())
        return 0
    failed = 0
    for name in names or known:
        begin_s = time.monotonic()
        passed, said = _run(script, rig, name)
        failed += not passed
        row = f"{rig:8}{'ok' if passed else 'FAILED':8}{time.monotonic() - begin_s:6.1f} s  {name.replace('_', ' ')}: {said}"
        print(row, flush=True)
        with Path(rows).open("a", encoding="utf-8") as file:
            print(row, file=file)
    return int(failed > 0)


def _run(script: str, rig: str, name: str) -> tuple[bool, str]:
    """Run a check in a process of its own; return whether it passed, and its figures or what went wrong."""
    try:
        done = subprocess.run(
            [sys.executable, script, rig, "-", name], capture_output=True, text=True, timeout=LONGEST_S, check=False
        )
    except subprocess.TimeoutExpired:
        return False, f"not done in {LONGEST_S:.0f} s"
    said = (done.stdout if done.returncode == 0 else done.stderr).strip() or f"status {done.returncode}"
    if done.returncode:
        print(done.stdout + done.stderr, flush=True)
    return done.returncode == 0, said.splitlines()[-1]
