"""The tracker: from presence in the cells of a street to road users with position, speed and direction. Pure.

Both ends of presence tell where somebody is: at a border of the cell. Who is known is expected at the next border; who is
not is a newcomer, for whom a vehicle and a walker are assumed until one of the two is seen to be wrong. In a cell in which
somebody already is nobody else can be seen to come or go: road users go on there as they went.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from math import inf

from agent.services.cells import Cell, Cells, Edge
from agent.services.crowd import Crowd
from agent.services.passing import GATE, Leavers, who_came
from agent.services.tracks import SLOWEST_M_PER_S, Track

CHECK_S = 0.2  # how often tracks are held against cells in which nothing begins or ends
_OUT_M = 150.0  # so far beyond the last cell nobody is followed
_LOST_M = 20.0  # whoever moves and is not known better than that is not followed any more
_EXPLAINED_S = 0.9  # a cell may see somebody so much longer than who is known explains
_MOST_MISSED = 3  # cells in a row that may not see somebody who is well known
_WORD_S = 1.0  # until it is known that somebody has come into the next view
_LONGEST_WAIT_S = 60.0  # for somebody who walks between two views


class Tracker:
    """Road users of one street. `step` it; read `crowd.tracks`."""

    def __init__(self, cells: Cells, limit_m_per_s: float, hold_s: float, guess_s: float) -> None:
        """`hold_s`: how long somebody is kept of whom there is no sign. `guess_s`: a vehicle that is assumed, at least."""
        self.cells = cells
        self.crowd = Crowd(cells, limit_m_per_s)
        self._hold_s = hold_s
        self._guess_s = guess_s
        self.check_s = -inf  # when tracks are held against the cells next
        self.checked = False  # whether the last step did

    def step(self, now_s: float) -> None:
        """Make use of what the sensors have said since the last step."""
        edges = self.cells.edges()
        for edge in edges:
            if edge.rises:
                self._rise(edge)
            else:
                self._fall(edge, now_s)
        self.checked = bool(edges) or now_s >= self.check_s
        if self.checked:
            self.check_s = now_s + CHECK_S
            self._check(now_s)

    def clear(self) -> None:
        """Forget everybody."""
        self.crowd.clear()
        self.cells.forget()

    def _rise(self, edge: Edge) -> None:
        track, cell = who_came(edge, self.cells, self.crowd), self.cells.row[edge.cell]
        if track is None:
            self.crowd.newcomer(edge)
        elif track.direction:
            self._believe_in(track, edge)
            x_m, var = track.ahead(edge.at_s)
            late_m = (x_m - cell.before(track.direction)) * track.direction
            told_late = late_m * late_m > GATE * GATE * (var + cell.blur(track.velocity)) and late_m > 0.0
            gate = 1.0 if told_late and track.well_known else GATE - 1.0
            track.fix(cell.before(track.direction), cell.blur(track.velocity), edge.at_s, gate)
            track.awaited = edge.cell + track.direction
            self.crowd.settle(track)
        elif cell.holds(track.x_m):
            track.ends_s = inf  # they stood, and move again
        else:
            self._set_off(track, edge)

    def _set_off(self, track: Track, edge: Edge) -> None:
        """Somebody of whom no more was known than their cell comes into the next one, or somebody else does."""
        cell, went_s = self.cells.row[edge.cell], edge.at_s - track.fix_s
        stayed = any(cell.present and cell.holds(track.x_m) for cell in self.cells.row)
        border_m = cell.before(track.heading)
        if track.heading and not stayed and went_s > 0.0 and (border_m - track.x_m) * track.heading > 0.0:
            velocity = (border_m - track.fix_m) / went_s
            track.assume(border_m, cell.blur(velocity), velocity or track.heading * SLOWEST_M_PER_S, 0.01, edge.at_s)
            track.seen(border_m, edge.at_s)
            track.awaited = edge.cell + track.heading
            self.crowd.settle(track)
            return
        if not stayed:
            self.crowd.drop_family(track)
        self.crowd.newcomer(edge, track)

    def _fall(self, edge: Edge, now_s: float) -> None:
        """Nobody is in a cell any more."""
        leavers, joined = Leavers(edge, self.cells, self.crowd), self._gap_m(edge.cell) <= 0.0
        for track in leavers.left:
            if track.well_known or self._may_leave(edge.cell, track):
                self._leave(track, edge, GATE)
            else:
                self._lose(track, edge, now_s)
        for track in leavers.lost:
            known = self.crowd.siblings(track) if track.direction else joined and leavers.took_along(track)
            if track.fixes == 1 and known:
                self.crowd.drop(track)
            elif track.direction and not leavers.left and len(leavers.lost) == 1 and self._may_leave(edge.cell, track):
                self._leave(track, edge, GATE - 1.0)
            else:  # through a door, or they stand still
                self._lose(track, edge, now_s)

    def _leave(self, track: Track, edge: Edge, gate: float) -> None:
        cell = self.cells.row[edge.cell]
        track.fix(cell.beyond(track.direction), cell.blur(track.velocity), edge.at_s, gate)
        track.awaited = edge.cell + track.direction

    def _lose(self, track: Track, edge: Edge, now_s: float) -> None:
        """Somebody is not seen any more where they were: they went on, or out, or stand still."""
        cell, gap_m = self.cells.row[edge.cell], self._gap_m(edge.cell)
        went_s = edge.at_s - track.fix_s
        if track.heading and went_s > 0.0 and gap_m > 0.0:
            border_m = cell.beyond(track.heading)
            speed = max(abs(border_m - track.fix_m) / went_s, SLOWEST_M_PER_S / 2)
            track.assume(border_m, cell.blur(speed), track.heading * speed, (0.3 * speed) ** 2, edge.at_s)
            track.seen(border_m, edge.at_s)
            track.awaited = edge.cell + track.heading
            return
        if gap_m > 0.0 and not track.direction:
            track.stand(cell.sensor.reach_m + gap_m, edge.at_s)
        patience_s = min(gap_m / SLOWEST_M_PER_S - cell.sensor.clears_s + _WORD_S, _LONGEST_WAIT_S)
        track.ends_s = min(track.ends_s, now_s + max(self._hold_s, patience_s))

    def _may_leave(self, place: int, track: Track) -> bool:
        """Whether somebody can have left a cell ahead without being seen in the next one."""
        there = self.cells.at(place + track.direction)
        if there is None or there.blind or there.present:
            return True
        return not self.cells.row[place].joins(there, track.direction)

    def _gap_m(self, place: int) -> float:
        """How far the next view is from one, at most."""
        here, gap_m = self.cells.row[place], 0.0
        for there in (self.cells.at(place - 1), self.cells.at(place + 1)):
            if there is not None:
                gap_m = max(gap_m, there.low_m - here.high_m, here.low_m - there.high_m)
        return gap_m

    # ---- Held against the cells --------------------------------------------------------------------------------------

    def _check(self, now_s: float) -> None:
        """Who is not where they should be, and where is somebody whom nobody explains."""
        at_s = now_s - self.cells.delay_s
        for track in tuple(self.crowd.tracks):
            x_m, var = track.ahead(at_s)
            lost = track.direction and now_s > track.kept_s and var > _LOST_M * _LOST_M
            if lost or now_s >= track.ends_s or self._is_out(x_m):
                self.crowd.drop(track)
            else:
                self._explain(track, x_m, var, at_s)
                self._await(track, x_m, var, now_s)
        for cell in self.cells.row:
            if cell.present and at_s - cell.explained_s > cell.sensor.clears_s + _EXPLAINED_S:
                self._unexplained(cell, at_s)

    def _is_out(self, x_m: float) -> bool:
        row = self.cells.row
        return not row or not row[0].low_m - _OUT_M < x_m < row[-1].high_m + _OUT_M

    def _explain(self, track: Track, x_m: float, var: float, at_s: float) -> None:
        """The cells in which somebody may be now are explained by them."""
        about_m = min(var**0.5, 1.0) + 0.3 * abs(track.velocity) + 0.3
        first, last = bisect_left(self.cells.highs_m, x_m - about_m), bisect_right(self.cells.lows_m, x_m + about_m)
        for cell in self.cells.row[first:last]:
            cell.explained_s = at_s
        if last - first == 1 and track.direction and track.ends_s == inf:
            self._doubt(track, first, x_m, 3.0 * var**0.5 + about_m)

    def _doubt(self, track: Track, place: int, x_m: float, margin_m: float) -> None:
        """Nobody is followed for long inside a cell that sees nobody."""
        cell = self.cells.row[place]
        if cell.said or cell.blind or place == track.awaited or place in track.missed:
            return
        if cell.low_m + margin_m < x_m < cell.high_m - margin_m:
            track.ends_s = cell.explained_s + self.cells.delay_s + self._hold_s

    def _await(self, track: Track, x_m: float, var: float, now_s: float) -> None:
        """Somebody should have been seen coming into the next cell by now, unless it cannot tell."""
        cell = self.cells.at(track.awaited) if track.awaited >= 0 else None
        if cell is None or not track.direction:
            return
        past_m = (x_m - cell.before(track.direction)) * track.direction
        margin_m = (1.5 if track.driving_guess else 3.0) * var**0.5 + 0.3 * abs(track.velocity) + 0.5
        if past_m <= margin_m or now_s < track.kept_s:
            return
        came_s = now_s - self.cells.delay_s - past_m / abs(track.velocity)
        if cell.blind or cell.present or cell.masked(came_s):
            track.awaited += track.direction
        else:
            self._missing(track, cell, now_s)

    def _missing(self, track: Track, cell: Cell, now_s: float) -> None:
        """Somebody should have come into a cell, and is not seen there."""
        if track.driving_guess or self.crowd.siblings(track):
            if now_s - track.fix_s >= self._guess_s:
                self.crowd.drop(track)
            return
        before = self.cells.at(track.awaited - track.direction)
        if not track.vehicle and before is not None and not before.joins(cell, track.direction):
            self._walks_slowly(track, cell, now_s)
        elif len(track.missed) < (_MOST_MISSED if track.well_known else 1):  # the sensors may be at fault
            track.missed += (track.awaited,)
            track.awaited += track.direction
        else:
            self.crowd.drop(track)

    def _walks_slowly(self, track: Track, cell: Cell, now_s: float) -> None:
        """Somebody who walks between two views may be slower than was thought."""
        border_m, at_s = cell.before(track.direction), now_s - self.cells.delay_s
        gap_m = abs(border_m - track.fix_m)
        if track.ends_s == inf:
            track.ends_s = max(now_s + self._hold_s, track.fix_s + gap_m / SLOWEST_M_PER_S + self._hold_s)
        velocity = (border_m - track.fix_m) / max(at_s - track.fix_s, 1.0)
        track.assume(border_m, (gap_m / 2) ** 2, velocity or 0.01 * track.direction, 0.04, at_s)

    def _unexplained(self, cell: Cell, at_s: float) -> None:
        """A cell sees somebody whom nobody explains: who was thought to have left has not, or somebody else is there."""
        cell.explained_s = at_s
        for track in self.crowd.tracks:
            since = (
                cell.changed_s - 1.0 <= track.fix_s < at_s - 1.0
            )  # seen coming in, and somebody was there ever since
            if since and not track.vehicle and cell.holds(track.fix_m, 1.0):
                there = self.cells.at(bisect_right(self.cells.lows_m, track.ahead(at_s)[0]) - 1)
                if there is None or not there.present or there is cell:
                    track.heading = track.direction
                    track.x_m = cell.sensor.position_m
                    track.stand(cell.sensor.reach_m, at_s)
                    track.awaited = -1
                    return
        self.crowd.unknown(cell, at_s)

    def _believe_in(self, track: Track, edge: Edge) -> None:
        """Somebody was missed by sensors and is seen by a later one: what they do not see means less."""
        for place in track.missed:
            if place != edge.cell:
                self.cells.row[place].doubts += 1
