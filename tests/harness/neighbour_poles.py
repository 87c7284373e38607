"""Poles that speak to each other in virtual time, each with a clock of its own; in place of their light, what they heard."""

from __future__ import annotations

import random
from typing import Literal

from agent.neighbours.exchange import Controller, Exchange
from agent.neighbours.message import Seal
from agent.neighbours.neighbour import Place
from agent.services.road_users import RoadUser
from neighbour_net import Net, NetLink

End = Literal[-1, 1]

STEP_S = 0.02
SILENT_AFTER_S = 2.0
SEAL = Seal(b"a secret of thirty-two characters", "albertslund")
PART_M = 120.0  # of street a pole


class Told:
    """In place of the street's control: who is there is set by hand, who was announced can be looked at."""

    def __init__(self) -> None:
        self.users: list[RoadUser] = []
        self.announced: list[tuple[RoadUser, float]] = []
        self.silent: dict[End, bool] = {}

    def road_users(self, _now_s: float) -> list[RoadUser]:
        return self.users

    def announce(self, user: RoadUser, until_s: float) -> None:
        self.announced.append((user, until_s))

    def seam(self, end: End, *, silent: bool) -> None:
        self.silent[end] = silent


class Pole:
    """One controller: pole number n has lamps from 0 to 90 m of its own coordinate, which begins at n * 120 m."""

    def __init__(self, net: Net, number: int, of: int, *, seal: Seal | None = SEAL, begun: int = 0) -> None:
        self.id = f"pole-{number}"
        self.net = net
        self.street = Told()
        self.events: list[tuple[str, dict[str, object]]] = []
        self.blind: set[End] = set()
        self.link = NetLink(net, self.id)
        self._dice = random.Random(1000 * number + begun)
        self._ahead_s = self._dice.uniform(0, 1e6)  # monotonic clocks of two boards have nothing in common
        places = [
            Place(f"pole-{other}", 1 if other > number else -1, PART_M * (other - number))
            for other in (number - 1, number + 1)
            if 0 <= other < of
        ]
        self.exchange = Exchange(
            Controller(self.id, 0.0, 90.0, 120.0),
            places,
            self.street,
            silent_after_s=SILENT_AFTER_S,
            sees=lambda end: end not in self.blind,
            random=lambda: self._dice.getrandbits(64),
            send=self.link.send,
            event=lambda name, **keys: self.events.append((name, keys)),
            now_s=self.now_s,
        )
        self.exchange.seal = seal
        self._next_s = self.now_s
        self.link.heard = self._heard
        self.link.open()

    @property
    def now_s(self) -> float:
        return self.net.now_s + self._ahead_s

    def own_s(self, net_s: float) -> float:
        """Return a time of the net by this pole's clock."""
        return net_s + self._ahead_s

    def step(self) -> None:
        if self.now_s >= self._next_s:
            self._next_s, _ = self.exchange.step(self.now_s)

    def nudge(self) -> None:
        self._next_s = self.now_s

    def sees(
        self, user: int, position_m: float, velocity_m_per_s: float, kind: Literal["vehicle", "pedestrian"]
    ) -> None:
        """Somebody is here, now; and nobody else."""
        self.street.users = [RoadUser(user, kind, position_m, velocity_m_per_s, 1.0, self.now_s, 0.9)]
        self.nudge()

    def state(self, other: str) -> str:
        return self.exchange.neighbours[other].state

    def refused(self, other: str) -> dict[str, int]:
        """What was refused of a neighbour, but for what happens at each start."""
        return {why: n for why, n in self.exchange.neighbours[other].refused.items() if why != "unacquainted"}

    def until_s(self) -> float:
        """Return until when the last one who was announced counts, in seconds from now."""
        return self.street.announced[-1][1] - self.now_s

    def _heard(self, data: bytes) -> None:
        if self.exchange.heard(data, self.now_s):
            self.nudge()


def row(net: Net, count: int) -> list[Pole]:
    return [Pole(net, number, count) for number in range(count)]


def run(net: Net, poles: list[Pole], seconds: float) -> None:
    """Let time pass."""
    for _ in range(round(seconds / STEP_S)):
        net.go(net.now_s + STEP_S)
        for pole in poles:
            pole.step()
