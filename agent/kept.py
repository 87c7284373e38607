"""Small files that outlive a restart: replaced as a whole, and set aside when they are not what was kept."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TypeVar

import msgspec
import structlog

_Record = TypeVar("_Record")

log = structlog.get_logger()


class KeptFile:
    """One file and how it fares. Nothing of it ends anything: what is wrong is logged, once until it is well again."""

    def __init__(self, path: Path, *, lasting: bool) -> None:
        """`lasting`: it is on a disk that may lose its supply, so that what is written is flushed to it."""
        self.path = path
        self.fault = ""
        self._lasting = lasting
        self._writing = threading.Lock()

    def read(self, kind: type[_Record]) -> _Record | None:
        """Return what was kept; none if there is nothing. A file that is not that is set aside."""
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=kind)
        except FileNotFoundError:
            return None
        except OSError as error:
            log.warning("kept_not_read", file=str(self.path), reason=error.strerror or str(error))
        except msgspec.MsgspecError as error:
            aside = self.path.with_name(f"{self.path.name}.damaged")
            try:
                self.path.replace(aside)
            except OSError as trouble:
                log.warning("kept_not_set_aside", file=str(self.path), reason=trouble.strerror or str(trouble))
            log.warning("kept_set_aside", file=str(self.path), to=str(aside), reason=str(error))
        return None

    def write(self, record: object) -> None:
        """Replace the file. Called from any thread."""
        try:
            with self._writing:  # the last time may come while it is still written
                replace(self.path, msgspec.json.encode(record), lasting=self._lasting)
        except OSError as error:
            if not self.fault:
                log.warning("not_kept", file=str(self.path), reason=error.strerror or str(error))
            self.fault = error.strerror or str(error)
        else:
            self.fault = ""


def replace(path: Path, content: bytes, *, lasting: bool, mode: int | None = None) -> None:
    """Replace a file as a whole: whoever reads finds the old one or the new one. OSError.

    `lasting`: it has reached the disk when this returns, its name too. `mode`: its permissions, else by the umask.
    """
    fresh = path.with_name(f".{path.name}")
    with fresh.open("wb") as file:
        file.write(content)
        if mode is not None:
            os.fchmod(file.fileno(), mode)
        if lasting:
            file.flush()
            os.fsync(file.fileno())
    fresh.replace(path)
    if lasting:
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Let a file's new name be on the disk too (fsync(2)). OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
