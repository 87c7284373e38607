"""Road users of whom others tell: a vehicle radar at the end of the street, a neighbouring controller. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from math import isfinite

from agent.services.cells import Cells
from agent.services.crowd import Crowd
from agent.services.road_users import RoadUser
from agent.services.tracks import DRIVING_M_PER_S, FASTEST_M_PER_S, Track

LONGEST_WORD_S = 60.0  # a neighbour's word counts so long at most
_MOST_TOLD = 24  # and of no more than so many who have not been seen here
_RADAR_M = 2.0  # a radar's distance is good to that,
_RADAR_M_PER_S = 1.0  # and its speed to that
_SAME_M = 15.0  # nearer than that, and so much of the way since they were last seen, is the same one
_SAME_SHARE = 0.3


def approach(crowd: Crowd, cells: Cells, x_m: float, velocity: float, seen_s: float) -> None:
    """A radar saw somebody at a place, at a velocity, m and m/s. Who walks is for other sensors."""
    if not DRIVING_M_PER_S <= abs(velocity) <= FASTEST_M_PER_S or not isfinite(x_m) or not isfinite(seen_s):
        return
    track = _known(crowd, x_m, velocity, seen_s) or crowd.vehicle(x_m, velocity, seen_s)
    if track is not None and (seen_s > track.at_s or track.fixes == 1):
        track.assume(x_m, _RADAR_M**2, velocity, _RADAR_M_PER_S**2, seen_s)
        track.seen(x_m, seen_s)
        _expect(track, cells)


def announce(crowd: Crowd, cells: Cells, user: RoadUser, until_s: float, now_s: float) -> None:
    """A neighbour tells of somebody. Who is known here already stays as known here."""
    numbers = (user.position_m, user.velocity_m_per_s, user.spread_m, user.at_s, until_s)
    if not all(map(isfinite, numbers)) or abs(user.velocity_m_per_s) > FASTEST_M_PER_S or user.spread_m < 0.0:
        return
    until_s = min(until_s, now_s + LONGEST_WORD_S)
    if until_s <= now_s or abs(user.position_m) > 1e6 or abs(user.at_s - now_s) > LONGEST_WORD_S:
        return
    track = next((track for track in crowd.tracks if track.word == user.user), None)
    track = track or _known(crowd, user.position_m, user.velocity_m_per_s, user.at_s)
    if track is not None and track.word is None:
        return
    if track is None:
        if sum(other.word is not None for other in crowd.tracks) >= _MOST_TOLD:
            return
        track = crowd.vehicle(user.position_m, user.velocity_m_per_s, user.at_s)
    if track is not None:
        var = max(user.spread_m, 1.0) ** 2
        track.assume(user.position_m, var, user.velocity_m_per_s, (0.1 * user.velocity_m_per_s) ** 2 + 0.01, user.at_s)
        track.fixes = max(track.fixes, 2)
        track.kept_s = track.ends_s = until_s
        track.word = user.user
        _expect(track, cells)


def _known(crowd: Crowd, x_m: float, velocity: float, at_s: float) -> Track | None:
    for track in crowd.tracks:
        if track.velocity * velocity > 0.0 and track.vehicle == (abs(velocity) >= DRIVING_M_PER_S):
            there_m = track.ahead(at_s)[0]
            if abs(there_m - x_m) <= _SAME_M + _SAME_SHARE * abs(there_m - track.fix_m):
                return track
    return None


def _expect(track: Track, cells: Cells) -> None:
    """They come into the next cell ahead of where they are."""
    if track.direction > 0:
        track.awaited = bisect_left(cells.lows_m, track.x_m)
    else:
        track.awaited = bisect_right(cells.highs_m, track.x_m) - 1
