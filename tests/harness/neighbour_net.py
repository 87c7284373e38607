"""A network of neighbours in one process and in virtual time: what is sent arrives after a delay, unless chance has it else."""

from __future__ import annotations

import asyncio
import heapq
import random
from collections import Counter
from collections.abc import Callable

import msgspec

from agent.neighbours.link import LinkState


class Chance(msgspec.Struct, frozen=True):
    """Shares of messages that are lost, doubled, changed in one bit; how long they take (s), at least and at most."""

    lost: float = 0.0
    doubled: float = 0.0
    changed: float = 0.0
    least_s: float = 0.002
    most_s: float = 0.005


class Net:
    """All links of a street. `cut` pairs (sender, receiver) hear nothing; `tapped` has what was sent, for who replays it."""

    def __init__(self, seed: int = 1, chance: Chance | None = None) -> None:
        self.now_s = 0.0
        self.chance = chance or Chance()
        self.links: dict[str, NetLink] = {}
        self.cut: set[tuple[str, str]] = set()
        self.tapped: list[tuple[str, str, bytes]] = []
        self.happened: Counter[str] = Counter()
        self._dice = random.Random(seed)
        self._under_way: list[tuple[float, int, str, bytes]] = []
        self._count = 0

    def put(self, sender: str, to: str, data: bytes) -> None:
        """Send bytes; a sender that is not there may put them too."""
        self.tapped.append((sender, to, data))
        if (sender, to) in self.cut or self._happens("lost", self.chance.lost):
            return
        for _ in range(2 if self._happens("doubled", self.chance.doubled) else 1):
            sent = data
            if self._happens("changed", self.chance.changed):
                at = self._dice.randrange(len(data) * 8)
                sent = data[: at // 8] + bytes((data[at // 8] ^ 1 << at % 8,)) + data[at // 8 + 1 :]
            self._count += 1
            due_s = self.now_s + self._dice.uniform(self.chance.least_s, self.chance.most_s)
            heapq.heappush(self._under_way, (due_s, self._count, to, sent))

    def go(self, now_s: float) -> None:
        """Let time pass until then: what is due arrives."""
        while self._under_way and self._under_way[0][0] <= now_s:
            self.now_s, _, to, data = heapq.heappop(self._under_way)
            if to in self.links:
                self.links[to].arrive(data)
        self.now_s = now_s

    def _happens(self, what: str, share: float) -> bool:
        happens = self._dice.random() < share
        self.happened[what] += happens
        return happens


class NetLink:
    """The link of one controller."""

    def __init__(self, net: Net, me: str) -> None:
        self.heard: Callable[[bytes], None] = lambda _data: None
        self._net = net
        self._me = me
        self._open = False
        self._dropped_out = self._dropped_in = 0

    def open(self) -> None:
        self._net.links[self._me] = self
        self._open = True

    def close(self) -> None:
        if self._net.links.get(self._me) is self:
            del self._net.links[self._me]
        self._open = False

    def send(self, to: str, data: bytes) -> None:
        if not self._open:
            self._dropped_out += 1
        else:
            self._net.put(self._me, to, data)

    def arrive(self, data: bytes) -> None:
        self.heard(data)

    def state(self) -> LinkState:
        return LinkState("open" if self._open else "opening", "", self._dropped_in, self._dropped_out)

    async def run(self) -> None:
        self.open()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            self.close()
