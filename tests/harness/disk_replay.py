"""The disk as a power cut leaves it: what was synced, and of the rest nothing, all, the beginning, or any sectors.

Reads what disk_trace.c has written. A file's name is safe once its folder is synced; renames, creations and deletions come
in their order, but perhaps not all of them.
"""

from __future__ import annotations

import random
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

SECTOR = 512
MODES = ("nothing", "all", "beginning", "sectors")
_SOURCE = Path(__file__).with_name("disk_trace.c")
_HEAD = struct.Struct("=cqqq")


class Act(NamedTuple):
    """One thing that was done; `kind` is a letter of disk_trace.c."""

    kind: str
    file: int
    offset: int
    bytes: bytes


def build(folder: Path) -> Path:
    """Compile the tracer."""
    library = folder / "disk_trace.so"
    words = ["gcc", "-O1", "-Wall", "-Wextra", "-shared", "-fPIC", "-o", library, _SOURCE, "-ldl", "-lpthread"]
    subprocess.run(list(map(str, words)), check=True)
    return library


def acts(trace: Path) -> Iterator[Act]:
    """Yield what was done, in order."""
    raw = trace.read_bytes()
    at = 0
    while at < len(raw):
        kind, file, offset, length = _HEAD.unpack_from(raw, at)
        at += _HEAD.size
        yield Act(kind.decode(), file, offset, raw[at : at + length])
        at += length


class _File:
    """What is safe of a file, and what was done to it since."""

    def __init__(self, safe: bytes = b"") -> None:
        self.safe = bytearray(safe)
        self.pending: list[Act] = []

    def after(self, mode: str, chance: random.Random) -> bytes:
        body = bytearray(self.safe)
        pending = self.pending
        if mode == "nothing":
            pending = []
        elif mode == "beginning":
            pending = pending[: chance.randint(0, len(pending))]
        for act in pending:
            if act.kind == "T":
                if mode != "sectors" or chance.random() < 0.5:
                    _truncate(body, act.offset)
            elif mode == "sectors":
                for begin, part in _sectors(act):
                    if chance.random() < 0.5:
                        _put(body, begin, part)
            else:
                _put(body, act.offset, act.bytes)
        return bytes(body)

    def sync(self) -> None:
        self.safe = bytearray(self.after("all", random.Random(0)))
        self.pending.clear()


class Disk:
    """The files under a folder, act by act."""

    def __init__(self, folder: Path) -> None:
        """Begin with what is there."""
        self._files = {path.name: _File(path.read_bytes()) for path in folder.iterdir()}
        self._named = dict(self._files)  # as the process sees it
        self._opened: dict[int, _File] = {}
        self._folder: list[Act] = []  # creations, renames and deletions that are not safe
        self._created: dict[str, list[_File]] = {}

    def do(self, act: Act) -> None:
        """Take one act."""
        path = _name(act.bytes)
        if act.kind == "O":
            self._opened[act.file] = self._named.setdefault(path, _File())
        elif act.kind == "C":
            self._created.setdefault(path, []).append(self._opened[act.file])
            self._folder.append(act)
        elif act.kind in "UR":
            self._move(self._named, act)
            self._folder.append(act)
        elif act.kind in "WT":
            self._opened[act.file].pending.append(act)
        elif act.kind == "S":
            self._opened[act.file].sync()
        elif act.kind == "D":
            self._files = self._names(len(self._folder))
            self._folder.clear()
            self._created.clear()

    def cut(self, mode: str, chance: random.Random, into: Path) -> None:
        """Write what is there after a power cut now into a folder, which is emptied before."""
        into.mkdir(exist_ok=True)
        for old in into.iterdir():
            old.unlink()
        safe = {"nothing": 0, "all": len(self._folder)}.get(mode, chance.randint(0, len(self._folder)))
        for path, file in self._names(safe).items():
            (into / path).write_bytes(file.after(mode, chance))

    def _names(self, count: int) -> dict[str, _File]:
        """Return the names when so many changes of the folder are done."""
        names = dict(self._files)
        created = {path: list(files) for path, files in self._created.items()}
        for act in self._folder[:count]:
            if act.kind == "C":
                path = _name(act.bytes)
                names[path] = created[path].pop(0)
            else:
                self._move(names, act)
        return names

    @staticmethod
    def _move(names: dict[str, _File], act: Act) -> None:
        if act.kind == "U":
            names.pop(_name(act.bytes), None)
        else:
            old, new = map(_name, act.bytes.split(b"\0"))
            if old in names:
                names[new] = names.pop(old)


def _name(path: bytes) -> str:
    """Return a file's name; there is but one folder."""
    return path.rpartition(b"/")[2].decode(errors="replace")


def _sectors(act: Act) -> Iterator[tuple[int, bytes]]:
    at, end = act.offset, act.offset + len(act.bytes)
    while at < end:
        next_ = min(end, at - at % SECTOR + SECTOR)
        yield at, act.bytes[at - act.offset : next_ - act.offset]
        at = next_


def _put(body: bytearray, at: int, part: bytes) -> None:
    if len(body) < at:
        body.extend(bytes(at - len(body)))
    body[at : at + len(part)] = part


def _truncate(body: bytearray, length: int) -> None:
    del body[length:]
    body.extend(bytes(length - len(body)))
