"""Power cuts at every point of what a journal's process did, and the judge of what each left."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

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


def power_cuts(folder: Path, cuts: int, *, bug: str = "") -> Cuts:
    """Cut so many times, or a few more. AssertionError where the journal breaks its word."""
    library = disk_replay.build(folder)
    disk = folder / "disk"
    disk.mkdir()
    judge, done, run = Judge(), 0, 0
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else folder) as fast:
        while done < cuts:
            before = Disk(disk)
            trace = _traced(library, disk, folder / "trace", run, bug)
            judge, count = _cut_everywhere(before, trace, judge, random.Random(run), Path(fast) / "cut", disk)
            trace.unlink()
            done += count
            run += 1
    return Cuts(done, judge.commits, len(judge.accepted) + len(judge.settled))


def _traced(library: Path, disk: Path, trace: Path, seed: int, bug: str) -> Path:
    words = [
        sys.executable,
        str(WRITER),
        str(disk / "journal.db"),
        str(seed),
        str(COMMITS[seed % 3]),
        *([bug] if bug else []),
    ]
    env = {"LD_PRELOAD": str(library), "GADELYS_TRACE": str(trace), "GADELYS_TRACE_UNDER": str(disk)}
    done = subprocess.run(words, env=os.environ | env, check=False, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()[-500:]
    return trace


def _cut_everywhere(
    disk: Disk, trace: Path, judge: Judge, chance: random.Random, into: Path, left: Path
) -> tuple[Judge, int]:
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
            _judge(into / "journal.db", after)
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
