"""One simulated street under three controllers that tell each other of road users, in one process and in virtual time."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator, Sequence

from agent.control.street import Output, StreetControl
from agent.neighbours.exchange import Controller, Exchange
from agent.neighbours.neighbour import Place
from agent.services.cells import Sensor
from firmware_sim.traffic import User
from firmware_sim.units.mtdx62 import Mtdx62
from firmware_sim.world import LAMPS, SPACING_M, World
from neighbour_net import Net, NetLink
from neighbour_poles import SEAL, SILENT_AFTER_S
from street_levels import DEMO_LEVELS, LIGHT

STEP_S = 0.05
POLL_S = 0.45  # a line's round over its radars
WRITE_S = 0.1  # from the kernel's level to the module's output
HOUR = 21.5
PARTS = ((0, 4), (4, 6), (6, 12))  # lamps, from and up to


class Part:
    """A controller with its lamps, each with a radar. Its positions begin at its first lamp, its clock anywhere."""

    def __init__(self, net: Net, number: int, world: World, *, linked: bool) -> None:
        self.id = f"pole-{number}"
        self.lamps = range(*PARTS[number])
        self._net = net
        zero_m = SPACING_M * self.lamps.start
        self._dice = random.Random(number)
        self._ahead_s = self._dice.uniform(0, 1e6)
        self.control = StreetControl(
            [Output(world.names[lamp], world.lamps_m[lamp] - zero_m, device_safety=True) for lamp in self.lamps],
            [Sensor(f"radar-{lamp}", world.sensors_m[lamp] - zero_m) for lamp in self.lamps],
            DEMO_LEVELS,
            LIGHT,
            night=True,
        )
        places = [
            Place(f"pole-{other}", 1 if other > number else -1, SPACING_M * PARTS[other][0] - zero_m)
            for other in (number - 1, number + 1)
            if 0 <= other < len(PARTS)
        ]
        self.link = NetLink(net, self.id)
        self.exchange = Exchange(
            Controller(self.id, 0.0, SPACING_M * (len(self.lamps) - 1), LIGHT.sight_m),
            places,
            self.control,
            silent_after_s=SILENT_AFTER_S,
            sees=lambda _end: True,
            random=lambda: self._dice.getrandbits(64),
            send=self.link.send,
            event=lambda _name, **_keys: None,
            now_s=self.now_s,
        )
        self.exchange.seal = SEAL
        self.link.heard = self._heard
        self._next_s = -1.0
        if linked:
            self.link.open()

    @property
    def now_s(self) -> float:
        return self._net.now_s + self._ahead_s

    def see(self, lamp: int, *, present: bool) -> None:
        if self.control.see(lamp - self.lamps.start, present, faulty=False, now_s=self.now_s):
            self._next_s = self.now_s

    def step(self, wanted: list[float]) -> None:
        for lamp, level_pct in self.control.step(self.now_s):
            wanted[self.lamps.start + lamp] = level_pct / 100
        if self.now_s >= self._next_s:
            self._next_s, _ = self.exchange.step(self.now_s)

    def _heard(self, data: bytes) -> None:
        if self.exchange.heard(data, self.now_s):
            self._next_s = self.now_s


class PartedStreet:
    """12 lamps under three controllers. `run` it, then ask the world's judges."""

    def __init__(self, users: Iterator[User], net: Net, *, linked: bool = True) -> None:
        self.world = World(users)
        self.world.levels = [1.0] * LAMPS
        self.net = net
        self.parts = [Part(net, number, self.world, linked=linked) for number in range(len(PARTS))]
        self.radars = [Mtdx62(lamp + 1) for lamp in range(LAMPS)]
        self.dead: set[int] = set()  # parts whose controller is gone: the units go to the class level
        self._polled = 0.0
        self._wanted = [1.0] * LAMPS
        self._on_the_way: deque[tuple[float, list[float]]] = deque()
        self._out = [1.0] * LAMPS

    def run(self, seconds: float) -> Iterator[Sequence[float]]:
        """Let time pass; after each step come the levels of the lamps, 0..1."""
        for _ in range(round(seconds / STEP_S)):
            self.net.go(self.net.now_s + STEP_S)
            now_s = self.net.now_s
            self.world.step(now_s, self._out, HOUR, night=True)
            for lamp, radar in enumerate(self.radars):
                if self.world.seen(lamp):
                    radar.movement(now_s)
            before, self._polled = self._polled, now_s / POLL_S * LAMPS
            for turn in range(int(before) + 1, int(self._polled) + 1):
                self._part(turn % LAMPS).see(turn % LAMPS, present=self.radars[turn % LAMPS].present(now_s))
            for number, part in enumerate(self.parts):
                if number not in self.dead:
                    part.step(self._wanted)
                else:
                    self._wanted[part.lamps.start : part.lamps.stop] = [1.0] * len(part.lamps)
            self._on_the_way.append((now_s + WRITE_S, list(self._wanted)))
            while self._on_the_way and self._on_the_way[0][0] <= now_s:
                self._out = self._on_the_way.popleft()[1]
            yield self.world.levels

    def _part(self, lamp: int) -> Part:
        return next(part for part in self.parts if lamp in part.lamps)
