"""HLK-LD2451: a report ten times a second of the vehicles that it sees, to 100 m."""

from __future__ import annotations

from dataclasses import dataclass

from firmware_sim.instruments.hilink import Commands
from firmware_sim.instruments.ld2410 import packed

FARTHEST_M = 100.0
MOST = 5


@dataclass(frozen=True, slots=True)
class Vehicle:
    """How far away, how fast it comes nearer (below 0: goes away), degrees to the right of straight ahead."""

    distance_m: float
    nearing_m_per_s: float
    angle_deg: float = 0.0


class Ld2451:
    """`vehicles`: who is there. It sees those that go at least `slowest_km_per_h`.

    `direction`: whom it reports: 0 who goes away, 1 who comes nearer, 2 both. `hold_s`: the alarm stays for so long.
    `heartbeats` false: it says nothing at all while it sees nobody, as some do.
    """

    baud = 115_200
    interval_s = 0.1

    def __init__(self, vehicles: tuple[Vehicle, ...] = (), *, now_s: float = 0.0) -> None:
        self.vehicles = vehicles
        self.farthest_m = FARTHEST_M
        self.slowest_km_per_h = 5.0
        self.direction = 2
        self.hold_s = 2.0
        self.heartbeats = True
        self.alive = True
        self._alarm_until_s = now_s
        self._next_s = now_s + self.interval_s
        self._commands = Commands(self._answered)

    def arrived(self, data: bytes, now_s: float) -> None:
        """Take commands."""
        if self.alive:
            self._commands.arrived(data, now_s)

    def due(self, now_s: float) -> bytes:
        """Return what it says now."""
        out = self._commands.due(now_s)
        if now_s >= self._next_s:
            self._next_s += self.interval_s * (1 + (now_s - self._next_s) // self.interval_s)
            if not self._commands.enabled:
                out += self._report(now_s)
        return out if self.alive else b""

    def next_s(self) -> float:
        """Return when it says something next."""
        return min(self._next_s, self._commands.next_s())

    def seen(self) -> list[Vehicle]:
        """Who it reports, the nearest first."""
        seen = [
            vehicle
            for vehicle in self.vehicles
            if 0 < vehicle.distance_m <= self.farthest_m
            and 3.6 * abs(vehicle.nearing_m_per_s) >= self.slowest_km_per_h
            and self.direction in {2, int(vehicle.nearing_m_per_s > 0)}
        ]
        return sorted(seen, key=lambda vehicle: vehicle.distance_m)[:MOST]

    def _report(self, now_s: float) -> bytes:
        seen = self.seen()
        if any(vehicle.nearing_m_per_s > 0 for vehicle in seen):
            self._alarm_until_s = now_s + self.hold_s
        if not seen:
            return packed(b"") if self.heartbeats else b""
        body = bytes((len(seen), int(now_s < self._alarm_until_s)))
        for vehicle in seen:
            angle_deg = min(max(round(vehicle.angle_deg), -90), 90)
            speed_km_per_h = min(round(3.6 * abs(vehicle.nearing_m_per_s)), 255)
            nearer = int(vehicle.nearing_m_per_s > 0)
            body += bytes((0x80 + angle_deg, round(vehicle.distance_m), nearer, speed_km_per_h, 20))
        return packed(body)

    def _answered(self, word: int, value: bytes) -> bytes | None:
        if word == 0x12:
            set_to = (self.farthest_m, self.direction, self.slowest_km_per_h, self.hold_s)
            return bytes(2) + bytes(min(round(number), 255) for number in set_to)
        if word == 0x02 and len(value) == 4 and value[1] <= 2:
            self.farthest_m, self.slowest_km_per_h = float(min(max(value[0], 10), 100)), float(min(value[2], 120))
            self.direction, self.hold_s = value[1], float(value[3])
            return bytes(2)
        if word == 0x13:
            return bytes((0, 0, 1, 4, 0, 0))
        if word == 0xA0:
            return bytes((0, 0, 0x51, 0x24, 0x01, 0x01, 0x09, 0x10, 0x07, 0x24))
        return bytes((1, 0))
