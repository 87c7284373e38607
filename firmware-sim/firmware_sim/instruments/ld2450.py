"""HLK-LD2450: three slots ten times a second, a sign in the top bit of each number (set: positive)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from firmware_sim.instruments.hilink import Commands

RESOLUTION_MM = 360
FARTHEST_M, SIDEWAYS_DEG = 6.0, 60.0


@dataclass(frozen=True, slots=True)
class Person:
    """Where somebody is, metres to the right and ahead, and the speed as the radar signs it (below 0: coming nearer)."""

    x_m: float
    y_m: float
    speed_m_per_s: float = 0.0


class Ld2450:
    """`people`: who is there; three of them are followed, one where it is told to follow one only."""

    baud = 256_000
    interval_s = 0.1

    def __init__(self, people: tuple[Person, ...] = (), *, now_s: float = 0.0) -> None:
        self.people = people
        self.single = False
        self.alive = True
        self._next_s = now_s + self.interval_s
        self._commands = Commands(self._answered)

    def arrived(self, data: bytes, now_s: float) -> None:
        """Take commands."""
        if self.alive:
            self._commands.arrived(data, now_s)

    def due(self, now_s: float) -> bytes:
        """Return what it says now."""
        out = self._commands.due(now_s)
        if now_s >= self._next_s:
            self._next_s += self.interval_s * (1 + (now_s - self._next_s) // self.interval_s)
            if not self._commands.enabled:
                out += report(self.seen())
        return out if self.alive else b""

    def seen(self) -> tuple[Person, ...]:
        """Who it follows."""
        seen = [
            person
            for person in self.people
            if math.hypot(person.x_m, person.y_m) <= FARTHEST_M
            and person.y_m > 0
            and abs(math.degrees(math.atan2(person.x_m, person.y_m))) <= SIDEWAYS_DEG
        ]
        return tuple(seen[: 1 if self.single else 3])

    def next_s(self) -> float:
        """Return when it says something next."""
        return min(self._next_s, self._commands.next_s())

    def _answered(self, word: int, _value: bytes) -> bytes | None:
        if word == 0xA0:
            return bytes((0, 0, 0, 1, 2, 1, 0x16, 0x24, 0x06, 0x22))
        if word == 0x91:
            return bytes((0, 0, 1 if self.single else 2, 0))
        if word in {0x80, 0x90}:
            self.single = word == 0x80
            return bytes(2)
        return bytes((1, 0))


def report(people: tuple[Person, ...]) -> bytes:
    """Return a report of at most three people."""
    body = b""
    for person in people[:3]:
        for number in (1000 * person.x_m, 1000 * person.y_m, 100 * person.speed_m_per_s):
            body += _signed(round(number))
        body += bytes((RESOLUTION_MM & 0xFF, RESOLUTION_MM >> 8))
    return bytes((0xAA, 0xFF, 3, 0)) + body.ljust(24, b"\0") + bytes((0x55, 0xCC))


def _signed(number: int) -> bytes:
    raw = 0x8000 + number if number >= 0 else -number
    return bytes((raw & 0xFF, raw >> 8))
