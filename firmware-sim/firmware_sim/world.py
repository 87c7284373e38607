"""The street in time: users come and go, sensors see them, lamps give what their drivers are told. Pure.

Times are seconds since the street began. Lamps stand 30 m apart from x = 0.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from firmware_sim.broken import Lamps
from firmware_sim.safety import SafetyChecker
from firmware_sim.schemes import ghosts
from firmware_sim.score import Presence, Score, need
from firmware_sim.traffic import WALK_M_PER_S, User, entering

LAMPS = 12
SPACING_M = 30.0
LENGTH_M = (LAMPS - 1) * SPACING_M
SENSOR_REACH_M = 10.0
DRIVER_SLEW_PER_S = 1 / 0.3  # a quick LED driver behind its 0-10 V input
DOORWAYS_M = (93.0, 217.0, 158.0, 272.0, 35.0)  # where somebody steps out who walks in by the key
MOST_USERS = 50  # a busy street has ten; more would make a step longer than the lines can wait


class World:
    """The street; `step` it with what the dimmers put out, then look."""

    def __init__(self, arrivals: Iterator[User], seed: int = 1) -> None:
        """`arrivals` in the order of their times; `seed` of which lamp breaks when nobody says which."""
        self.lamps_m = tuple(SPACING_M * lamp for lamp in range(LAMPS))
        self.names = tuple(f"lum-{lamp + 1:02}" for lamp in range(LAMPS))
        self.sensors_m = self.lamps_m
        self.lamps = Lamps(LAMPS, seed)
        self._driven = [0.0] * LAMPS
        self.levels = [0.0] * LAMPS
        self.score = Score("gadelys")
        self.ghosts = ghosts(self.lamps_m)
        self.checker = SafetyChecker(list(zip(self.names, self.lamps_m, strict=True)))
        self.users: list[User] = []
        self.passed = [0] * LAMPS
        self._arrivals = arrivals
        self._next = next(arrivals, None)
        self._number = 10_000  # of those who come by the key
        self._doorway = 0
        self._near: list[set[int]] = [set() for _ in range(LAMPS)]
        self.now_s = 0.0

    def step(self, now_s: float, outputs: Sequence[float], hour: float, *, night: bool) -> None:
        """Go on to `now_s` with these outputs of the dimmers (0..1 of 10 V); `hour` is the local time of day, 0..24."""
        dt_s = now_s - self.now_s
        self.now_s = now_s
        while self._next is not None and self._next.start_s <= now_s:
            self.add(self._next)
            self._next = next(self._arrivals, None)
        self.users = [user for user in self.users if not user.gone(now_s, LENGTH_M)]
        most = DRIVER_SLEW_PER_S * dt_s
        self._driven = [
            level + max(-most, min(most, output - level)) for level, output in zip(self._driven, outputs, strict=True)
        ]
        self.levels = self.lamps.light(self._driven, now_s)
        everyone = self.everyone()
        here = [user for user in everyone if 0.0 <= user.at_m <= LENGTH_M]
        self._count(here)
        needs = [need(user, self.lamps_m) for user in here] if night else []
        self.score.step(needs, self.levels, dt_s)
        for ghost in self.ghosts:
            ghost.step(everyone, needs, now_s, hour, dt_s, night=night)
        self.checker.step(everyone, self.levels, now_s, dt_s, night=night)

    def everyone(self) -> list[Presence]:
        """Who is on the street and its approaches now."""
        return [Presence(user.number, user.kind, user.at_m(self.now_s), user.speed_m_per_s) for user in self.users]

    def seen(self, sensor: int) -> bool:
        """Whether somebody moves within a sensor's reach."""
        return any(abs(user.at_m(self.now_s) - self.sensors_m[sensor]) <= SENSOR_REACH_M for user in self.users)

    def nearest_m(self, at_m: float) -> float | None:
        """How far from a place along the street whoever is nearest to it is; none if nobody is there."""
        return min((abs(user.at_m(self.now_s) - at_m) for user in self.users), default=None)

    def add(self, user: User) -> bool:
        """Let somebody in; false if the street is full and they turn away."""
        if len(self.users) >= MOST_USERS:
            return False
        self.users.append(user)
        return True

    def person_steps_out(self) -> User | None:
        """Somebody steps out of a doorway and walks; none if the street is full."""
        at_m = DOORWAYS_M[self._doorway % len(DOORWAYS_M)]
        speed = WALK_M_PER_S if self._doorway % 2 == 0 else -WALK_M_PER_S
        self._doorway += 1
        self._number += 1
        user = User(self._number, "person", self.now_s, at_m, speed)
        return user if self.add(user) else None

    def vehicle_enters(self) -> User | None:
        """A vehicle comes in from one end or the other; none if the street is full."""
        self._number += 1
        user = replace(
            entering(self._number, "vehicle", self.now_s, LENGTH_M, up=self._number % 2 == 1), start_s=self.now_s
        )
        return user if self.add(user) else None

    def power_w(self) -> float:
        """What all lamps draw now."""
        return sum(self.lamp_w(lamp) for lamp in range(LAMPS))

    def lamp_w(self, lamp: int) -> float:
        """What one lamp draws now."""
        return self.lamps.power_w(lamp, self.levels[lamp])

    def _count(self, here: Sequence[Presence]) -> None:
        for sensor, sensor_m in enumerate(self.sensors_m):
            near = {user.number for user in here if abs(user.at_m - sensor_m) <= SENSOR_REACH_M}
            self.passed[sensor] += len(near - self._near[sensor])
            self._near[sensor] = near


def in_order(*streams: Iterable[User]) -> Iterator[User]:
    """Several streams of users, each in the order of time, as one."""
    return heapq.merge(*streams, key=lambda user: user.start_s)
