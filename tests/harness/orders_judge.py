"""The judge of what is kept of commands: none in force is forgotten or comes again, no override lasts longer than ordered."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import msgspec
from structlog.testing import capture_logs

from agent.clock import Wall
from agent.control.leases import LeaseBook
from agent.orders.orders import Orders
from agent.orders.overrides import NOTE_EVERY_S
from cext import lighting
from commanded_street import LAMPS
from orders_writer import WINDOW, asked_of, wish_of

NEAR_S = 0.01
AWAY_S = 60.0  # of a reboot whose clock is trusted


class Override(msgspec.Struct, frozen=True):
    """What holds a lamp: a command, what is left of it at the time of the last line, its end as ordered (UTC seconds).

    `sure`: nobody has guessed how long the board was away, so that it is there as long as it was ordered.
    """

    number: int
    left_s: float
    ends_s: float
    sure: bool = True


class OrdersJudge:
    """Hears what a process says (orders_writer.py) and looks at what is there afterwards. AssertionError."""

    def __init__(self) -> None:
        self.begun: dict[int, float] = {}  # when, UTC seconds
        self.done: list[int] = []
        self.told: set[int] = set()  # that they are known
        self.open: dict[str, list[int]] = {lamp: [] for lamp in LAMPS}  # begun since the last that is done
        self.held: dict[str, Override] = {}
        self.counters: dict[str, int] = {}
        self.boot, self.offset_s, self.mono_s = "", 0.0, 0.0

    @property
    def latest(self) -> int:
        return max(self.begun, default=0)

    @property
    def wall_s(self) -> float:
        return self.offset_s + self.mono_s

    def copied(self) -> Self:
        """Return another one that knows the same."""
        other = type(self)()
        other.__dict__.update(self.__dict__)
        other.begun, other.done = dict(self.begun), list(self.done)
        other.told = set(self.told)
        other.open = {lamp: list(numbers) for lamp, numbers in self.open.items()}
        other.held, other.counters = dict(self.held), dict(self.counters)
        return other

    def started(self) -> None:
        """Take that a new process begins."""

    def hear(self, line: str) -> None:
        """Take in a line of it."""
        mono, word, *rest = line.split()
        if word == "held":
            self._found(float(mono), rest)
            return
        passed_s, self.mono_s = float(mono) - self.mono_s, float(mono)
        self.held = {
            lamp: msgspec.structs.replace(one, left_s=one.left_s - passed_s) for lamp, one in self.held.items()
        }
        if word == "begin":
            number = int(rest[0])
            assert number not in self.done, f"c{number} is carried out twice"
            self.begun[number] = self.wall_s
            self.open[rest[1]].append(number)
        elif word == "done":
            self._in_force(int(rest[0]))
        elif word == "again":
            self.told.add(int(rest[0]))

    def look(self, folder: Path, chance: random.Random) -> None:
        """Start on what a cut has left, as after a kill or a reboot, with a trusted clock or without."""
        boot, away_s, trusted = chance.choice(
            ((self.boot, 0.0, False), ("another", AWAY_S, True), ("another", AWAY_S, False))
        )
        mono_s = self.mono_s if boot == self.boot else 5.0
        book = LeaseBook(lighting.Street(len(LAMPS), (100.0, 60.0, 100.0), users=8))
        orders = Orders(folder / "orders.lines", _Clock(mono_s, self.wall_s + away_s, trusted), boot, book, LAMPS)
        with capture_logs():
            orders.restore()
        orders._log.close()
        guessed = orders._guessed_from is not None
        for lamp, number in LAMPS.items():
            lease = book.holder(number, "operator", mono_s)
            found = None if lease is None else (int(lease.command[1:]), lease.until_s - mono_s)
            self._hold(lamp, found, away_s, guessed=guessed)
        seen = {(one.device, one.id) for one in orders.ledger.all()}
        assert all(int(name[1:]) in self.begun for _, name in seen), "a command that nobody gave"
        for number in self.told:
            if number <= self.latest - WINDOW:
                continue
            lamp, wish = asked_of(number)[0], wish_of(number)
            assert orders.ledger.find(lamp, wish.id, wish.asked), f"c{number} was answered and is forgotten"
        for issuer, counter in self.counters.items():
            assert orders.ledger.counters.get(issuer, -1) >= counter, f"the counter of {issuer} has gone back"

    def _in_force(self, number: int) -> None:
        lamp, level, for_s = asked_of(number)
        assert number not in self.done, f"c{number} is carried out twice"
        self.done.append(number)
        self.told.add(number)
        self.open[lamp].remove(number)
        issuer = "odd" if number % 2 else "even"
        self.counters[issuer] = max(number, self.counters.get(issuer, -1))
        self.held.pop(lamp, None)
        if level is not None:
            ends_s = self.begun[number] + for_s
            self.held[lamp] = Override(number, ends_s - self.wall_s, ends_s)

    def _found(self, mono_s: float, words: list[str]) -> None:
        """A process has begun: hold what it found against what is known, and go on from there."""
        self.boot, offset, guess, *leases = words
        found = {lamp: (int(name[1:]), float(left)) for lamp, name, left in (one.split(":") for one in leases)}
        away_s, guessed = float(offset) + mono_s - self.wall_s, guess == "1"
        for lamp in LAMPS:
            self._hold(lamp, found.get(lamp), away_s, guessed=guessed)
        self.offset_s, self.mono_s = float(offset), mono_s
        for lamp in LAMPS:
            known = self.held.get(lamp)
            number, left_s = found.get(lamp, (0, 0.0))
            if known is not None and number in {0, known.number}:
                sure = known.sure and not guessed
                self.held[lamp] = msgspec.structs.replace(known, left_s=left_s, sure=sure)
            elif number:
                self.held[lamp] = Override(number, left_s, self.begun[number] + asked_of(number)[2], sure=False)
        self.done += [number for number, _ in found.values() if number not in self.done]
        self.open = {lamp: [] for lamp in LAMPS}

    def _hold(self, lamp: str, found: tuple[int, float] | None, away_s: float, *, guessed: bool) -> None:
        """Hold what was found of a lamp's override against what is known, some time after the last line."""
        known = self.held.get(lamp)
        maybe = self.open[lamp]
        if found is None:
            gone_s = NOTE_EVERY_S if guessed else away_s
            sure = known is None or maybe or not known.sure or known.left_s < gone_s + NEAR_S
            assert sure, f"{lamp}: an override is forgotten"
            return
        number, left_s = found
        if known is not None and number == known.number:
            most_s = known.ends_s - self.wall_s - away_s if away_s and not guessed else known.left_s
            assert left_s <= most_s + NEAR_S, f"{lamp}: an override lasts longer than ordered, {left_s} s of {most_s} s"
            return
        assert number in maybe, f"{lamp}: an override that was not in force, c{number}"
        assert left_s <= asked_of(number)[2] + NEAR_S, f"{lamp}: an override lasts longer than ordered"


class _Clock:
    def __init__(self, mono_s: float, wall_s: float, trusted: bool) -> None:
        self._mono_s, self._wall = mono_s, Wall(datetime.fromtimestamp(wall_s, UTC), trusted)

    def mono_s(self) -> float:
        return self._mono_s

    def wall(self) -> Wall:
        return self._wall

    street = wall
