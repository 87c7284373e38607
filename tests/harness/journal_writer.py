"""A process that commits and settles as fast as it can and says on stdout what was accepted; made to be killed.

Lines: `bd N`; `begin N …` before a commit that settles N …; `done N:VALUE …` when it has returned.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
from pathlib import Path

from agent.journal.journal import Journal
from agent.journal.records import Limits
from journal_reports import report


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


async def write(path: Path, seed: int) -> None:
    random_ = random.Random(seed)
    journal = Journal(path, Limits(1_000_000), f"boot {seed}")
    await journal.open()
    say(f"bd {await journal.next_bd_seq()}")
    value = seed * 1_000_000
    while True:
        waiting = [entry.number for entry in await journal.oldest(1000)]
        settled = waiting[: random_.choice([0, 5, len(waiting)])]
        values = [value + n for n in range(random_.choice([0, 1, 5, 60, 450]))]
        value += len(values)
        say(" ".join(["begin", *map(str, settled)]))
        given = await journal.commit([report(value) for value in values], settled)
        say(" ".join(["done", *(f"{number}:{value}" for number, value in zip(given, values, strict=True))]))


if __name__ == "__main__":
    asyncio.run(write(Path(sys.argv[1]), int(sys.argv[2])))
