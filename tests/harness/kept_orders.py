"""A keeper without a disk, and a ward that only says what was done to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from agent.control.leases import Lease
from agent.orders.ledger import Ledger, Seen
from agent.orders.ward import NotDone, Trial


class OrdersInMemory:
    """Commits at once, or when `held` ones are let go; a restart is another one, `restarted`."""

    def __init__(self, before: bytes = b"[]", counters: Mapping[str, int] = {}) -> None:
        self.ledger = Ledger()
        self.ledger.load(msgspec.json.decode(before, type=list[Seen]), dict(counters))
        self.fault = ""
        self.hold = False
        self.changes: list[dict[tuple[int, str], Lease | None]] = []
        self.waiting: list[Callable[[], None]] = []
        self.disk = before

    def commit(self, then: Callable[[], None], change: Mapping[tuple[int, str], Lease | None]) -> None:
        self.changes.append(dict(change))
        self.waiting.append(then)
        if not self.hold:
            self.let_go()

    def after(self, then: Callable[[], None]) -> None:
        if self.waiting:
            self.waiting.append(then)
        else:
            then()

    def let_go(self) -> None:
        """The disk has it."""
        self.disk = msgspec.json.encode(self.ledger.all())
        waiting, self.waiting = self.waiting, []
        for then in waiting:
            then()

    def restarted(self) -> OrdersInMemory:
        """Return what a start after a kill finds."""
        return OrdersInMemory(self.disk, self.ledger.counters)


class CannedWard:
    """Does nothing, and keeps what was asked."""

    def __init__(self) -> None:
        self.watch: Callable[[], None] = lambda: None
        self.trial: Trial | None = None
        self.digest = "d1"
        self.text = "x = 0\n"
        self.logged = "info"
        self.done: list[tuple[Any, ...]] = []
        self.refuses = ""
        self.in_force = False

    def settled(self) -> None:
        self.done.append(("settled",))
        self.trial = None

    def restart(self) -> None:
        self.done.append(("restart",))

    async def configure(self, command_id: str, text: str | None) -> tuple[bool, str]:
        if self.refuses:
            raise NotDone(self.refuses)
        self.done.append(("configure", command_id, text))
        return self.in_force, "is valid"

    def log_level(self, level: str, for_s: float) -> None:
        self.done.append(("log_level", level, for_s))

    async def bundle(self) -> str:
        self.done.append(("bundle",))
        return "/there"
