"""What the checks start in processes of their own: the product's drivers, and what makes edges."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE_S = 10.0
HERE = Path(__file__).parent


def beside(script: str, *words: object) -> subprocess.Popen[str]:
    """Start a process of this folder."""
    return subprocess.Popen(
        [sys.executable, HERE / script, *map(str, words)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


@contextmanager
def lamp(pin: int, drive: str, active: str, level_pct: float) -> Iterator[subprocess.Popen[str]]:
    """A lamp of the product's, driven by a process of its own."""
    process = beside("product.py", "lamps", pin, drive, active, level_pct)
    try:
        assert line_of(process) == "ready"
        yield process
    finally:
        process.kill()
        process.wait()


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def tell(process: subprocess.Popen[str], words: str) -> None:
    assert process.stdin is not None
    process.stdin.write(words + "\n")
    process.stdin.flush()
    assert line_of(process) == "done"


def settles(true: Callable[[], bool]) -> bool:
    """Return whether it becomes true within the patience."""
    end_s, pause = time.monotonic() + PATIENCE_S, threading.Event()
    while not true():
        if time.monotonic() > end_s:
            return False
        pause.wait(0.01)
    return True
