"""The judge of a journal's word: what was accepted is there, what was settled is not, no number comes twice."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from agent.journal.records import Entry
from drivers.points import Value


class Judge:
    """Hears what a process says (journal_writer.py) and looks at what is there afterwards. AssertionError."""

    def __init__(self) -> None:
        self.accepted: dict[int, Value | None] = {}
        self.settled: set[int] = set()
        self.store_id = ""
        self.highest = 0  # number that was ever given out or seen
        self.given = range(0)  # numbers that this process may still use
        self.bd_seq = -1
        self.bd_told = True
        self.begun: set[int] | None = None
        self.commits = 0
        self.drained = 0

    def copied(self) -> Self:
        """Return another one that knows the same."""
        other = type(self)()
        other.__dict__.update(self.__dict__)
        other.accepted, other.settled = dict(self.accepted), set(self.settled)
        return other

    def started(self) -> None:
        """Take that a new process begins."""
        self.given, self.begun, self.bd_told = range(0), None, False

    def hear(self, line: str) -> None:
        """Take in a line of it."""
        word, *rest = line.split()
        if word == "store":
            assert self.store_id in {"", rest[0]}, "another store"
            self.store_id = rest[0]
        elif word == "bd":
            assert int(rest[0]) == (self.bd_seq + 1) % 256, "bdSeq goes on by one"
            self.bd_seq, self.bd_told = int(rest[0]), True
        elif word == "numbers":
            first, count = map(int, rest)
            assert first > self.highest, f"number {first} is given out again"
            self.given = range(first, first + count)
            self.highest = first + count - 1
        elif word == "begin":
            self.begun = set(map(int, rest))
        else:
            self._done([(int(number), int(value)) for number, value in (pair.split(":") for pair in rest)])

    def _done(self, new: list[tuple[int, int]]) -> None:
        self.commits += 1
        settled, self.begun = self.begun or set(), None
        self.settled |= settled
        for number in settled:
            self.accepted.pop(number, None)
        self.drained += not self.accepted
        for number, value in new:
            self._is_new(number)
            self.accepted[number] = value

    def _is_new(self, number: int) -> None:
        known = number in self.accepted or number in self.settled
        assert not known, f"number {number} comes again"
        assert number > self.highest or number in self.given, f"number {number} was given out before"
        self.highest = max(self.highest, number)

    def there(self, entries: Iterable[Entry], store_id: str) -> None:
        """Hold what is in the file after an end against it. A commit that was under way is there as a whole or not."""
        found = {entry.number: entry.report.value for entry in entries}
        begun = self.begun or set()
        assert self.store_id in {"", store_id}, "another store: what was kept is gone"
        assert not found.keys() & self.settled, "what was settled is back"
        missing = self.accepted.keys() - found.keys()
        assert missing <= begun, f"accepted and not there: {sorted(missing - begun)[:5]}"
        assert not missing or missing == begun & self.accepted.keys(), "half of a transaction"
        if missing:
            self.settled |= missing
            self.accepted = {number: value for number, value in self.accepted.items() if number not in missing}
        assert found.items() >= self.accepted.items(), "other values than those that were accepted"
        fresh = sorted(found.keys() - self.accepted.keys())
        assert not fresh or self.begun is not None, f"numbers {fresh[:5]} come from nowhere"
        for number in fresh:
            assert number in self.given or number > self.highest, f"number {number} comes from nowhere"
            self._is_new(number)
            self.accepted[number] = found[number]
        self.begun = None
