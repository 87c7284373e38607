"""docs/lab.md against the reader: its scenario is one, with the defaults it names, and it names every option."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agent.config.errors import ConfigError
from agent.lab.records import Scenario
from agent.lab.schemes import SCHEMES
from lab_reading import read_scenario

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "lab.md").read_text(encoding="utf-8")
(DOCUMENT,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
FILES = {"passages.csv": "time_utc,site,direction,speed_km_per_h\n2026-11-20T20:00:00Z,main street,1,40\n"}
BARE = 'title = "Bare"\n[street]\nscored_from_m = 300\nscored_to_m = 900\n[users.cars]\nkind = "vehicle"\npeak_per_hour = 20\n'


def test_the_scenario_of_the_page() -> None:
    scenario = read_scenario(DOCUMENT, FILES)
    assert len(scenario.street.lamps) == 41
    kinds = [passer.kind for passer in scenario.passers]
    assert (kinds.count(0), kinds.count(1)) == (72 + 1, 22)
    assert scenario.faults.outage_s == (3 * 3600.0, 4 * 3600.0)


@pytest.mark.parametrize(
    "field", ["street", "lamp", "rings", "sensing", "lighting", "begin_h", "night_s", "step_s", "seed"]
)
def test_the_values_of_the_page_are_the_defaults(field: str) -> None:
    assert getattr(read_scenario(DOCUMENT, FILES), field) == getattr(read_scenario(BARE), field)


def test_the_tariff_of_the_page_is_the_default() -> None:
    assert read_scenario(DOCUMENT, FILES).tariff == read_scenario(BARE).tariff


def test_the_users_of_the_page_are_the_defaults() -> None:
    cars = tomllib.loads(DOCUMENT)["users"]["cars"]
    bare = {key: cars[key] for key in ("kind", "peak_per_hour")}
    assert without_files(cars).passers == without_files(bare).passers


def without_files(stream: dict[str, Any]) -> Scenario:
    options = "".join(f"{key} = {msgspec.json.encode(value).decode()}\n" for key, value in stream.items())
    return read_scenario(f'title = "Tried"\n[users.cars]\n{options}')


@pytest.mark.parametrize(
    ("table", "shape"),
    [
        *((table, "straight") for table in ("night", "street", "lamp", "needs.vehicle", "sensors", "faults", "energy")),
        *((table, "straight") for table in ("users.cars", "users.recorded")),
        *(("street", shape) for shape in ('bend"\npoints = [[0, 0], [900, 0]] #', "junction", "square")),
    ],
)
def test_the_page_names_every_option(table: str, shape: str) -> None:
    """The message about an option that is none names those that are."""
    document = re.sub(rf"(?m)^\[{re.escape(table)}\].*$", f"[{table}]\nzzz = 1", DOCUMENT)
    with pytest.raises(ConfigError) as caught:
        read_scenario(document.replace('shape = "straight"', f'shape = "{shape}"'), FILES)
    (line,) = [line for line in str(caught.value).split("\n") if ".zzz: " in line]
    for option in line.partition("expected one of ")[2].removesuffix(", found an unknown option").split(", "):
        assert re.search(rf"(^|\n|`|# ){option}( =|`)", PAGE), option


def test_the_page_names_every_scheme() -> None:
    for name in SCHEMES:
        assert f"`{name}`" in PAGE or f"`-{name.rpartition('-')[2]}`" in PAGE
