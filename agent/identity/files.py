"""Small private files, written whole or not at all, owned by whom their folder belongs to."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from agent.identity.refusal import Refusal

PRIVATE, PUBLIC = 0o600, 0o644


def read(path: Path, longest: int) -> bytes:
    """Return the content of a file, `longest` bytes of it and one more at most. Refusal if it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(longest + 1)
    except OSError as error:
        raise Refusal(f"{path}: {(error.strerror or str(error)).lower()}") from None


def write(path: Path, content: bytes, mode: int) -> None:
    """Write a file, also through a power cut: the old one or the new one stands there. Refusal."""
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.unlink(missing_ok=True)
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode), "wb") as file:  # noqa: PTH123
            os.fchmod(file.fileno(), mode)
            _give(file.fileno(), path.parent)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        _sync(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise Refusal(f"{path}: {(error.strerror or str(error)).lower()}") from None


def folder(path: Path) -> None:
    """Make a folder for nobody else, if it is not there; it belongs to whom the one above it belongs to. Refusal."""
    try:
        if path.is_dir():
            return
        path.mkdir(mode=0o700)
        if os.geteuid() == 0:
            above = path.parent.stat()
            os.chown(path, above.st_uid, above.st_gid)
    except OSError as error:
        raise Refusal(f"{path}: {(error.strerror or str(error)).lower()}") from None


def remove(*paths: Path) -> None:
    """Remove files that may be there. Refusal."""
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise Refusal(f"{path}: {(error.strerror or str(error)).lower()}") from None


def _give(descriptor: int, folder: Path) -> None:
    """Give a file to the owner of its folder, where we are root: the agent that reads it is not."""
    if os.geteuid() == 0:
        owner = folder.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
