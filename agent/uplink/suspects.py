"""Which report makes a broker hang up: it is looked for in pieces that get smaller, and put aside after its third try.

Some brokers disconnect on a message that they do not like (too long, forbidden). Sent again and again, it would keep
all others back for ever. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt

from agent.journal.records import Entry

TRIES = 3
MOST_IN_A_ROW = 10  # a broker that hangs up on so many without taking one hangs up on something else


class Suspects:
    """Counts for each report in how many pieces it was on which the connection broke."""

    def __init__(self) -> None:
        self._tries: dict[int, int] = {}
        self._pieces: dict[int, int] = {}  # how large the pieces of the next try are
        self._in_a_row = 0

    def piece(self, entries: Sequence[Entry]) -> Sequence[Entry]:
        """Return the first of these that may go together: those of one number of tries, the fewer the more tries."""
        if not entries or not self._tries:
            return entries
        number = entries[0].number
        tries = self._tries.get(number, 0)
        most = self._pieces.get(number, len(entries))
        for count, entry in enumerate(entries):
            if count == most or self._tries.get(entry.number, 0) != tries:
                return entries[:count]
        return entries

    def tried(self, entries: Sequence[Entry]) -> bool:
        """Return whether the connection has broken on the first of these."""
        return bool(entries) and entries[0].number in self._tries

    def proven(self, numbers: Sequence[int]) -> None:
        """Take that these have arrived."""
        self._in_a_row = 0
        self._forget(numbers)

    def broken(self, numbers: Sequence[int]) -> list[int]:
        """Take that the connection broke on these; return those that have had their tries."""
        smaller = 1 + isqrt(len(numbers) - 1) if len(numbers) > 1 else 1
        given_up = []
        for number in numbers:
            self._tries[number] = tries = self._tries.get(number, 0) + 1
            # The second try goes in pieces of about the root of the first, the third alone.
            self._pieces[number] = 1 if tries >= TRIES - 1 else smaller
            if tries >= TRIES and len(numbers) == 1 and self._in_a_row < MOST_IN_A_ROW:
                given_up.append(number)
        self._in_a_row += len(given_up)
        self._forget(given_up)
        return given_up

    def _forget(self, numbers: Sequence[int]) -> None:
        for number in numbers:
            self._tries.pop(number, None)
            self._pieces.pop(number, None)
