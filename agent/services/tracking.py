"""The tracker: from the edges of presence in the cells of a street to road users with position, speed and direction. Pure.

Both edges of presence tell where somebody is: at a border of the cell. Who is known is expected at the next border; who is
not is a newcomer, for whom a vehicle and a walker are assumed until one of the two is seen to be wrong. In a cell in which
somebody already is nobody else can be seen to come or go: road users go on there as they went.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from math import inf, isfinite, log

from agent.services.cells import Cell, Cells, Edge
from agent.services.road_users import RoadUser
from agent.services.tracks import (
    DRIVING_M_PER_S,
    DRIVING_SPREAD,
    FASTEST_M_PER_S,
    SLOWEST_M_PER_S,
    WALKING_M_PER_S,
    WALKING_SPREAD,
    Track,
)

MOST_TRACKS = 96
CHECK_S = 0.2  # how often tracks are held against cells in which nothing began or ended
GATE = 3.5  # deviations: what is farther off is somebody else
_NEWCOMER = GATE * GATE  # costs as much as somebody who is so far off
_LATE_S = 2.0  # an edge may be told so late: a lost message is made good by the next one
_UNSEEN = 5.0  # cost of having passed through a cell that works and saw nobody
_ALONE = 8.0  # cost of having left a cell that goes on seeing somebody, though nobody else is known in it
_LOST_M = 20.0  # a vehicle that is assumed and of which no more is known than that
_ROUNDING_S = 0.6  # a cell may see so much longer than who is known explains


class Tracker:
    """Road users of one street. Give it edges and the time; read `tracks`."""

    def __init__(self, cells: Cells, limit_m_per_s: float, hold_s: float) -> None:
        self.cells = cells
        self.tracks: list[Track] = []
        self.gone: list[Track] = []  # since somebody emptied it
        self._row = cells.row
        self._limit = limit_m_per_s
        self._hold_s = hold_s
        self._users = 0
        self._check_s = -inf
        self._late_s = max((cell.sensor.late_s for cell in self._row), default=0.0)

    # ---- Edges -------------------------------------------------------------------------------------------------------

    def step(self, now_s: float) -> None:
        """Make use of what sensors said since the last step."""
        edges = self.cells.edges()
        for edge in edges:
            if edge.rises:
                self._rise(edge, now_s)
            else:
                self._fall(edge, now_s)
        if edges or now_s >= self._check_s:
            self._check_s = now_s + CHECK_S
            self._check(now_s)

    def _rise(self, edge: Edge, now_s: float) -> None:
        cell = self._row[edge.cell]
        best, least = None, inf
        for track in self.tracks:
            cost = self._entry_cost(track, edge, cell)
            if cost < _NEWCOMER:
                # Of two who may have come now, it is rather the one whose time was known better.
                var = track.ahead(edge.at_s)[1] + self._blur(cell, track.velocity)
                cost += log(var / max(track.velocity * track.velocity, 0.1))
                if cost < least:
                    best, least = track, cost
        if best is None:
            self._newcomer(edge, now_s)
            return
        direction = best.direction
        if not direction:
            if cell.low_m < best.x_m < cell.high_m:
                best.ends_s = inf  # they stood, and move again
                return
            self._set_off(best, edge, cell, now_s)
            return
        border_m = cell.before(direction)
        best.fix(border_m, self._blur(cell, best.velocity), edge.at_s, GATE - 1)
        self._settle(best)

    def _entry_cost(self, track: Track, edge: Edge, cell: Cell) -> float:
        x_m, var = track.ahead(edge.at_s)
        direction = track.direction
        if not direction:
            if cell.low_m < x_m < cell.high_m:
                return 1.0
            off_m = min(abs(cell.low_m - x_m), abs(cell.high_m - x_m))
            return off_m * off_m / var + 2.0
        off_m = (cell.before(direction) - x_m) * direction  # > 0: they are early
        cost = off_m * off_m / (var + self._blur(cell, track.velocity))
        if cost > 6.0 and 0.0 > off_m > -abs(track.velocity) * _LATE_S:
            cost = 6.0
        left = self._row[edge.cell - direction] if 0 <= edge.cell - direction < len(self._row) else None
        if left is None or not self._touch(left, cell, direction):
            if cost > 10.0 and self._could_come(track, edge, cell):
                cost = 10.0
            return cost
        alone = left.present and self._alone(track, left, edge.at_s)
        if track.fixes == 1 and alone:
            cost += _ALONE
        elif cost > 10.0 and not left.present and self._could_come(track, edge, cell):
            cost = 10.0
        return cost

    def _could_come(self, track: Track, edge: Edge, cell: Cell) -> bool:
        """Whether somebody who was seen in the cell before can be here at a speed that there is."""
        direction = track.direction
        place = edge.cell - direction
        if not 0 <= place < len(self._row) or not self._row[place].low_m - 1 <= track.fix_m <= self._row[place].high_m + 1:
            return False
        after_s = edge.at_s - track.fix_s
        away_m = (cell.before(direction) - track.fix_m) * direction
        fastest = FASTEST_M_PER_S if track.fixes == 1 else 2.5 * abs(track.velocity)
        return away_m > 1.0 and SLOWEST_M_PER_S * after_s <= away_m <= fastest * after_s

    def _fall(self, edge: Edge, now_s: float) -> None:
        """Nobody is in a cell any more: whoever was has left it by now."""
        cell = self._row[edge.cell]
        leaving: list[tuple[float, Track]] = []
        passed: list[tuple[float, Track]] = []
        inside: list[Track] = []
        told = False
        for track in self.tracks:
            x_m, var = track.ahead(edge.at_s)
            direction = track.direction
            if not direction:
                if cell.low_m < x_m < cell.high_m:
                    track.ends_s = min(track.ends_s, now_s + self._patience_s(edge.cell))
                continue
            border_m = cell.beyond(direction)
            off_m = (border_m - x_m) * direction
            if off_m > cell.high_m - cell.low_m + 3.0:
                continue
            if abs(track.fix_m - border_m) < 1.0 and abs(track.fix_s - edge.at_s) < _LATE_S:
                told = told or abs(track.fix_s - edge.at_s) < 2 * cell.sensor.spread_s + 0.1
                continue
            z2 = off_m * off_m / (var + self._blur(cell, track.velocity))
            if z2 > _NEWCOMER:
                entered_m = (x_m - cell.before(direction)) * direction
                if off_m > 0 and entered_m > 3.0 * var**0.5 + 0.3 * abs(track.velocity) + 0.5:
                    inside.append(track)
            elif off_m > 0:
                leaving.append((z2, track))
            elif track.fix_s < edge.at_s - 0.1:
                passed.append((z2, track))
        if told:
            passed.clear()
        for _, track in leaving or sorted(passed, key=lambda found: found[0])[:1]:
            track.fix(cell.beyond(track.direction), self._blur(cell, track.velocity), edge.at_s, GATE)
        for track in inside:
            siblings = self._siblings(track)
            if siblings and track.fixes == 1:
                self._drop(track)
            elif not leaving and len(inside) == 1 and self._may_leave(edge.cell, track.direction):
                track.fix(cell.beyond(track.direction), self._blur(cell, track.velocity), edge.at_s, GATE - 1)
            else:
                track.ends_s = min(track.ends_s, now_s + self._patience_s(edge.cell))

    def _may_leave(self, place: int, direction: int) -> bool:
        """Whether somebody can have left a cell in a direction unseen."""
        there = place + direction
        if not 0 <= there < len(self._row):
            return True
        other = self._row[there]
        return other.faulty or other.present or not self._touch(self._row[place], other, direction)

    def _patience_s(self, place: int) -> float:
        """How long the slowest walker can still be between the view that has just cleared and the next one, or the hold."""
        here, gap_m = self._row[place], 0.0
        for there in (place - 1, place + 1):
            if 0 <= there < len(self._row):
                other = self._row[there]
                gap_m = max(gap_m, other.low_m - here.high_m, here.low_m - other.high_m)
        return max(self._hold_s, min(gap_m / SLOWEST_M_PER_S - here.sensor.clears_s, 60.0))

    # ---- Newcomers ---------------------------------------------------------------------------------------------------

    def _newcomer(self, edge: Edge, now_s: float) -> None:
        """Somebody whom nobody expected: assume a vehicle and a walker, from where they can have come unseen."""
        cell = self._row[edge.cell]
        self._users += 1
        family = self._users
        drive = {way: self._path_cost(edge, way, cell) for way in (1, -1)}
        least = min(drive.values())
        for way in (1, -1):
            if least >= _UNSEEN or drive[way] <= least + 2.0:
                self._begin(family, cell.before(way), way * self._limit, edge.at_s, cell)
        walk = {way: self._step_cost(edge, way, cell) for way in (1, -1)}
        if abs(walk[1] - walk[-1]) < 2.0:
            self._stand(family, cell, edge.at_s)
        else:
            way = 1 if walk[1] < walk[-1] else -1
            self._begin(family, cell.before(way), way * WALKING_M_PER_S, edge.at_s, cell)

    def _path_cost(self, edge: Edge, way: int, cell: Cell) -> float:
        """How unlikely it is that a vehicle came all the way from the end of the street unseen."""
        cost = 0.0
        place = edge.cell - way
        while 0 <= place < len(self._row) and cost < 2 * _UNSEEN:
            other = self._row[place]
            away_m = abs(cell.before(way) - other.sensor.position_m)
            if other.faulty:
                cost += 1.0
            elif not self._masked(other, edge.at_s - away_m / self._limit):
                cost += _UNSEEN
            place -= way
        return cost

    def _step_cost(self, edge: Edge, way: int, cell: Cell) -> float:
        """How unlikely it is that a walker came from the cell before unseen."""
        place = edge.cell - way
        if not 0 <= place < len(self._row):
            return 0.0
        other = self._row[place]
        if other.faulty or self._masked(other, edge.at_s - 1.0):
            return 1.0
        return _UNSEEN

    @staticmethod
    def _masked(cell: Cell, at_s: float) -> bool:
        """Whether a cell saw somebody at a time anyway."""
        if cell.present:
            return cell.changed_s <= at_s
        return at_s <= cell.changed_s + cell.sensor.clears_s

    def _begin(self, family: int, x_m: float, velocity: float, at_s: float, cell: Cell) -> Track | None:
        spread = DRIVING_SPREAD * self._limit if abs(velocity) >= DRIVING_M_PER_S else WALKING_SPREAD
        return self._add(family, x_m, self._blur(cell, velocity), velocity, spread * spread, at_s)

    def _add(self, family: int, x_m: float, x_var: float, velocity: float, v_var: float, at_s: float) -> Track | None:
        if len(self.tracks) >= MOST_TRACKS:
            return None
        self._users += 1
        track = Track(self._users, family, x_m, x_var, velocity, v_var, at_s)
        self.tracks.append(track)
        return track

    def _stand(self, family: int, cell: Cell, at_s: float) -> None:
        reach_m = cell.sensor.reach_m
        self._add(family, cell.sensor.position_m, reach_m * reach_m, 0.0, 0.01, at_s)

    def _set_off(self, track: Track, edge: Edge, cell: Cell, now_s: float) -> None:
        """Somebody who stood, or of whom no more was known, comes into the next cell."""
        way = 1 if abs(cell.low_m - track.x_m) < abs(cell.high_m - track.x_m) else -1
        waited_s = edge.at_s - track.fix_s
        self._drop_family(track)
        self._users += 1
        family = self._users
        if waited_s < 8.0:
            self._begin(family, cell.before(way), way * self._limit, edge.at_s, cell)
        self._begin(family, cell.before(way), way * WALKING_M_PER_S, edge.at_s, cell)

    # ---- Held against the cells --------------------------------------------------------------------------------------

    def _check(self, now_s: float) -> None:
        """Hold all tracks against what the cells say: who is not where they should be, and who is where nobody should."""
        at_s = now_s - self._late_s
        row, lows_m, highs_m = self._row, self.cells.lows_m, self.cells.highs_m
        for track in tuple(self.tracks):
            if now_s >= track.ends_s:
                self._drop(track)
                continue
            x_m, var = track.ahead(at_s)
            if not row or not -150.0 < x_m - row[0].low_m or not x_m - row[-1].high_m < 150.0:
                self._drop(track)
                continue
            off_m = var**0.5
            if track.fixes == 1 and track.vehicle and off_m > _LOST_M:
                self._drop(track)
                continue
            about_m = off_m + 0.3 * abs(track.velocity) + 0.3
            first = bisect_left(highs_m, x_m - about_m)
            last = bisect_right(lows_m, x_m + about_m)
            for place in range(first, last):
                row[place].explained_s = at_s
            direction = track.direction
            if direction and last - first == 1:
                cell = row[first]
                margin_m = (1.5 if track.fixes == 1 and track.vehicle else 3.0) * off_m + 0.3 * abs(track.velocity) + 0.5
                if (
                    not cell.present
                    and not cell.faulty
                    and at_s > cell.trusted_s
                    and (x_m - cell.before(direction)) * direction > margin_m
                    and (cell.beyond(direction) - x_m) * direction > margin_m
                ):
                    self._missing(track, first, at_s, now_s)
        for place, cell in enumerate(row):
            if cell.present and at_s - cell.explained_s > cell.sensor.clears_s + _ROUNDING_S:
                self._unexplained(place, cell, at_s)

    def _missing(self, track: Track, place: int, at_s: float, now_s: float) -> None:
        """Somebody should be in a cell, and is not seen there."""
        if track.fixes == 1 and (track.vehicle or self._siblings(track)):
            self._drop(track)
            return
        cell = self._row[place]
        before = self._row[place - track.direction] if 0 <= place - track.direction < len(self._row) else None
        if not track.vehicle and before is not None and not self._touch(before, cell, track.direction):
            gap_m = abs(cell.before(track.direction) - track.fix_m)
            track.ends_s = min(track.ends_s, track.fix_s + gap_m / SLOWEST_M_PER_S + self._hold_s)
            velocity = (cell.before(track.direction) - track.fix_m) / max(at_s - track.fix_s, 1.0)
            track.place(cell.before(track.direction), gap_m / 2 + 1.0, velocity * 0.9 + 0.01 * track.direction, 0.04, at_s)
            return
        if track.missed not in {-1, place}:
            self._drop(track)
        elif track.missed == -1:
            track.missed = place

    def _unexplained(self, place: int, cell: Cell, at_s: float) -> None:
        """A cell sees somebody whom nobody explains: whoever was thought to have left has not, or somebody else is there."""
        cell.explained_s = at_s
        for track in self.tracks:
            if cell.low_m - 1.0 <= track.fix_m <= cell.high_m + 1.0 and track.fix_s < at_s - 1.0:
                x_m, _ = track.ahead(at_s)
                there = bisect_right(self.cells.lows_m, x_m) - 1
                seen = 0 <= there < len(self._row) and x_m <= self._row[there].high_m and self._row[there].present
                if not seen or there == place:
                    track.place(cell.sensor.position_m, cell.sensor.reach_m, 0.0, 0.01, at_s)
                    return
        self._users += 1
        self._stand(self._users, cell, at_s)

    # ---- Small things ------------------------------------------------------------------------------------------------

    @staticmethod
    def _blur(cell: Cell, velocity: float) -> float:
        """Variance of where somebody is when an edge is told, in m2."""
        in_time_m = cell.sensor.spread_s * velocity
        return cell.sensor.blur_m * cell.sensor.blur_m + in_time_m * in_time_m + 0.01

    @staticmethod
    def _touch(left: Cell, cell: Cell, direction: int) -> bool:
        """Whether two cells join without a gap, so that who leaves one is at once in the other, and both say so at once."""
        return (cell.before(direction) - left.beyond(direction)) * direction < 1.0 and left.sensor.clears_s < 1.0

    def _alone(self, track: Track, cell: Cell, at_s: float) -> bool:
        """Whether nobody but a track and its family is known in a cell."""
        for other in self.tracks:
            if other.family != track.family:
                x_m, var = other.ahead(at_s)
                if cell.low_m - var**0.5 - 1.0 < x_m < cell.high_m + var**0.5 + 1.0:
                    return False
        return True

    def _siblings(self, track: Track) -> list[Track]:
        return [other for other in self.tracks if other.family == track.family and other is not track]

    def _settle(self, track: Track) -> None:
        """One of the assumptions about a newcomer has come true; and nobody is there twice."""
        near_m = 5.0 if track.vehicle else 2.0
        for other in tuple(self.tracks):
            if other is track:
                continue
            if other.family == track.family:
                self._drop(other)
            elif other.direction == track.direction and other.vehicle == track.vehicle:
                x_m, _ = other.ahead(track.at_s)
                if abs(x_m - track.x_m) < near_m and abs(other.velocity - track.velocity) < 0.3 * abs(track.velocity):
                    self._drop(other)

    def _drop_family(self, track: Track) -> None:
        for other in tuple(self.tracks):
            if other.family == track.family:
                self._drop(other)

    def _drop(self, track: Track) -> None:
        if track in self.tracks:
            self.tracks.remove(track)
            self.gone.append(track)
