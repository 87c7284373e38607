"""Kill -9 of a process that takes commands, and the judge of what came into force: each command once, none forgotten."""

from __future__ import annotations

import contextlib
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

WRITER = Path(__file__).with_name("command_writer.py")


class CommandJudge:
    """Knows what came into force. AssertionError where a command did so twice, or was forgotten."""

    def __init__(self) -> None:
        self.done: dict[str, int] = {}  # which command came into force last on each lamp
        self.ever: set[int] = set()
        self.unsaid = 0

    @property
    def latest(self) -> int:
        return max(self.ever, default=0)

    def heard(self, lines: Sequence[str]) -> None:
        """Take in what one process said."""
        for line in lines:
            word, *rest = line.split()
            if word == "held":
                self._held({lamp: int(name[1:]) for lamp, name in (pair.split(":") for pair in rest)})
            else:
                number = int(rest[0][1:])
                assert number not in self.ever, f"c{number} came into force twice"
                self.ever.add(number)
                self.done[rest[1]] = number

    def _held(self, held: dict[str, int]) -> None:
        """Hold what a start found against it. What was on the disk before the kill and not yet said is in force now."""
        assert held.keys() >= self.done.keys(), "an override was forgotten"
        for lamp, number in held.items():
            if number == self.done.get(lamp):
                continue
            assert number not in self.ever, f"{lamp} has gone back from c{self.done.get(lamp)} to c{number}"
            self.ever.add(number)
            self.done[lamp] = number
            self.unsaid += 1


def command_kills(path: Path, rounds: int) -> CommandJudge:
    """Start, kill and judge so many times."""
    judge = CommandJudge()
    for seed in range(rounds):
        chance = random.Random(seed)
        words = [sys.executable, str(WRITER), str(path), str(seed), str(judge.latest)]
        with subprocess.Popen(words, stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            said = b"".join(writer.stdout.readline() for _ in range(1 + chance.randint(1, 30)))
            with contextlib.suppress(subprocess.TimeoutExpired):
                writer.wait(chance.uniform(0, 0.02))
            writer.kill()
            said += writer.stdout.read()
        assert writer.returncode == -9, f"the writer ended by itself: {said[-200:]!r}"
        judge.heard(said.decode().split("\n")[:-1])
    return judge
