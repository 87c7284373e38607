"""The file of orders on the disk: lines that are added, and made anew when its room is used up.

The room is there from the start, as zeros: a line then changes neither the file's length nor where it lies, so that
fdatasync(2) writes one block, and a full disk has room for it.
"""

from __future__ import annotations

import os
from pathlib import Path

import structlog

from agent.kept import replace
from agent.orders.lines import Found, read

ROOM = 131_072  # bytes for lines behind those that a file is made of

log = structlog.get_logger()


class OrdersLog:
    """One file and how it fares. Nothing of it ends anything: what is wrong is logged, once until it is well again."""

    def __init__(self, path: Path) -> None:
        self.fault = ""
        self._path = path
        self._file: int | None = None  # open, if a line may be added
        self._at = self._length = 0

    def read(self) -> Found | None:
        """Return what was kept; none if there is nothing. A copy of a file that is damaged is set aside."""
        try:
            raw = self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            log.warning("kept_not_read", file=str(self._path), reason=_reason(error))
            return None
        found = read(raw)
        if found.damaged:
            self._set_aside(raw, found)
        else:
            self._open(found.end)
        return found

    def fits(self, line: bytes) -> bool:
        """Return whether a line can be added."""
        return self._file is not None and self._at + len(line) <= self._length

    def add(self, line: bytes) -> bool:
        """Add a line that fits; it is on the disk when this returns. False if it is not: then make the file anew."""
        if self._file is None:
            raise ValueError("no file is open")
        try:
            # A file that was replaced or deleted under our hands would take lines that nobody reads.
            if os.fstat(self._file).st_nlink and os.pwrite(self._file, line, self._at) == len(line):
                os.fdatasync(self._file)
                self._at += len(line)
                return True
            reason = "it was taken away"
        except OSError as error:
            reason = _reason(error)
        log.warning("kept_anew", file=str(self._path), reason=reason)
        self.close()
        return False

    def make(self, lines: bytes) -> None:
        """Replace the file, which is the old one or the new one whatever happens. `fault` says if that cannot be."""
        self.close()
        try:
            replace(self._path, lines + bytes(ROOM), lasting=True)
        except OSError as error:
            if not self.fault:
                log.warning("not_kept", file=str(self._path), reason=_reason(error))
            self.fault = _reason(error)
        else:
            self._open(len(lines))
            self.fault = ""

    def close(self) -> None:
        """Close the file. The next line makes it anew."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _open(self, at: int) -> None:
        """Open the file for lines from a place on; one that cannot be opened is made anew."""
        try:
            self._file = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
            # A killed process may have written what no disk has yet: nothing is built on it before it is there.
            os.fdatasync(self._file)
            self._at, self._length = at, os.fstat(self._file).st_size
        except OSError:
            self.close()

    def _set_aside(self, raw: bytes, found: Found) -> None:
        aside = self._path.with_name(f"{self._path.name}.damaged")
        try:
            replace(aside, raw, lasting=True)
        except OSError as trouble:
            log.warning("kept_not_set_aside", file=str(self._path), reason=_reason(trouble))
        log.warning(
            "kept_damaged", file=str(self._path), copy=str(aside), lines=found.damaged, commands=len(found.seen)
        )


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
