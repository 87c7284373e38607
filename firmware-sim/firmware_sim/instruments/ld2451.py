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
    """`vehicles`: who is there. It sees those that go at least `slowest_km_per_h`."""

    baud = 115_200
    interval_s = 0.1

    def __init__(self, vehicles: tuple[Vehicle, ...] = (), *, now_s: float = 0.0) -> None:
        self.vehicles = vehicles
        self.farthest_m = FARTHEST_M
        self.slowest_km_per_h = 5.0
        self.alive = True
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
                out += self._report()
        return out if self.alive else b""

    def next_s(self) -> float:
        """Return when it says something next."""
        return min(self._next_s, self._commands.next_s())

    def seen(self) -> list[Vehicle]:
        """Who it reports, the nearest first."""
        seen = [
            vehicle
            for vehicle in self.vehicles
            if 0 < vehicle.distance_m <= self.farthest_m and 3.6 * abs(vehicle.nearing_m_per_s) >= self.slowest_km_per_h
        ]
        return sorted(seen, key=lambda vehicle: vehicle.distance_m)[:MOST]

    def _report(self) -> bytes:
        seen = self.seen()
        if not seen:
            return packed(b"")
        body = bytes((len(seen), int(any(vehicle.nearing_m_per_s > 0 for vehicle in seen))))
        for vehicle in seen:
            body += bytes(
                (
                    0x80 + round(vehicle.angle_deg),
                    round(vehicle.distance_m),
                    int(vehicle.nearing_m_per_s > 0),
                    min(round(3.6 * abs(vehicle.nearing_m_per_s)), 255),
                    20,
                )
            )
        return packed(body)

    def _answered(self, word: int, value: bytes) -> bytes | None:
        if word == 0x12:
            return bytes((0, 0, round(self.farthest_m), 1, round(self.slowest_km_per_h), 2))
        if word == 0x02 and len(value) == 4:
            self.farthest_m, self.slowest_km_per_h = float(value[0]), float(value[2])
            return bytes(2)
        if word == 0xA0:
            return bytes((0, 0, 0x51, 0x24, 0x01, 0x01, 0x09, 0x10, 0x07, 0x24))
        return bytes((1, 0))
