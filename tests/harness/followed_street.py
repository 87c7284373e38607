"""A street whose control follows people who are made up: where they are, what is seen of them, believed, and lit."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from agent.control.street import Output, StreetControl
from agent.services.cells import Sensor
from agent.services.lighting import Light, Radar
from agent.services.road_users import RoadUser
from street_levels import LEVELS, LIGHT

STEP_S = 0.1
SPACING_M = 30.0
IDEAL = Sensor("any", 0.0, reach_m=15.0, clears_s=0.0, delay_s=0.5, spread_s=0.1, blur_m=0.5)  # views that join
HEADS = Sensor("any", 0.0)  # as on a pole: gaps between views, seen for 5 s more


class Person:
    """Somebody at a place from a time on, at a speed that may be changed; they are seen only where they move or not."""

    def __init__(self, at_m: float, speed: float) -> None:
        self.at_m = at_m
        self.speed = speed


class FollowedStreet:
    """Lamps and sensors 30 m apart. `blind` sensors say that nobody is there, `faulty` ones are known not to work."""

    def __init__(
        self, kind: Sensor = IDEAL, lamps: int = 21, light: Light = LIGHT, radars: Sequence[Radar] = ()
    ) -> None:
        self.kind = kind
        self.places = [SPACING_M * lamp for lamp in range(lamps)]
        outputs = [Output(f"lum-{at_m:.0f}", at_m, device_safety=True) for at_m in self.places]
        sensors = [msgspec.structs.replace(kind, device=f"s{at_m:.0f}", position_m=at_m) for at_m in self.places]
        self.control = StreetControl(outputs, sensors, LEVELS, light, radars=radars, night=True)
        for radar in range(len(radars)):
            self.control.blind(radar, faulty=False)
        self.people: list[Person] = []
        self.blind: set[int] = set()
        self.faulty: set[int] = set()
        self.late_s: dict[int, float] = {}  # what is told by these sensors comes so much later
        self.now_s = 1000.0
        self._seen: list[list[tuple[float, bool]]] = [[] for _ in self.places]
        self.run(10.0)  # from boot to base

    def add(self, at_m: float, speed: float) -> Person:
        """Let somebody in."""
        person = Person(at_m, speed)
        self.people.append(person)
        return person

    def run(self, seconds: float) -> None:
        """Let time pass."""
        for _ in range(round(seconds / STEP_S)):
            self.now_s += STEP_S
            for person in self.people:
                person.at_m += person.speed * STEP_S
            for sensor, at_m in enumerate(self.places):
                seen = sensor not in self.blind and any(
                    abs(person.at_m - at_m) <= self.kind.reach_m for person in self.people
                )
                self._seen[sensor].append((self.now_s, seen))
                self.control.see(sensor, self._told(sensor), sensor in self.faulty, self.now_s)
            self.control.step(self.now_s)

    def _told(self, sensor: int) -> bool:
        """What is known now: what was seen a while ago, and for so long after."""
        known_s = self.now_s - self.kind.delay_s - self.late_s.get(sensor, 0.0)
        row = self._seen[sensor]
        while len(row) > 1 and row[1][0] < known_s - self.kind.clears_s:
            row.pop(0)
        return any(
            seen for at_s, seen in row if known_s - self.kind.clears_s - STEP_S / 2 <= at_s <= known_s + STEP_S / 2
        )

    def users(self) -> Sequence[RoadUser]:
        """Return who is believed to be there."""
        return self.control.road_users(self.now_s)

    def near(self, person: Person, within_m: float = 3.0) -> list[RoadUser]:
        """Return those of them who are where somebody is, and go their way."""
        return [
            user
            for user in self.users()
            if abs(user.position_m - person.at_m) <= within_m and user.velocity_m_per_s * person.speed >= 0.0
        ]

    def wanted(self, at_least_pct: float = 100.0) -> set[int]:
        """Return the lamps that are to give so much light."""
        return {lamp for lamp in range(len(self.places)) if self.control.kernel.target(lamp) >= at_least_pct}

    def nearest(self, at_m: float) -> set[int]:
        """Return the lamp that is nearest to a place."""
        return {min(range(len(self.places)), key=lambda lamp: abs(self.places[lamp] - at_m))}
