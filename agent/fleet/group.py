"""One command to many lamps: sent few at a time, each followed to its proof. Pure; time is an argument."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import msgspec

from agent.fleet.hearing import Message
from agent.fleet.proof import Following, Order
from agent.uplink.names import ENDED

MOST_OF_NODE = 8  # under way at a node: beyond 256 it drops messages, and on its line they go one after the other
MOST_AT_ONCE = 200  # under way in all


class Target(msgspec.Struct, frozen=True):
    """A lamp and the command to it."""

    group: str
    node: str
    order: Order

    @property
    def path(self) -> str:
        """Return `group/node/device`."""
        return f"{self.group}/{self.node}/{self.order.device}"


class Outcome(msgspec.Struct, frozen=True):
    """How it ended: a stage that ends a command, or `no answer`, `no proof` with the last stage as the reason."""

    path: str
    status: str
    reason: str
    after_s: float


class _Underway:
    def __init__(self, target: Target, sent_s: float) -> None:
        self.target, self.sent_s = target, sent_s
        self.following = Following(target.order.id)
        self.status = self.reason = ""


class GroupCommand:
    """The commands to a group. Each has its own deadline, which begins when it is sent."""

    def __init__(self, targets: Sequence[Target], within_s: float, most_at_once: int = MOST_AT_ONCE) -> None:
        self.size = len(targets)
        self._most_at_once = most_at_once
        self._waiting = deque(targets)
        self._within_s = within_s
        self._underway: dict[tuple[str, str, str], _Underway] = {}
        self.outcomes: list[Outcome] = []

    @property
    def done(self) -> bool:
        """Return whether all have ended."""
        return not self._waiting and not self._underway

    def due(self, now_s: float) -> list[Target]:
        """Return what is to be sent now, after giving up what has had its time."""
        for key, one in list(self._underway.items()):
            if now_s - one.sent_s >= self._within_s:
                why = f"{one.status} was the last stage" if one.status else "is its controller connected?"
                self._end(key, "no proof" if one.status else "no answer", one.reason or why, now_s)
        counts: dict[tuple[str, str], int] = {}
        for group, node, _ in self._underway:
            counts[group, node] = counts.get((group, node), 0) + 1
        due = []
        for _ in range(len(self._waiting)):
            target = self._waiting.popleft()
            of = target.group, target.node
            if len(self._underway) < self._most_at_once and counts.get(of, 0) < MOST_OF_NODE:
                counts[of] = counts.get(of, 0) + 1
                self._underway[*of, target.order.device] = _Underway(target, now_s)
                due.append(target)
            else:
                self._waiting.append(target)
        return due

    def see(self, message: Message, now_s: float) -> None:
        """Take in what a node says; its own word may be about a device that is dead."""
        node = message.group, message.node
        keys = [(*node, message.device)] if message.device else [key for key in self._underway if key[:2] == node]
        for key in keys:
            one = self._underway.get(key)
            if one is None:
                continue
            for said in one.following.see(message):
                one.status, one.reason = said.status, said.reason
                if said.status in ENDED:
                    self._end(key, said.status, said.reason, now_s)
                    break

    def _end(self, key: tuple[str, str, str], status: str, reason: str, now_s: float) -> None:
        one = self._underway.pop(key)
        self.outcomes.append(Outcome(one.target.path, status, reason, now_s - one.sent_s))
