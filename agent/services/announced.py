"""Road users of whom others tell: a vehicle radar at the end of the street, a neighbouring controller. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from agent.services.cells import Cells
from agent.services.crowd import Crowd
from agent.services.road_users import RoadUser
from agent.services.tracks import DRIVING_M_PER_S, FASTEST_M_PER_S, Track

Sight = tuple[float, float, float]  # where, how fast (towards higher places), when: m, m/s, s

LONGEST_WORD_S = 60.0  # a neighbour's word counts so long at most
_FARTHEST_M = 1e5  # nobody is told of who is farther away,
_MOST_TOLD = 24  # nor of more than so many who have not been seen here
_RADAR_M = 2.0  # a radar's distance is good to that,
_RADAR_M_PER_S = 1.0  # and its speed to that
_SAME_M = 15.0  # nearer than that, and so much of the way since they were last seen, is the same one
_SAME_SHARE = 0.3


def approach(crowd: Crowd, cells: Cells, sight: Sight, now_s: float) -> None:
    """A radar saw somebody. Who walks is for other sensors."""
    x_m, velocity, seen_s = sight
    if not DRIVING_M_PER_S <= abs(velocity) <= FASTEST_M_PER_S or not _sane(x_m, seen_s, now_s):
        return
    track = _known(crowd, x_m, velocity, seen_s) or crowd.told(x_m, velocity, seen_s)
    if seen_s > track.at_s or track.fixes == 1:
        track.assume(x_m, _RADAR_M**2, velocity, _RADAR_M_PER_S**2, seen_s)
        known = track.fixes
        track.seen(x_m, seen_s)
        track.fixes = max(known, 2)  # only who is seen by sensors of this street is known well
        _expect(track, cells)


def announce(crowd: Crowd, cells: Cells, user: RoadUser, until_s: float, now_s: float) -> None:
    """A neighbour tells of somebody. Who is known here already stays as known here."""
    until_s = min(until_s, now_s + LONGEST_WORD_S)
    if not abs(user.velocity_m_per_s) <= FASTEST_M_PER_S or not 0.0 <= user.spread_m <= _FARTHEST_M:
        return
    if not until_s > now_s or not _sane(user.position_m, user.at_s, now_s):
        return
    track = next((track for track in crowd.tracks if track.word == user.user), None)
    track = track or _known(crowd, user.position_m, user.velocity_m_per_s, user.at_s)
    if track is not None and track.word is None:
        return
    if track is None:
        if sum(other.word is not None for other in crowd.tracks) >= _MOST_TOLD:
            return
        track = crowd.told(user.position_m, user.velocity_m_per_s, user.at_s)
    var = max(user.spread_m, 1.0) ** 2
    track.assume(user.position_m, var, user.velocity_m_per_s, (0.1 * user.velocity_m_per_s) ** 2 + 0.01, user.at_s)
    track.fixes = max(track.fixes, 2)
    track.kept_s = track.ends_s = until_s
    track.word = user.user
    _expect(track, cells)


def _sane(x_m: float, at_s: float, now_s: float) -> bool:
    return abs(x_m) <= _FARTHEST_M and abs(at_s - now_s) <= LONGEST_WORD_S


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
