"""Reading [street]: the shape, where the lamps stand, which ways go by them. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from agent.config.table import Table
from agent.lab.files import Files, UnreadableError, number, rows, text_of
from agent.lab.ways import Spot, Street, Way, along, grid, length_m, scored_lamps, spots_of_degrees, way_of

SHAPES = ("straight", "bend", "path", "junction", "square")
MOST_LAMPS = 20_000
FARTHEST_M = 1e6
_NOWHERE = Street("straight", ((0.0, 0.0),), (Way("main", ((0.0, 0.0), (1.0, 0.0)), ((0, 0.0),), (0.0, 0.0)),), (0,))


def read_street(table: Table, files: Files) -> Street:
    """Read [street]; something harmless after noting a mistake."""
    shape = table.choice("shape", SHAPES, "straight")
    named = table.has("lamps_file")
    spots = _lamps_of_file(table, files) if named else ()
    if named and not spots:
        table.leave()
        return _NOWHERE
    lines, made, beside_m = _SHAPES[shape](table, spots)
    lamps = spots or made
    if not lamps:
        table.leave()
        return _NOWHERE
    beside_m = table.number("beside_m", 0.1, 1000, beside_m)
    longest_m = max(length_m(points) for points in lines.values())
    scored_m = (
        table.number("scored_from_m", -FARTHEST_M, FARTHEST_M, 0.0),
        table.number("scored_to_m", -FARTHEST_M, FARTHEST_M, longest_m),
    )
    ways = tuple(way_of(name, points, lamps, beside_m, scored_m) for name, points in lines.items())
    street = Street(shape, lamps, ways, scored_lamps(ways))
    for way in ways:
        if not way.lamps:
            table.wrong("beside_m", f'lamps within it of the way "{way.name}"', f"none within {beside_m:g} m")
            return _NOWHERE
    if not street.scored or scored_m[0] >= scored_m[1]:
        table.wrong("scored_to_m", "a stretch with lamps from scored_from_m on", f"{scored_m[0]:g} to {scored_m[1]:g}")
        return _NOWHERE
    return street


Lines = dict[str, Sequence[Spot]]
_Made = tuple[Lines, tuple[Spot, ...], float]


def _straight(table: Table, spots: Sequence[Spot]) -> _Made:
    if spots:
        return _through(table, spots)
    count, spacing_m = _row(table, 41, 30)
    points = ((0.0, 0.0), (max((count - 1) * spacing_m, spacing_m), 0.0))
    return {"main": points}, along(points, count, spacing_m), 15.0


def _line(table: Table, spots: Sequence[Spot]) -> _Made:
    if spots and not table.has("points"):
        return _through(table, spots)
    points = _apart(table, table.pairs("points", -FARTHEST_M, FARTHEST_M))
    if spots:
        return {"main": points}, (), 15.0
    spacing_m = table.number("spacing_m", 1, 1000, 30)
    count = math.floor(length_m(points) / spacing_m + 1e-9) + 1
    if count > MOST_LAMPS:
        table.wrong("spacing_m", f"at most {MOST_LAMPS} lamps", f"{count}")
        return {"main": points}, (), 15.0
    return {"main": points}, along(points, count, spacing_m), 15.0


def _junction(table: Table, spots: Sequence[Spot]) -> _Made:
    """Two straight ways that cross in their middle, where one lamp stands."""
    count, spacing_m = _row(table, 21, 30)
    side = table.whole("side_lamps", 3, 999, 11)
    for key, number_of in (("lamps", count), ("side_lamps", side)):
        if number_of % 2 == 0:
            table.wrong(key, "an odd number: one lamp stands at the crossing", f"{number_of}")
    half_m, side_m = (count - 1) * spacing_m / 2, (side - 1) * spacing_m / 2
    lines: Lines = {"main": ((-half_m, 0.0), (half_m, 0.0)), "side": ((0.0, -side_m), (0.0, side_m))}
    if spots:
        return lines, (), 15.0
    across = [spot for spot in along(lines["side"], side, spacing_m) if spot != (0.0, 0.0)]
    return lines, (*along(lines["main"], count, spacing_m), *across), 15.0


def _square(table: Table, spots: Sequence[Spot]) -> _Made:
    """A square with a grid of lamps, and the ways across it."""
    width_m, depth_m = table.number("width_m", 10, 2000, 80), table.number("depth_m", 10, 2000, 60)
    spacing_m = table.number("spacing_m", 5, 1000, 20)
    lines: Lines = {
        "east": ((0.0, depth_m / 2), (width_m, depth_m / 2)),
        "north": ((width_m / 2, 0.0), (width_m / 2, depth_m)),
        "north-east": ((0.0, 0.0), (width_m, depth_m)),
        "south-east": ((0.0, depth_m), (width_m, 0.0)),
    }
    return lines, () if spots else grid(width_m, depth_m, spacing_m), 0.75 * spacing_m


_SHAPES: Mapping[str, Callable[[Table, Sequence[Spot]], _Made]] = {
    "straight": _straight,
    "bend": _line,
    "path": _line,
    "junction": _junction,
    "square": _square,
}


def _row(table: Table, count: int, spacing_m: float) -> tuple[int, float]:
    return table.whole("lamps", 1, MOST_LAMPS, count), table.number("spacing_m", 1, 1000, spacing_m)


def _through(table: Table, spots: Sequence[Spot]) -> _Made:
    """A way from lamp to lamp, in the order of the file."""
    if len(spots) == 1:
        x, y = spots[0]
        return {"main": (spots[0], (x + 1.0, y))}, (), 15.0
    return {"main": _apart(table, spots, "lamps_file")}, (), 15.0


def _apart(table: Table, points: Sequence[Spot], key: str = "points") -> tuple[Spot, ...]:
    """Refuse a line that stands still."""
    if any(math.dist(a, b) < 0.01 for a, b in pairwise(points)):
        table.wrong(key, "no two points at the same spot, one after the other", "two")
        return ((0.0, 0.0), (1.0, 0.0))
    return tuple(points)


def _lamps_of_file(table: Table, files: Files) -> tuple[Spot, ...]:
    says = "a CSV file with x_m, y_m or position_m, or GeoJSON with points"
    name, text = text_of(table, "lamps_file", files, says)
    if not name:
        return ()
    try:
        spots = _geojson(text, name) if text.lstrip().startswith("{") else _csv(text, name)
    except UnreadableError as error:
        table.wrong("lamps_file", says, str(error))
        return ()
    if not 1 <= len(spots) <= MOST_LAMPS:
        table.wrong("lamps_file", f"1 to {MOST_LAMPS} lamps", f"{len(spots)} in {name}")
        return ()
    return spots


def _csv(text: str, name: str) -> tuple[Spot, ...]:
    first = text.split("\n", 1)[0]
    columns = ("position_m",) if "position_m" in first else ("x_m", "y_m")
    spots = []
    for line, row in rows(text, name, columns):
        x, *y = (number(row[column], -FARTHEST_M, FARTHEST_M, f"{name}:{line}: {column}") for column in columns)
        spots.append((x, y[0] if y else 0.0))
    return tuple(spots)


def _geojson(text: str, name: str) -> tuple[Spot, ...]:
    """Points of a FeatureCollection, as longitude and latitude in degrees (RFC 7946)."""
    try:
        document = json.loads(text)
        points = [
            feature["geometry"]["coordinates"]
            for feature in document["features"]
            if feature["geometry"]["type"] == "Point"
        ]
        degrees = [(float(lon), float(lat)) for lon, lat, *_ in points]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UnreadableError(f"{name}: expected GeoJSON, a FeatureCollection of points: {error}") from None
    if not all(-180 <= lon <= 180 and -89 <= lat <= 89 for lon, lat in degrees):
        raise UnreadableError(f"{name}: expected longitudes and latitudes in degrees")
    return spots_of_degrees(degrees) if degrees else ()
