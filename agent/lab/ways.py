"""Where lamps stand and where people go: ways as lines of straight pieces, places along them in metres. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import msgspec

Spot = tuple[float, float]  # metres east and north of anywhere
Place = tuple[int, float]  # a lamp, and where it stands along a way

EARTH_M_PER_DEG = 111_195.0  # along a meridian, of a sphere of 6,371 km


class Way(msgspec.Struct, frozen=True):
    """One way along the street: its lamps by rising place, and the stretch where whoever passes is scored."""

    name: str
    points: tuple[Spot, ...]
    lamps: tuple[Place, ...]
    scored_m: tuple[float, float]


class Street(msgspec.Struct, frozen=True):
    """Lamps and ways; a lamp near a crossing is on several. Energy is scored for the lamps of `scored`."""

    shape: str
    lamps: tuple[Spot, ...]
    ways: tuple[Way, ...]
    scored: tuple[int, ...]


def length_m(points: Sequence[Spot]) -> float:
    """Return how long a line is."""
    return sum(math.dist(a, b) for a, b in pairwise(points))


def spot_at(points: Sequence[Spot], place_m: float) -> Spot:
    """Return the spot at a place along a line; before its begin and beyond its end it goes straight on."""
    pieces = list(pairwise(points))
    for number, (a, b) in enumerate(pieces):
        piece_m = math.dist(a, b)
        if place_m <= piece_m or number == len(pieces) - 1:
            share = place_m / piece_m
            return a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])
        place_m -= piece_m
    raise ValueError("a line has two points or more")


def place_of(points: Sequence[Spot], spot: Spot) -> tuple[float, float]:
    """Return the place along a line that is nearest to a spot, and how far off that is, in metres."""
    best, before_m = (0.0, math.inf), 0.0
    for a, b in pairwise(points):
        piece_m = math.dist(a, b)
        along_m = ((spot[0] - a[0]) * (b[0] - a[0]) + (spot[1] - a[1]) * (b[1] - a[1])) / piece_m
        along_m = min(max(along_m, 0.0), piece_m)
        share = along_m / piece_m
        off_m = math.dist(spot, (a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])))
        if off_m < best[1]:
            best = (before_m + along_m, off_m)
        before_m += piece_m
    return best


def along(points: Sequence[Spot], count: int, spacing_m: float) -> tuple[Spot, ...]:
    """Return `count` lamps along a line, from its begin on."""
    return tuple(spot_at(points, number * spacing_m) for number in range(count))


def way_of(
    name: str, points: Sequence[Spot], lamps: Sequence[Spot], beside_m: float, scored_m: tuple[float, float]
) -> Way:
    """Return a way with the lamps that stand within `beside_m` of it."""
    places = [(lamp, *place_of(points, spot)) for lamp, spot in enumerate(lamps)]
    on_it = sorted((place_m, lamp) for lamp, place_m, off_m in places if off_m <= beside_m)
    return Way(name, tuple(points), tuple((lamp, place_m) for place_m, lamp in on_it), scored_m)


def scored_lamps(ways: Sequence[Way]) -> tuple[int, ...]:
    """Return the lamps that stand on a scored stretch, both ends included."""
    found = {lamp for way in ways for lamp, place_m in way.lamps if way.scored_m[0] <= place_m <= way.scored_m[1]}
    return tuple(sorted(found))


def grid(width_m: float, depth_m: float, spacing_m: float) -> tuple[Spot, ...]:
    """Return the lamps of a square, about `spacing_m` apart, the edges included."""
    across, up = (max(round(side_m / spacing_m), 1) for side_m in (width_m, depth_m))
    return tuple((width_m * x / across, depth_m * y / up) for y in range(up + 1) for x in range(across + 1))


def spots_of_degrees(degrees: Sequence[tuple[float, float]]) -> tuple[Spot, ...]:
    """Return spots from longitudes and latitudes, flat around the first one: good to a metre over some kilometres."""
    lon_0, lat_0 = degrees[0]
    east = EARTH_M_PER_DEG * math.cos(math.radians(lat_0))
    return tuple(((lon - lon_0) * east, (lat - lat_0) * EARTH_M_PER_DEG) for lon, lat in degrees)
