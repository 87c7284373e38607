"""A process that takes commands, new ones and replays, as fast as it can and says which came into force; made to be killed.

Lines: `held LAMP:ID …` once, what a start found; `done ID LAMP` when a command has come into force.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time
from pathlib import Path

from agent import logs
from agent.orders.orders import Orders
from agent.uplink.commands import Answer, Bounds, Commands
from agent.uplink.wishes import Unwanted, Wish
from commanded_street import LAMPS, CommandedStreet
from orders_clock import SteadyClock

WINDOW = 50  # how many commands back a replay may come from; 256 are remembered


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


async def write(path: Path, seed: int, first: int) -> None:
    chance = random.Random(seed)
    street, clock = CommandedStreet(), SteadyClock()
    orders = Orders(path, clock, "one boot", street.control.leases, LAMPS)
    orders.restore()
    held = street.control.leases.all(clock.mono_s())
    names = {number: lamp for lamp, number in LAMPS.items()}
    say(" ".join(["held", *(f"{names[lamp]}:{lease.command}" for (lamp, _), lease in held.items())]))

    def answered(answer: Answer) -> None:
        if answer.status == "accepted" and not answer.refusal:
            say(f"done {answer.id} {answer.device}")

    commands = Commands(
        street.control, street.image, LAMPS, Bounds(3600.0, 1e9, 1e9),
        keeper=orders, step=lambda: None, answer=answered, now=time.monotonic,
    )  # fmt: skip
    latest = first
    while True:
        for _ in range(chance.choice((1, 1, 5))):
            replayed = chance.random() < 0.5 and latest > first
            number = chance.randint(max(0, latest - WINDOW), latest) if replayed else latest + 1
            latest = max(latest, number)
            lamp = f"lum-0{number % 3 + 1}"
            wish = Wish(f"c{number}", float(number % 101))
            try:
                if not commands.repeated(lamp, wish):
                    commands.take(lamp, wish, clock.mono_s())
            except Unwanted as unwanted:
                raise AssertionError(str(unwanted)) from None
        await asyncio.sleep(0)
        if chance.random() < 0.3:
            await asyncio.sleep(0.003)


if __name__ == "__main__":
    logs.configure("error")
    asyncio.run(write(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
