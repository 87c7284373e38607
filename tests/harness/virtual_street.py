"""The simulated street and the agent's control in one process and in virtual time: no wire, but its delays."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta

from agent.control.street import Output, StreetControl
from agent.services.cells import Sensor
from firmware_sim.street import arrivals
from firmware_sim.traffic import User
from firmware_sim.units.mtdx62 import Mtdx62
from firmware_sim.world import LAMPS, World
from street_levels import DEMO_LEVELS, LIGHT

STEP_S = 0.05
POLL_S = 0.45  # the field line's round over eleven radars
WRITE_S = 0.1  # from the kernel's level to the module's output
BEGIN = datetime.fromisoformat("2026-11-20T21:30+01:00")


class VirtualStreet:
    """12 lamps with a radar each, polled in turn; `dead` radars are known to be so."""

    def __init__(self, users: Iterator[User] | None = None, begin: datetime = BEGIN) -> None:
        self.begin = begin
        self.world = World(arrivals(begin) if users is None else users)
        self.world.levels = [1.0] * LAMPS
        outputs = [
            Output(name, at_m, device_safety=True)
            for name, at_m in zip(self.world.names, self.world.lamps_m, strict=True)
        ]
        sensors = [Sensor(f"radar-{n}", at_m) for n, at_m in enumerate(self.world.sensors_m)]
        self.control = StreetControl(outputs, sensors, DEMO_LEVELS, LIGHT, night=True)
        self.radars = [Mtdx62(n + 1) for n in range(LAMPS)]
        self.dead: set[int] = set()
        self.now_s = 0.0
        self._polled = 0.0
        self._wanted = [1.0] * LAMPS
        self._on_the_way: deque[tuple[float, list[float]]] = deque()
        self._out = [1.0] * LAMPS

    def run(self, seconds: float) -> None:
        """Let time pass."""
        for _ in range(round(seconds / STEP_S)):
            self.now_s += STEP_S
            local = self.begin + timedelta(seconds=self.now_s)
            self.world.step(self.now_s, self._out, local.hour + local.minute / 60, night=True)
            for place, radar in enumerate(self.radars):
                if self.world.seen(place):
                    radar.movement(self.now_s)
            before, self._polled = self._polled, self.now_s / POLL_S * LAMPS
            for turn in range(int(before) + 1, int(self._polled) + 1):
                place = turn % LAMPS
                self.control.see(place, self.radars[place].present(self.now_s), place in self.dead, self.now_s)
            for lamp, level_pct in self.control.step(self.now_s):
                self._wanted[lamp] = level_pct / 100
            self._on_the_way.append((self.now_s + WRITE_S, list(self._wanted)))
            while self._on_the_way and self._on_the_way[0][0] <= self.now_s:
                self._out = self._on_the_way.popleft()[1]
