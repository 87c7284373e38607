"""A process that commits and settles as fast as it can and says on stdout what was accepted; made to be killed.

Lines: `store ID`; `bd N`; `numbers FIRST COUNT` that were given out; `begin N …` before a commit that settles N …;
`done N:VALUE …` when it has returned. Arguments: the journal's file, a seed, how many commits (0 = without end), and a bug.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
from pathlib import Path

import planted_bugs
from agent.journal.journal import Journal
from agent.journal.records import TOLD, Limits, Report
from journal_reports import alarm, report

LIMITS = Limits(1_000_000, day_bytes=10**15)
NUMBERS = 600


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


class Writer:
    """One run of the agent, as far as the journal is concerned."""

    def __init__(self, path: Path, seed: int) -> None:
        self.random = random.Random(seed)
        self.journal = Journal(path, LIMITS, f"boot {seed}")
        self.value = seed * 1_000_000
        self.numbers: list[int] = []

    async def start(self) -> None:
        await self.journal.open()
        say(f"store {self.journal.facts().store_id}")
        say(f"bd {await self.journal.next_bd_seq()}")

    async def commit(self) -> None:
        chance = self.random
        waiting = [entry.number for lane in TOLD for entry in await self.journal.oldest(1000, 0, lane)]
        settled = waiting[: chance.choice([0, 5, len(waiting)])]
        if chance.random() < 0.2:
            _, first = await self.journal.number(NUMBERS)
            self.numbers = list(range(first, first + NUMBERS))
            say(f"numbers {first} {NUMBERS}")
        reports = [self._report() for _ in range(chance.choice([0, 1, 5, 60, 450]))]
        numbers = [self.numbers.pop(0) for _ in reports] if len(self.numbers) >= len(reports) else []
        say(" ".join(["begin", *map(str, settled)]))
        given = await self.journal.commit(reports, settled, numbers)
        say(" ".join(["done", *(f"{number}:{each.value}" for number, each in zip(given, reports, strict=True))]))

    def _report(self) -> Report:
        self.value += 1
        return alarm(self.value) if self.random.random() < 0.1 else report(self.value)


async def write(path: Path, seed: int, commits: int) -> None:
    writer = Writer(path, seed)
    await writer.start()
    count = 0
    while not commits or count < commits:
        await writer.commit()
        count += 1
    await writer.journal.close()


if __name__ == "__main__":
    if len(sys.argv) > 4:
        planted_bugs.plant(sys.argv[4])
    asyncio.run(write(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
