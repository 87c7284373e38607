"""Kill -9 of a process that writes a journal, and the judge of what is there afterwards."""

from __future__ import annotations

import contextlib
import random
import subprocess
import sys
from pathlib import Path

from journal_judge import Judge
from journal_reports import opened, whole

WRITER = Path(__file__).with_name("journal_writer.py")


def kill_rounds(path: Path, rounds: int, bug: str = "") -> Judge:
    """Start, kill and judge so many times."""
    judge = Judge()
    for seed in range(rounds):
        random_ = random.Random(seed)
        judge.started()
        for line in _until_killed(path, seed, bug, random_.randint(2, 40), random_.uniform(0, 0.01)):
            judge.hear(line)
        with opened(path) as store:
            facts = store.facts()
            judge.there(whole(store), facts.store_id)
            assert facts.fault == ""
            judge.highest = max(judge.highest, store.number(1)[1])  # what was given out and not told
            if random_.random() < 0.3:  # drained, so that the next one begins with an empty queue
                store.commit((), list(judge.accepted))
                judge.settled |= judge.accepted.keys()
                judge.accepted.clear()
    return judge


def _until_killed(path: Path, seed: int, bug: str, after_lines: int, then_s: float) -> list[str]:
    """Run a writer, kill it some time after it has said so many lines; return all its whole lines."""
    words = [sys.executable, str(WRITER), str(path), str(seed), "0", *([bug] if bug else [])]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        said = b"".join(writer.stdout.readline() for _ in range(1 + after_lines))
        with contextlib.suppress(subprocess.TimeoutExpired):
            writer.wait(then_s)
        writer.kill()
        said += writer.stdout.read()
    assert writer.returncode == -9, f"the writer ended by itself: {said[-200:]!r}"
    return said.decode().split("\n")[:-1]
