"""Where lamps stand and ways go, worked by hand."""

from __future__ import annotations

import json

import pytest

from agent.lab.ways import Street, along, grid, length_m, place_of, spot_at, spots_of_degrees, way_of
from lab_reading import SHORT, read_scenario

CORNER = ((0.0, 0.0), (100.0, 0.0), (100.0, 50.0))


def street(table: str, **files: str) -> Street:
    """The street of a scenario with another table [street]; files by their names without the dot."""
    begin, end = SHORT.index("[street]"), SHORT.index("[users.people]")
    document = f"{SHORT[:begin]}[street]\n{table}\n{SHORT[end:]}"
    return read_scenario(document, {name.replace("_", "."): text for name, text in files.items()}).street


def test_places_along_a_corner() -> None:
    assert length_m(CORNER) == 150.0
    assert spot_at(CORNER, 120.0) == (100.0, 20.0)
    assert spot_at(CORNER, -10.0) == (-10.0, 0.0)
    assert spot_at(CORNER, 160.0) == (100.0, 60.0)
    assert place_of(CORNER, (90.0, 20.0)) == (120.0, 10.0)
    assert place_of(CORNER, (40.0, -3.0)) == (40.0, 3.0)
    assert place_of(CORNER, (103.0, -4.0)) == (100.0, 5.0)  # beyond the corner: the corner
    assert along(CORNER, 3, 75.0) == ((0.0, 0.0), (75.0, 0.0), (100.0, 50.0))


def test_a_way_has_the_lamps_beside_it_by_their_places() -> None:
    way = way_of("main", CORNER, [(100.0, 30.0), (10.0, 8.0), (50.0, 20.0)], 10.0, (0.0, 150.0))
    assert way.lamps == ((1, 10.0), (0, 130.0))


def test_a_straight_street() -> None:
    found = street("lamps = 41\nspacing_m = 30\nscored_from_m = 300\nscored_to_m = 900")
    assert found.ways[0].lamps == tuple((lamp, 30.0 * lamp) for lamp in range(41))
    assert found.scored == tuple(range(10, 31))


def test_one_lamp_is_a_street() -> None:
    found = street("lamps = 1")
    assert (found.lamps, found.scored) == (((0.0, 0.0),), (0,))


def test_a_bend_goes_by_the_length_of_its_arc() -> None:
    found = street('shape = "bend"\npoints = [[0, 0], [100, 0], [100, 50]]\nspacing_m = 50')
    assert found.lamps == ((0.0, 0.0), (50.0, 0.0), (100.0, 0.0), (100.0, 50.0))
    assert [place_m for _, place_m in found.ways[0].lamps] == [0.0, 50.0, 100.0, 150.0]


def test_a_junction_has_one_lamp_where_its_ways_cross() -> None:
    found = street('shape = "junction"\nlamps = 5\nside_lamps = 3\nspacing_m = 30')
    assert len(found.lamps) == 7
    main, side = found.ways
    assert main.lamps == ((0, 0.0), (1, 30.0), (2, 60.0), (3, 90.0), (4, 120.0))
    assert side.lamps == ((5, 0.0), (2, 30.0), (6, 60.0))
    assert found.lamps[2] == (0.0, 0.0)


def test_a_square_has_ways_across() -> None:
    found = street('shape = "square"\nwidth_m = 80\ndepth_m = 60\nspacing_m = 20')
    assert len(found.lamps) == 5 * 4
    assert [way.name for way in found.ways] == ["east", "north", "north-east", "south-east"]
    assert found.ways[2].lamps[0] == (0, 0.0)
    assert found.ways[2].lamps[-1] == (19, 100.0)
    assert {lamp for way in found.ways for lamp, _ in way.lamps} == set(range(20))


def test_a_grid_keeps_its_edges() -> None:
    assert grid(50.0, 20.0, 20.0) == ((0, 0), (25, 0), (50, 0), (0, 20), (25, 20), (50, 20))


def test_lamps_of_a_table() -> None:
    found = street('lamps_file = "lamps.csv"', lamps_csv="lamp,position_m\na,0\nb,28.5\nc,61\n")
    assert found.ways[0].lamps == ((0, 0.0), (1, 28.5), (2, 61.0))
    found = street('shape = "bend"\nlamps_file = "lamps.csv"', lamps_csv="x_m,y_m\n0,0\n30,0\n30,40\n")
    assert found.ways[0].lamps == ((0, 0.0), (1, 30.0), (2, 70.0))


def test_lamps_beside_points() -> None:
    table = 'shape = "bend"\nlamps_file = "lamps.csv"\npoints = [[0, 0], [60, 0]]'
    assert street(table, lamps_csv="x_m,y_m\n0,5\n30,-5\n60,5\n").ways[0].lamps == ((0, 0.0), (1, 30.0), (2, 60.0))


def test_lamps_of_geojson() -> None:
    """A thousandth of a degree is 111.2 m north, and 111.2 m x cos(55.7 deg) = 62.66 m east."""
    points = [(12.5, 55.7), (12.501, 55.7), (12.501, 55.701)]
    features = [{"type": "Feature", "geometry": {"type": "Point", "coordinates": point}} for point in points]
    features.append({"type": "Feature", "geometry": {"type": "LineString", "coordinates": points}})
    text = json.dumps({"type": "FeatureCollection", "features": features})
    found = street('shape = "bend"\nlamps_file = "lamps.geojson"', lamps_geojson=text)
    assert [place_m for _, place_m in found.ways[0].lamps] == pytest.approx([0.0, 62.66, 62.66 + 111.195], abs=0.01)
    assert spots_of_degrees([(0.0, 0.0)]) == ((0.0, 0.0),)
