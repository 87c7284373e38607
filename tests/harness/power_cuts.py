"""Power cuts at every point of what a process did to its files, and the judge of what each left: the journal's."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Protocol, Self, TypeVar

import disk_replay
from agent.journal.store import Store
from disk_replay import MODES, Disk
from journal_judge import Judge
from journal_reports import whole
from journal_writer import LIMITS

WRITER = Path(__file__).with_name("journal_writer.py")
COMMITS = (8, 12, 40)  # of a process, before the next one goes on from what a cut has left
_MEMORY = Path("/dev/shm")


class Cuts(NamedTuple):
    """How many cuts there were, and what had been accepted in all by then."""

    cuts: int
    commits: int
    reports: int


class Hears(Protocol):
    """What knows what a process has promised. AssertionError where that is broken."""

    def copied(self) -> Self: ...

    def started(self) -> None: ...

    def hear(self, line: str) -> None: ...

    def look(self, folder: Path, chance: random.Random) -> None:
        """Hold what a cut has left against it."""


J = TypeVar("J", bound=Hears)


class JournalCuts(Judge):
    """The journal's judge, who opens what a cut has left."""

    def look(self, folder: Path, chance: random.Random) -> None:  # noqa: ARG002 - another judge has a choice
        _judge(folder / "journal.db", self)


def power_cuts(folder: Path, cuts: int, *, bug: str = "") -> Cuts:
    """Cut so many times, or a few more. AssertionError where the journal breaks its word."""

    def words(disk: Path, seed: int, judge: Judge) -> list[str]:
        return [str(WRITER), str(disk / "journal.db"), str(seed), str(COMMITS[seed % 3]), *([bug] if bug else [])]

    done, judge = cut_again_and_again(folder, cuts, JournalCuts(), words)
    return Cuts(done, judge.commits, len(judge.accepted) + len(judge.settled))


def cut_again_and_again(folder: Path, cuts: int, judge: J, words: Callable[[Path, int, J], list[str]]) -> tuple[int, J]:
    """Let processes go on, each from what a cut has left of the one before, and cut each everywhere.

    `words` are a process's script and its arguments, by the disk and a seed. Returns how many cuts, and the last judge.
    """
    library = disk_replay.build(folder)
    disk = folder / "disk"
    disk.mkdir()
    done, run = 0, 0
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else folder) as fast:
        while done < cuts:
            before = Disk(disk)
            trace = _traced(library, disk, folder / "trace", words(disk, run, judge))
            judge, count = _cut_everywhere(before, trace, judge, random.Random(run), Path(fast) / "cut", disk)
            trace.unlink()
            done += count
            run += 1
    return done, judge


def _traced(library: Path, disk: Path, trace: Path, words: list[str]) -> Path:
    env = {"LD_PRELOAD": str(library), "GADELYS_TRACE": str(trace), "GADELYS_TRACE_UNDER": str(disk)}
    done = subprocess.run([sys.executable, *words], env=os.environ | env, check=False, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()[-500:]
    return trace


def _cut_everywhere(disk: Disk, trace: Path, judge: J, chance: random.Random, into: Path, left: Path) -> tuple[J, int]:
    """Cut after each act in each way; leave one of the cuts, and return the judge that knows it."""
    judge = judge.copied()
    judge.started()
    acts = list(disk_replay.acts(trace))
    keep = chance.randrange(len(acts) * 9 // 10, len(acts))
    rest = b""
    for place, act in enumerate(acts):
        if act.kind == "M":
            *lines, rest = (rest + act.bytes).split(b"\n")
            for line in lines:
                judge.hear(line.decode())
        else:
            disk.do(act)
        for mode in MODES:
            disk.cut(mode, chance, into)
            after = judge.copied()
            if place == keep and mode == MODES[-1]:
                shutil.rmtree(left)
                shutil.copytree(into, left)
                kept = after
            after.look(into, chance)
    return kept, len(acts) * len(MODES)


def _judge(path: Path, judge: Judge) -> None:
    store = Store(path, LIMITS, "afterwards")
    store.open()
    try:
        assert store.facts().fault == ""
        judge.there(whole(store), store.facts().store_id)
        assert store._db is not None
        assert store._db.execute("PRAGMA integrity_check").fetchall() == [("ok",)], "the file is damaged"
        after = store.next_bd_seq()
        assert after in {(judge.bd_seq + 1) % 256, (judge.bd_seq + 1 + (not judge.bd_told)) % 256}, "bdSeq goes on"
        judge.bd_seq = (after - 1) % 256
    finally:
        store.close()
