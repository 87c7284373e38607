"""Which commands were carried out, by their names, with what became of each: one that comes again changes nothing. Pure."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

MOST = 256  # the oldest are forgotten; their time is over long before


class Seen(msgspec.Struct, array_like=True):
    """A command: the device (empty: the node) and its id, what it asked for, its last stage and the reason of that."""

    device: str
    id: str
    asked: str
    status: str
    reason: str


class Clash(Exception):
    """An id that was used for something else."""


class Ledger:
    """The commands that were carried out, and the last counter of each issuer of signed ones."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], Seen] = {}
        self._news: dict[tuple[str, str], Seen] = {}
        self.counters: dict[str, int] = {}

    def find(self, device: str, command_id: str, asked: str) -> Seen | None:
        """Return the command if it was seen before. Clash if it asked for something else then."""
        seen = self._seen.get((device, command_id))
        if seen is not None and seen.asked != asked:
            raise Clash
        return seen

    def note(self, seen: Seen) -> None:
        """Take a command that is carried out."""
        self._seen.pop((seen.device, seen.id), None)
        self._seen[seen.device, seen.id] = self._news[seen.device, seen.id] = seen
        self._forget()

    def tell(self, device: str, command_id: str, status: str, reason: str) -> None:
        """Take what has become of a command since."""
        seen = self._seen.get((device, command_id))
        if seen is not None:
            seen.status, seen.reason = status, reason
            self._news[device, command_id] = seen

    def news(self) -> list[Seen]:
        """Return the commands that are new, or of which more is known, since the last call."""
        news, self._news = self._news, {}
        return list(news.values())

    def all(self) -> list[Seen]:
        """Return all commands, the oldest first."""
        return list(self._seen.values())

    def load(self, seen: Iterable[Seen], counters: dict[str, int]) -> None:
        """Take what was kept, the oldest first; of one that is there twice the last word counts."""
        for one in seen:
            self._seen[one.device, one.id] = one
            self._forget()
        self.counters = dict(counters)

    def _forget(self) -> None:
        while len(self._seen) > MOST:
            del self._seen[next(iter(self._seen))]
