"""A node that hears messages: from bytes of a broker to what is held, refused and answered; with issuers or without."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from agent.config import Issuer
from agent.config.commands import KINDS
from agent.uplink import table
from agent.uplink.authority import Authority
from agent.uplink.commands import Bounds
from agent.uplink.downlink import Downlink, Moment
from agent.uplink.ed25519 import verify
from agent.uplink.node_orders import NodeOrders
from commanded_street import CommandedStreet, points
from kept_orders import CannedWard
from sparkplug_peer import build

WALL_MS = round(datetime(2026, 11, 24, 20, 30, tzinfo=UTC).timestamp() * 1000)
LAMP, NODE = "spBv1.0/albertslund/DCMD/pole-7/lum-03", "spBv1.0/albertslund/NCMD/pole-7"
MIRROR = "gadelys/albertslund/pole-7/command"


class Message(NamedTuple):
    """What a broker brings."""

    topic: str
    payload: bytes
    retained: bool = False


class HeardCommands:
    """The way down of three lamps."""

    def __init__(
        self,
        issuers: Mapping[str, bytes] = {},
        signed: tuple[str, ...] = ("restart", "reload", "configuration"),
        may: tuple[str, ...] = tuple(KINDS),
        bounds: Bounds = Bounds(3600.0),  # noqa: B008 - frozen
    ) -> None:
        self.street = CommandedStreet()
        self.street.bounds = bounds
        self.street.commands = self.street.new_commands()
        self.ward = CannedWard()
        self.works: list[Coroutine[Any, Any, None]] = []
        self.rebirths = 0
        self.node = NodeOrders(
            self.street.commands,
            self.street.orders,
            self.ward,
            answer=self.street.answers.append,
            spawn=self.works.append,
        )
        keys = {name: Issuer(key, frozenset(may)) for name, key in issuers.items()}
        authority = Authority(signed, keys, lambda: self.street.orders.ledger.counters, verify)
        self.downlink = Downlink(table.build(points()), self.street.commands, self.node, authority, self._rebirth)
        self.now_ms = WALL_MS
        self.trusted = True

    def say(self, topic: str, payload: bytes, *, retained: bool = False) -> list[tuple[str, str, str]]:
        """A message comes; return what was answered: device, status, reason."""
        self.downlink.take(Message(topic, payload, retained), Moment(self.street.now_s, self.now_ms, self.trusted))
        while self.works:
            asyncio.run(self.works.pop())
        told = [(answer.device, str(answer.status), answer.reason) for answer in self.street.answers]
        self.street.answers.clear()
        return told

    def ask(self, topic: str, *metrics: tuple[str, int, Any], age_s: float = 0.0) -> list[tuple[str, str, str]]:
        """A command of now, or of before."""
        return self.say(topic, build(metrics, timestamp=self.now_ms - round(age_s * 1000)))

    def held(self) -> list[str]:
        """Who holds the lamps, at which level."""
        control = self.street.control
        leases = control.leases.all(self.street.now_s)
        return [f"{lamp} {rung} {lease.level_pct:g}" for (lamp, rung), lease in sorted(leases.items())]

    def _rebirth(self) -> None:
        self.rebirths += 1
