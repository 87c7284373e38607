"""All road users who are known on a street, newcomers with what is assumed of them. Pure."""

from __future__ import annotations

from agent.services.cells import Cell, Cells, Edge
from agent.services.tracks import DRIVING_M_PER_S, WALKING_M_PER_S, Track

MOST_TRACKS = 96
UNSEEN = 5.0  # cost of having come through a cell that works and saw nobody
_WALKING_SPREAD = 0.35  # m/s
_DRIVING_SPREAD = 0.2  # share of the speed limit
_FOLLOWS = 0.3  # whoever follows is as fast, give or take this share
_DOUBLE_M = (2.0, 5.0)  # walkers, vehicles: nearer than that, at the same speed, is the same one


class Crowd:
    """The tracks of a street. `gone` are those dropped since somebody emptied it."""

    def __init__(self, cells: Cells, limit_m_per_s: float) -> None:
        self.tracks: list[Track] = []
        self.gone: list[Track] = []
        self._cells = cells
        self._limit = limit_m_per_s
        self._users = 0

    # ---- Newcomers ---------------------------------------------------------------------------------------------------

    def newcomer(self, edge: Edge, stood: Track | None = None) -> None:
        """Somebody comes into a cell whom nobody expected: a vehicle or a walker, from where they can have come unseen.

        `stood`: somebody of whom no more was known than their cell, and who may be the one.
        """
        cell = self._cells.row[edge.cell]
        family = self._next_family()
        drive = {way: self._drive_cost(edge, way) for way in (1, -1)}
        walk = {way: self._walk_cost(edge, way) for way in (1, -1)}
        if stood is not None:
            way = 1 if abs(cell.low_m - stood.x_m) < abs(cell.high_m - stood.x_m) else -1
            walk[way] = -UNSEEN
            away_m = abs(cell.before(way) - stood.x_m)
            if edge.at_s - stood.fix_s < 2 * away_m / DRIVING_M_PER_S:
                drive[way] = min(drive[way], 0.0)
        least = min(drive.values())
        for way in (1, -1):
            if (least >= UNSEEN and stood is None) or drive[way] <= min(least + 2.0, UNSEEN - 1.0):
                self._begin(family, edge, way, self._limit)
        if abs(walk[1] - walk[-1]) < 2.0:
            self._stand(family, cell, edge.at_s)
        else:
            self._begin(family, edge, 1 if walk[1] < walk[-1] else -1, WALKING_M_PER_S)

    def unknown(self, cell: Cell, at_s: float) -> None:
        """Somebody is in a cell, nobody knows since when. They may follow whoever has left it."""
        family = self._next_family()
        self._stand(family, cell, at_s)
        left = [track for track in self.tracks if track.direction and cell.holds(track.fix_m, 1.0) and track.fixes > 1]
        if left:
            first = max(left, key=lambda track: track.fix_s)
            track = self._add(family, cell.sensor.position_m, first.velocity, at_s)
            track.assume(track.x_m, cell.sensor.reach_m**2 / 3, first.velocity, (_FOLLOWS * first.velocity) ** 2, at_s)
            track.awaited = self._cells.row.index(cell) + track.direction

    def told(self, x_m: float, velocity: float, at_s: float) -> Track:
        """Somebody whom no presence sensor has seen yet: a radar or a neighbour tells of them."""
        return self._add(self._next_family(), x_m, velocity, at_s)

    def may_be_new(self, edge: Edge) -> bool:
        """Whether somebody whom nobody knows can have come to where an edge is: from an end of the street, unseen."""
        return min(self._drive_cost(edge, 1), self._drive_cost(edge, -1)) < UNSEEN

    def _drive_cost(self, edge: Edge, way: int) -> float:
        """How unlikely it is that a vehicle came all the way from the end of the street unseen."""
        here_m = self._cells.row[edge.cell].before(way)
        cost, place = 0.0, edge.cell - way
        while cost < 2 * UNSEEN and (other := self._cells.at(place)) is not None:
            away_m = abs(here_m - other.sensor.position_m)
            if other.blind:
                cost += 1.0
            elif not other.masked(edge.at_s - away_m / self._limit):
                cost += UNSEEN
            place -= way
        return cost

    def _walk_cost(self, edge: Edge, way: int) -> float:
        """How unlikely it is that a walker came from the cell before unseen."""
        other = self._cells.at(edge.cell - way)
        if other is None:
            return 0.0
        return 1.0 if other.blind or other.masked(edge.at_s - 1.0) else UNSEEN

    def _begin(self, family: int, edge: Edge, way: int, speed: float) -> None:
        cell = self._cells.row[edge.cell]
        spread = _DRIVING_SPREAD * speed if speed >= DRIVING_M_PER_S else _WALKING_SPREAD
        track = self._add(family, cell.before(way), way * speed, edge.at_s)
        track.assume(track.x_m, cell.blur(speed), way * speed, spread * spread, edge.at_s)
        track.awaited = edge.cell + way

    def _stand(self, family: int, cell: Cell, at_s: float) -> None:
        """Somebody is anywhere in a cell, and nobody knows which way they go."""
        self._add(family, cell.sensor.position_m, 0.0, at_s).stand(cell.sensor.reach_m, at_s)

    def _add(self, family: int, x_m: float, velocity: float, at_s: float) -> Track:
        """Add somebody. On a street that is too full they are not followed; the cells that see them are lit."""
        self._users += 1
        track = Track(self._users, family, x_m, velocity, at_s)
        if len(self.tracks) < MOST_TRACKS:
            self.tracks.append(track)
        return track

    def _next_family(self) -> int:
        self._users += 1
        return self._users

    # ---- Those who are known -----------------------------------------------------------------------------------------

    def siblings(self, track: Track) -> bool:
        """Whether something else is assumed of the same newcomer."""
        return any(other.family == track.family and other is not track for other in self.tracks)

    def alone(self, track: Track, cell: Cell, at_s: float) -> bool:
        """Whether nobody but a track and its family is known in a cell."""
        for other in self.tracks:
            if other.family != track.family:
                x_m, var = other.ahead(at_s)
                if cell.holds(x_m, var**0.5 + 1.0):
                    return False
        return True

    def settle(self, track: Track) -> None:
        """One of the assumptions about a newcomer has come true; and nobody is there twice."""
        near_m = _DOUBLE_M[track.vehicle]
        for other in tuple(self.tracks):
            if other is track:
                continue
            same = other.family == track.family
            if not same and other.direction == track.direction and other.vehicle == track.vehicle:
                away_m = abs(other.ahead(track.at_s)[0] - track.x_m)
                same = away_m < near_m and abs(other.velocity - track.velocity) < 0.3 * abs(track.velocity)
            if same:
                self.drop(other)

    def drop_family(self, track: Track) -> None:
        """Take back all that is assumed of somebody."""
        for other in tuple(self.tracks):
            if other.family == track.family:
                self.drop(other)

    def drop(self, track: Track) -> None:
        """Nobody is there, or not any more."""
        self.tracks.remove(track)
        self.gone.append(track)

    def clear(self) -> None:
        """Nobody is anywhere."""
        self.gone.extend(self.tracks)
        self.tracks.clear()
