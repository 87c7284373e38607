"""What presence sensors see: the cells of a street, and when presence in them begins and ends. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import msgspec

TOUCH_M = 1.0  # views closer than that join: who leaves one is at once in the other
_DOUBTS = 2  # a sensor that missed so many road users in a row, who were then seen beside it, is blind


class Sensor(msgspec.Struct, frozen=True):
    """A presence sensor of this street: its device and where it stands, in metres; and what is known of its kind.

    It sees `reach_m` to either side and goes on seeing for `clears_s` after the last movement. What it sees is known `delay_s`
    later on average, give or take `spread_s` (entry delay, poll, message); where its view ends is known to `blur_m`.
    """

    device: str
    position_m: float
    reach_m: float = 10.0  # what common radar and PIR heads see along a street from a pole
    clears_s: float = 5.0
    delay_s: float = 0.35
    spread_s: float = 0.15
    blur_m: float = 1.0


class Edge(msgspec.Struct, frozen=True):
    """Presence in a cell began or ended, at `at_s` as far as is known. A cell is a place in the row of cells."""

    cell: int
    rises: bool
    at_s: float


class Cell:
    """The view of one sensor: what it says and since when; when a road user who is known was last in it."""

    __slots__ = (
        "changed_s",
        "doubts",
        "explained_s",
        "faulty",
        "high_m",
        "low_m",
        "present",
        "said",
        "said_s",
        "sensor",
    )

    def __init__(self, sensor: Sensor) -> None:
        self.sensor = sensor
        self.low_m = sensor.position_m - sensor.reach_m
        self.high_m = sensor.position_m + sensor.reach_m
        self.faulty = True
        self.doubts = 0
        self.forget()

    def forget(self) -> None:
        """Take that nobody has been seen."""
        self.said = self.present = False  # what the sensor says, and what of that has been made use of
        self.said_s = self.changed_s = -inf  # when that became known, and when it changed on the street
        self.explained_s = -inf

    @property
    def blind(self) -> bool:
        """Whether what the sensor does not see means nothing: it is faulty, or it has missed too many."""
        return self.faulty or self.doubts >= _DOUBTS

    def before(self, direction: int) -> float:
        """Return where who goes in a direction comes in, in metres."""
        return self.low_m if direction > 0 else self.high_m

    def beyond(self, direction: int) -> float:
        """Return where who goes in a direction leaves, in metres."""
        return self.high_m if direction > 0 else self.low_m

    def holds(self, place_m: float, more_m: float = 0.0) -> bool:
        """Whether a place lies in it, or no more than so far off."""
        return self.low_m - more_m < place_m < self.high_m + more_m

    def masked(self, at_s: float) -> bool:
        """Whether it saw somebody at a time anyway, so that nobody else can be seen to come. Of its latest change alone."""
        if self.present:
            return self.changed_s <= at_s
        return at_s <= self.changed_s + self.sensor.clears_s

    def joins(self, other: Cell, direction: int) -> bool:
        """Whether who leaves it in a direction is at once in another one, and both say so at once."""
        return (other.before(direction) - self.beyond(direction)) * direction < TOUCH_M and self.sensor.clears_s < 1.0

    def blur(self, velocity_m_per_s: float) -> float:
        """Return the variance of where somebody at that speed is when presence begins or ends, in m2."""
        in_time_m = self.sensor.spread_s * velocity_m_per_s
        return self.sensor.blur_m * self.sensor.blur_m + in_time_m * in_time_m + 0.01


class Cells:
    """All cells of a street in the order of their places."""

    def __init__(self, sensors: Sequence[Sensor]) -> None:
        order = sorted(range(len(sensors)), key=lambda i: (sensors[i].position_m, i))
        self.row = [Cell(sensors[i]) for i in order]
        self.lows_m = [cell.low_m for cell in self.row]
        self.highs_m = [cell.high_m for cell in self.row]
        self.delay_s = max((sensor.delay_s for sensor in sensors), default=0.0)
        self._place = {sensor: place for place, sensor in enumerate(order)}
        self._news: set[int] = set()

    def see(self, sensor: int, *, present: bool, faulty: bool, now_s: float) -> bool:
        """Take what a sensor says now. `faulty`: it is silent, stale or bad, and not believed. True if that has changed."""
        place = self._place[sensor]
        cell = self.row[place]
        changed = faulty is not cell.faulty
        cell.faulty = faulty
        said = present and not faulty
        if said is not cell.said:
            cell.said, cell.said_s = said, now_s
            self._news.add(place)
        return changed

    def edges(self) -> list[Edge]:
        """Return what began and ended since the last call, beginnings first. A cell that came and went says nothing.

        Where a sensor became faulty nothing ended: nobody knows.
        """
        found = []
        for place in sorted(self._news):
            cell = self.row[place]
            if cell.said is not cell.present:
                cell.present = cell.said
                cell.changed_s = cell.said_s - cell.sensor.delay_s - (0.0 if cell.said else cell.sensor.clears_s)
                if cell.said:
                    cell.doubts = 0
                if not cell.faulty:
                    found.append(Edge(place, cell.present, cell.changed_s))
        self._news.clear()
        return sorted(found, key=lambda edge: not edge.rises)

    def at(self, place: int) -> Cell | None:
        """Return a cell of the row; none beyond its ends."""
        return self.row[place] if 0 <= place < len(self.row) else None

    def forget(self) -> None:
        """Take that nobody has been seen anywhere; what sensors say next is news."""
        for cell in self.row:
            cell.forget()
        self._news.clear()
