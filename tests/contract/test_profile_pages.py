"""The pages that speak of profiles, held against the profiles: points and their units, and the list in the README."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest

from agent.services.lamp_health import health_points
from agent.services.street_health import meter_points
from drivers.ble.records import EddystoneUid, EddystoneUrl, IBeacon
from drivers.ble.telling import Ear, points_of_ours
from drivers.lines import MODELS, load_model
from drivers.points import PointType
from drivers.profile import load_profile, profile_names

ROOT = Path(__file__).resolve().parents[2]
NUMBERS = {PointType.INT, PointType.FLOAT}


def spelled_out(key: str) -> list[str]:
    """Return the names that `{a,b}` in a key stands for."""
    parts = [part.split(",") for part in re.split(r"[{}]", key)]
    return ["".join(choice) for choice in product(*parts)]


def page(title: str) -> dict[str, tuple[str, str]]:
    """Return type and unit of each point under a title of docs/points.md."""
    text = (ROOT / "docs" / "points.md").read_text(encoding="utf-8").partition(f"## {title}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `…/([^`]+)` \| (\w+) \|([^|]*)\|", text, re.MULTILINE)
    return {name: (kind, unit.strip()) for key, kind, unit in rows for name in spelled_out(key)}


POINTS = page("What the profiles read")
SAID = page("What the instruments say")
MODEL_ROWS = [row for name in MODELS for row in load_model(name).points]
ROWS = [(name, row) for name in profile_names() for row in load_profile(name).points]


@pytest.mark.parametrize("name", profile_names())
def test_the_page_has_every_point_of_a_profile_with_its_unit(name: str) -> None:
    for row in load_profile(name).points:
        kind, unit = POINTS[row.point]
        assert (row.point, row.unit) == (row.point, unit)
        assert row.point_type in (NUMBERS if kind == "number" else {PointType(kind)}), row.point


def test_the_page_has_no_point_that_no_profile_has() -> None:
    assert set(POINTS) - {row.point for _, row in ROWS} == set()


@pytest.mark.parametrize("name", MODELS)
def test_the_page_has_every_point_of_an_instrument_with_its_unit(name: str) -> None:
    for row in load_model(name).points:
        assert (row.resource, row.type, row.unit) == (row.resource, *SAID[row.resource])


def test_the_page_has_no_point_that_no_instrument_says() -> None:
    assert set(SAID) - {row.resource for row in MODEL_ROWS} == set()


def test_the_page_has_the_points_of_beacons_and_no_others() -> None:
    place, name = IBeacon("", 0, 0, 0), EddystoneUid("", "", 0)
    points = [point for says in (place, name, EddystoneUrl("", 0)) for point in points_of_ours("b", says)]
    points += Ear("b", name, 60.0).points
    assert page("What is known of beacons") == {
        point.key.partition("/")[2]: (point.type.value, point.unit) for point in points
    }


def test_the_page_has_the_points_of_monitoring_and_no_others() -> None:
    points = [*health_points("l", lambda _key: False, own_meter=True), *meter_points("m")]
    assert page("What monitoring knows of lamps") == {
        point.key.partition("/")[2]: (point.type.value, point.unit) for point in points
    }


def test_the_readme_names_every_profile_and_instrument() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = readme.partition("## Products\n")[2].partition("\n## ")[0]
    names = re.findall(
        r"`([a-z0-9-]+)`",
        "".join(line.rpartition("|")[0].rpartition("|")[2] for line in table.splitlines() if "|" in line),
    )
    assert sorted(names) == sorted([*profile_names(), *MODELS])
