"""Kill -9 of a process that writes a journal, and the judge of what is there afterwards."""

from __future__ import annotations

import contextlib
import random
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from agent.journal.records import Entry
from journal_reports import opened, whole

WRITER = Path(__file__).with_name("journal_writer.py")


class Judge:
    """Knows what was accepted and what may have been settled. AssertionError where the journal breaks its word."""

    def __init__(self) -> None:
        self.accepted: dict[int, int] = {}
        self.settled: set[int] = set()
        self.highest = 0
        self.bd_seq = -1
        self.commits = 0
        self.drained = 0

    def heard(self, lines: Iterable[str]) -> set[int]:
        """Take in what one process said; return the numbers whose settling was begun and never ended."""
        begun: set[int] = set()
        for line in lines:
            word, *rest = line.split()
            if word == "bd":
                assert int(rest[0]) == (self.bd_seq + 1) % 256, "bdSeq goes on by one"
                self.bd_seq = int(rest[0])
            elif word == "begin":
                begun = set(map(int, rest))
            else:
                self._done(begun, [(int(number), int(value)) for number, value in (pair.split(":") for pair in rest)])
                begun = set()
        return begun

    def _done(self, settled: set[int], new: list[tuple[int, int]]) -> None:
        self.commits += 1
        self.settled |= settled
        for number in settled:
            self.accepted.pop(number, None)
        self.drained += not self.accepted
        for number, value in new:
            assert number > self.highest, f"number {number} comes again"
            self.highest = number
            self.accepted[number] = value

    def there(self, entries: Iterable[Entry], begun: set[int]) -> None:
        """Hold what is in the file after a kill against it. The one commit that was under way is there as a whole or not."""
        found = {entry.number: entry.report.value for entry in entries}
        assert not found.keys() & self.settled, "what was settled is back"
        missing = self.accepted.keys() - found.keys()
        assert missing <= begun, f"accepted and not there: {sorted(missing - begun)[:5]}"
        assert not missing or missing == begun, "half of a transaction"
        if missing:
            self.settled |= missing
            self.accepted = {number: value for number, value in self.accepted.items() if number not in missing}
        assert found.items() >= self.accepted.items(), "other values than those that were accepted"
        for number in sorted(found.keys() - self.accepted.keys()):
            assert number > self.highest, f"number {number} comes from nowhere"
            self.highest = number
            value = found[number]
            assert isinstance(value, int)
            self.accepted[number] = value


def kill_rounds(path: Path, rounds: int) -> Judge:
    """Start, kill and judge so many times."""
    judge = Judge()
    for seed in range(rounds):
        random_ = random.Random(seed)
        lines = _until_killed(path, seed, random_.randint(1, 40), random_.uniform(0, 0.01))
        begun = judge.heard(lines)
        with opened(path) as store:
            facts = store.facts()
            judge.there(whole(store), begun)
            assert facts.fault == ""
            if random_.random() < 0.3:  # drained, so that the next one begins with an empty queue
                store.commit((), list(judge.accepted))
                judge.settled |= judge.accepted.keys()
                judge.accepted.clear()
    return judge


def _until_killed(path: Path, seed: int, after_lines: int, then_s: float) -> list[str]:
    """Run a writer, kill it some time after it has said so many lines; return all its whole lines."""
    with subprocess.Popen([sys.executable, str(WRITER), str(path), str(seed)], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        said = b"".join(writer.stdout.readline() for _ in range(1 + after_lines))
        with contextlib.suppress(subprocess.TimeoutExpired):
            writer.wait(then_s)
        writer.kill()
        said += writer.stdout.read()
    assert writer.returncode == -9, f"the writer ended by itself: {said[-200:]!r}"
    return said.decode().split("\n")[:-1]
