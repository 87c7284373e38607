"""What presence sensors see: cells of the street, and the edges of presence in them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import msgspec


class Sensor(msgspec.Struct, frozen=True):
    """A presence sensor of this street: its device and where it stands, in metres, and what is known of its kind.

    It sees `reach_m` to either side and goes on seeing for `clears_s` after the last movement. What it says is known
    `late_s` later on average, give or take `spread_s`; where its view ends is known to `blur_m`.
    """

    device: str
    position_m: float
    reach_m: float = 10.0  # along the street, from a pole: radar and PIR heads
    clears_s: float = 5.0
    late_s: float = 0.35
    spread_s: float = 0.15
    blur_m: float = 1.0


class Edge(msgspec.Struct, frozen=True):
    """Presence in a cell began or ended, at `at_s` as far as is known."""

    cell: int
    rises: bool
    at_s: float


class Cell:
    """The view of one sensor: what it says, since when, and when a known road user was last in it."""

    __slots__ = ("changed_s", "explained_s", "faulty", "high_m", "low_m", "present", "said", "said_s", "sensor", "trusted_s")

    def __init__(self, sensor: Sensor) -> None:
        self.sensor = sensor
        self.low_m = sensor.position_m - sensor.reach_m
        self.high_m = sensor.position_m + sensor.reach_m
        self.faulty = True
        self.said = False  # what the sensor says
        self.said_s = -inf  # since when
        self.present = False  # what of that has been made use of
        self.changed_s = -inf  # when that changed on the street
        self.explained_s = -inf  # when a road user that is known was last in it
        self.trusted_s = inf  # since when its sensor is believed

    def before(self, direction: int) -> float:
        """Return where who goes in a direction comes in, in metres."""
        return self.low_m if direction > 0 else self.high_m

    def beyond(self, direction: int) -> float:
        """Return where who goes in a direction leaves, in metres."""
        return self.high_m if direction > 0 else self.low_m

    def was_present(self, at_s: float) -> bool:
        """Whether somebody was in it at a time; of the latest change alone."""
        return self.present if self.changed_s <= at_s else not self.present


class Cells:
    """All cells of a street in the order of their places."""

    def __init__(self, sensors: Sequence[Sensor]) -> None:
        self.order = sorted(range(len(sensors)), key=lambda i: (sensors[i].position_m, i))
        self.row = [Cell(sensors[i]) for i in self.order]
        self._place = {sensor: place for place, sensor in enumerate(self.order)}
        self.lows_m = [cell.low_m for cell in self.row]
        self.highs_m = [cell.high_m for cell in self.row]
        self._news: set[int] = set()

    def see(self, sensor: int, present: bool, faulty: bool, now_s: float) -> None:
        """Take what a sensor says now. `faulty`: it is silent, stale or bad, and what it says is not believed."""
        place = self._place[sensor]
        cell = self.row[place]
        if faulty != cell.faulty:
            cell.faulty = faulty
            cell.trusted_s = inf if faulty else now_s
        said = present and not faulty
        if said is not cell.said:
            cell.said, cell.said_s = said, now_s
            self._news.add(place)

    def edges(self) -> list[Edge]:
        """Return what began and ended since the last call, beginnings first. A cell that came and went says nothing."""
        found = []
        for place in sorted(self._news):
            cell = self.row[place]
            if cell.said is cell.present:
                continue
            cell.present = cell.said
            sensor = cell.sensor
            at_s = cell.said_s - sensor.late_s - (0.0 if cell.said or cell.faulty else sensor.clears_s)
            cell.changed_s = at_s
            if not cell.faulty:
                found.append(Edge(place, cell.present, at_s))
        self._news.clear()
        return sorted(found, key=lambda edge: not edge.rises)
