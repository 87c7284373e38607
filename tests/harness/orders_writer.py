"""A process that takes signed commands, new ones and replays, in virtual time, and says on stdout what came into force.

Lines, each with the monotonic time (s) before its words: `held BOOT WALL GUESSED LAMP:ID:LEFT …` once, what a start found
(WALL: UTC seconds less monotonic ones); `begin N LAMP ASKED FOR` before a command is taken, `done N` when it is in force or
released; `again N` when one that came again is answered; `refused N`; `now`.
Arguments: the file, a seed, how many steps, the last command so far, UTC seconds, and a bug.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
from datetime import UTC, datetime
from pathlib import Path

import orders_bugs
from agent import logs
from agent.clock import Wall
from agent.config import Issuer
from agent.orders import ledger, log
from agent.orders.orders import Orders
from agent.uplink import names
from agent.uplink.authority import Authority
from agent.uplink.commands import Answer, Bounds, Commands
from agent.uplink.payload import Payload
from agent.uplink.wishes import Said, Unwanted, Wish
from commanded_street import LAMPS, CommandedStreet

REMEMBERED = 64  # commands; the fewer, the more cuts in a second
WINDOW = 40  # how many commands back a replay may come from
ROOM = 3000  # bytes, so that the file is made anew again and again
ISSUERS = {name: Issuer(bytes(32), frozenset({"lamp"})) for name in ("even", "odd")}
LAST_FOR_S = (60.0, 400.0, 900.0, 3600.0)


class VirtualClock:
    """Time that passes when the writer lets it."""

    def __init__(self, wall_s: float, *, trusted: bool) -> None:
        self.now_s = 5.0
        self.offset_s = wall_s - self.now_s
        self.trusted = trusted

    def mono_s(self) -> float:
        return self.now_s

    def wall(self) -> Wall:
        return Wall(datetime.fromtimestamp(self.offset_s + self.now_s, UTC), self.trusted)

    street = wall


def asked_of(number: int) -> tuple[str, float | None, float]:
    """Return what a command asks, by its number: lamp, level (none: release), seconds."""
    level = None if number % 7 == 0 else float(number % 101)
    return f"lum-0{number % 3 + 1}", level, LAST_FOR_S[number % len(LAST_FOR_S)]


def wish_of(number: int) -> Wish:
    """Return the command of a number."""
    _, level, for_s = asked_of(number)
    return Wish(f"c{number}", level, None if level is None else for_s)


class Writer:
    """One run of the agent, as far as orders are concerned."""

    def __init__(self, path: Path, seed: int, latest: int, wall_s: float) -> None:
        self.chance = random.Random(seed)
        self.latest = self.first = latest
        self.clock = VirtualClock(wall_s, trusted=self.chance.random() < 0.6)
        street = CommandedStreet()
        self.orders = Orders(path, self.clock, f"boot-{seed}", street.control.leases, LAMPS)
        self.orders.restore()
        found = street.control.leases.all(self.clock.now_s)
        lamps = {number: lamp for lamp, number in LAMPS.items()}
        held = [f"{lamps[n]}:{one.command}:{one.until_s - self.clock.now_s}" for (n, _), one in found.items()]
        guessed = int(self.orders._guessed_from is not None)
        self.say("held", f"boot-{seed}", self.clock.offset_s, guessed, *held)
        self.commands = Commands(
            street.control, street.image, LAMPS, Bounds(3600.0, 1e9, 1e9),
            keeper=self.orders, step=lambda: None, answer=self.answered, now=self.clock.mono_s,
        )  # fmt: skip
        self.authority = Authority({"lamp"}, ISSUERS, lambda: self.orders.ledger.counters, lambda *_: True)

    def say(self, *words: object) -> None:
        os.write(1, f"{self.clock.now_s} {' '.join(map(str, words))}\n".encode())

    def answered(self, answer: Answer) -> None:
        if answer.refusal:
            self.say("again", answer.id[1:])
        elif answer.status in {"accepted", "verified"}:
            self.say("done", answer.id[1:])

    async def step(self) -> None:
        """Let time pass, and take some commands that came together."""
        chance = self.chance
        await self.passes(chance.choice((0.0, 0.0, 1.0, 20.0, 295.0)))
        self.clock.trusted |= chance.random() < 0.05
        for _ in range(chance.choice((0, 1, 1, 5))):
            replayed = chance.random() < 0.4 and self.latest > self.first
            number = chance.randint(max(1, self.latest - WINDOW), self.latest) if replayed else self.latest + 1
            self.latest = max(self.latest, number)
            self.take(number)
        await asyncio.sleep(0)
        if chance.random() < 0.7:
            await self.written()

    async def passes(self, seconds: float) -> None:
        """Let time pass; what is left of overrides is noted as the agent does it."""
        until_s = self.clock.now_s + seconds
        while self.clock.now_s < until_s:
            self.clock.now_s = min(until_s, self.clock.now_s + 10.0)
            self.orders.look()
            if self.orders._writing is not None:
                self.say("now")
                await self.written()
        self.say("now")

    def take(self, number: int) -> None:
        lamp, level, for_s = asked_of(number)
        wish = wish_of(number)
        said = Said(
            {
                names.COMMAND_SIGNATURE: "A" * 86 + "==", names.COMMAND_ISSUER: "odd" if number % 2 else "even",
                names.COMMAND_COUNTER: number, names.COMMAND_NOT_AFTER: 0, names.COMMAND_ID: wish.id,
            },
            wish.id,
            0,
        )  # fmt: skip
        try:
            if self.commands.repeated(lamp, wish):
                return
            self.authority.judge("lamp", "topic", Payload(), said)
        except Unwanted:
            self.say("refused", number)
            return
        self.say("begin", number, lamp, level, for_s)
        self.commands.take(lamp, wish, self.clock.now_s)

    async def written(self) -> None:
        while self.orders._writing is not None:
            await self.orders._writing


async def write(path: Path, seed: int, steps: int, latest: int, wall_s: float) -> None:
    writer = Writer(path, seed, latest, wall_s)
    running = asyncio.create_task(writer.orders.run())
    await asyncio.sleep(0)
    await writer.written()
    for _ in range(steps):
        await writer.step()
    await writer.written()
    running.cancel()


if __name__ == "__main__":
    logs.configure("error")
    ledger.MOST, log.ROOM = REMEMBERED, ROOM
    if len(sys.argv) > 6:
        orders_bugs.plant(sys.argv[6])
    asyncio.run(write(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])))
