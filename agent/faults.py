"""What a line's flight recorder holds when something on it fails, kept beside the local API's socket: no flash is written."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import structlog

from agent.clock import Clock

FOLDER = "faults"
MOST_FILES = 8
LEAST_APART_S = 60.0  # of one line: what follows a fault is mostly the fault again

log = structlog.get_logger()


class FaultDumps:
    """Writes dumps, off the event loop; at most 8 files are kept, the oldest goes first."""

    def __init__(self, folder: Path, clock: Clock, dump: Callable[[str], str]) -> None:
        self._folder = folder
        self._clock = clock
        self._dump = dump
        self._last_s: dict[str, float] = {}
        self._writing: set[asyncio.Task[None]] = set()

    def note(self, bus: str) -> None:
        """Keep what a line's recorder holds now, unless that was done within the last minute."""
        now_s = self._clock.mono_s()
        if now_s - self._last_s.get(bus, -LEAST_APART_S) < LEAST_APART_S:
            return
        text = self._dump(bus)
        if all(row.startswith("#") for row in text.splitlines()):
            return  # nothing was ever heard or said
        self._last_s[bus] = now_s
        path = self._folder / f"{bus}-{self._clock.wall().utc:%Y%m%dT%H%M%SZ}.txt"
        task = asyncio.create_task(self._write(bus, path, text), name=f"dump-{bus}")
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _write(self, bus: str, path: Path, text: str) -> None:
        try:
            await asyncio.to_thread(_keep, path, text)
        except OSError as error:
            log.warning("fault_not_dumped", bus=bus, file=str(path), reason=error.strerror or str(error))
        else:
            log.info("fault_dumped", bus=bus, file=str(path))


def _keep(path: Path, text: str) -> None:
    """Write a file, and remove the oldest ones beyond those that are kept. OSError."""
    path.parent.mkdir(exist_ok=True)
    path.parent.chmod(0o750)  # whatever the umask: who may use the socket may read these
    path.write_text(text, encoding="utf-8")
    path.chmod(0o640)
    files = sorted(path.parent.glob("*.txt"), key=lambda file: file.stat().st_mtime_ns)
    for file in files[:-MOST_FILES]:
        file.unlink(missing_ok=True)
