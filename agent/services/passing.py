"""Whose edge is it: who has come into a cell, and who has left it, when presence in it begins or ends. Pure."""

from __future__ import annotations

from math import inf, log

from agent.services.cells import Cell, Cells, Edge
from agent.services.crowd import Crowd
from agent.services.tracks import FASTEST_M_PER_S, SLOWEST_M_PER_S, Track

GATE = 3.5  # deviations: who is farther off than that is somebody else
_NEWCOMER = GATE * GATE  # cost above which it is rather somebody new
LATE_S = 2.0  # an edge may be told so late: a lost message is made good by the next one
_LATE = 4.0  # cost of that
_ODD_SPEED = 10.0  # cost of having come from the cell before at a speed that nobody expected
_ALONE = 12.0  # cost of having left a cell that goes on seeing somebody, though nobody else is known in it


def who_came(edge: Edge, cells: Cells, crowd: Crowd) -> Track | None:
    """Return who came into a cell where nobody was; none if it was nobody who is known."""
    best, least = None, inf
    for track in crowd.tracks:
        cost = _entry_cost(track, edge, cells, crowd)
        if cost < _NEWCOMER:
            # Of two who may have come now it is rather the one whose time was known better.
            var = track.ahead(edge.at_s)[1] + cells.row[edge.cell].blur(track.velocity)
            cost += log(var / max(track.velocity * track.velocity, 0.1))
            if cost < least:
                best, least = track, cost
    return best if best is not None or crowd.may_be_new(edge) else _who_was_next_to_it(edge, cells, crowd)


def _who_was_next_to_it(edge: Edge, cells: Cells, crowd: Crowd) -> Track | None:
    """Return who came if nobody new can have: of those last seen in a cell beside it the nearest, however fast that is."""
    cell, found = cells.row[edge.cell], []
    for track in crowd.tracks:
        left = cells.at(edge.cell - track.direction)
        if track.direction and left is not None and _could_come(track, edge, left, cell):
            found.append((abs(cell.before(track.direction) - track.ahead(edge.at_s)[0]), track.user, track))
    return min(found)[2] if found else None


def _entry_cost(track: Track, edge: Edge, cells: Cells, crowd: Crowd) -> float:
    cell, direction = cells.row[edge.cell], track.direction
    x_m, var = track.ahead(edge.at_s)
    if not direction:
        if cell.holds(x_m):
            return 1.0
        off_m = min(abs(cell.low_m - x_m), abs(cell.high_m - x_m))
        return off_m * off_m / var + 2.0
    early_m = (cell.before(direction) - x_m) * direction
    cost = early_m * early_m / (var + cell.blur(track.velocity))
    if cost > _LATE and 0.0 > early_m > -abs(track.velocity) * LATE_S:
        cost = _LATE
    left = cells.at(edge.cell - direction)
    if left is None:
        return cost
    joins = left.joins(cell, direction)
    if joins and left.present and track.fixes == 1 and crowd.alone(track, left, edge.at_s):
        return cost + _ALONE
    if cost > _ODD_SPEED and not (joins and left.present) and _could_come(track, edge, left, cell):
        return _ODD_SPEED
    return cost


def _could_come(track: Track, edge: Edge, left: Cell, cell: Cell) -> bool:
    """Whether somebody who was last seen in the cell before can be here at a speed that there is."""
    if not left.holds(track.fix_m, 1.0):
        return False
    after_s = edge.at_s - track.fix_s
    away_m = (cell.before(track.direction) - track.fix_m) * track.direction
    fastest = FASTEST_M_PER_S if track.fixes == 1 else 2.5 * abs(track.velocity)
    return away_m > 1.0 and SLOWEST_M_PER_S * after_s <= away_m <= fastest * after_s


class Leavers:
    """Who has left a cell in which nobody is any more, and who should still be in it but cannot be."""

    def __init__(self, edge: Edge, cells: Cells, crowd: Crowd) -> None:
        self.left: list[Track] = []
        self.lost: list[Track] = []
        self._edge, self._cell = edge, cells.row[edge.cell]
        passed: list[tuple[float, Track]] = []
        told = False  # whoever left has been seen to come into the next cell
        for track in crowd.tracks:
            if not track.direction:
                if self._cell.holds(track.x_m):
                    self.lost.append(track)
                continue
            border_m = self._cell.beyond(track.direction)
            before_s = abs(track.fix_s - edge.at_s)
            if abs(track.fix_m - border_m) < 1.0 and before_s < LATE_S:
                told = told or before_s < 2 * self._cell.sensor.spread_s + 0.1
            elif track.fix_s <= edge.at_s:  # of who was seen elsewhere since then it says nothing new
                self._sort(track, border_m, passed)
        if not told and not self.left and passed:
            self.left.append(min(passed, key=lambda found: found[0])[1])

    def took_along(self, track: Track) -> bool:
        """Whether what else is assumed of the same newcomer explains that they are gone."""
        return any(other.family == track.family for other in self.left)

    def _sort(self, track: Track, border_m: float, passed: list[tuple[float, Track]]) -> None:
        direction = track.direction
        x_m, var = track.ahead(self._edge.at_s)
        inside_m = (border_m - x_m) * direction
        entered_m = (x_m - self._cell.before(direction)) * direction
        z2 = inside_m * inside_m / (var + self._cell.blur(track.velocity))
        if z2 > _NEWCOMER:
            if inside_m > 0.0 and entered_m > 3.0 * var**0.5 + 0.3 * abs(track.velocity) + 0.5:
                self.lost.append(track)
        elif inside_m <= 0.0:
            if track.fix_s < self._edge.at_s - 0.1:
                passed.append((z2, track))
        elif entered_m > -3.0:
            self.left.append(track)
