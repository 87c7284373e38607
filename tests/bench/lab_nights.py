"""Nights for the benches of the lab: shipped ones, also with faults and with real sensors, and recorded ones."""

from __future__ import annotations

import csv
import gzip
import os
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import msgspec

from agent.cli.lab.load import FOLDER, FilesBeside, load_file
from agent.config.errors import ConfigError
from agent.config.table import Ledger
from agent.lab.play import Account, Play
from agent.lab.read import read
from agent.lab.records import Faults, Scenario, Sensing
from agent.lab.schemes import SCHEMES

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.setdefault("GADELYS_DATA", str(ROOT.parent / "shared" / "data")))
SITES = DATA / "basel-passages" / "sites.csv"

HARD = Faults(lost_share=0.05, dead_share=0.1, outage_s=(3 * 3600.0, 4 * 3600.0))
REAL = Sensing(reach_m=10.0, delay_s=0.5, clears_s=5.0)


def shipped(name: str) -> Scenario:
    """Return a shipped scenario."""
    return load_file(FOLDER / f"{name}.toml")


def with_faults(scenario: Scenario) -> Scenario:
    """Return it with 5 % of messages lost, one sensor in ten dead, and one hour without network, from 21:00 on."""
    return msgspec.structs.replace(scenario, faults=HARD)


def with_real_sensors(scenario: Scenario) -> Scenario:
    """Return it with sensors as they are: 10 m to either side, clear after 5 s."""
    return msgspec.structs.replace(scenario, sensing=REAL)


def played(scenario: Scenario, scheme: str) -> Account:
    """Return what a night under a scheme came to."""
    return Play(scenario).run(SCHEMES[scheme](scenario))


def recorded_sites() -> list[tuple[str, list[date]]]:
    """Return the recorded streets, quiet ones first, with their evenings whose nights are whole. Empty without the data."""
    if not SITES.is_file():
        return []
    with SITES.open(encoding="utf-8") as lines:
        rows = [*csv.DictReader(lines)]
    return [(row["site"], [*_evenings(row)]) for row in rows]


def recorded(site: str, evening: date) -> Scenario:
    """Return a recorded night, from 18:00 to 06:00, on the street of the shipped scenarios; the radar stood at its middle."""
    values = {
        "title": f"{site}, {evening}",
        "night": {"date": evening.isoformat(), "time_zone": "Europe/Zurich"},
        "street": {"scored_from_m": 300, "scored_to_m": 900},
        "users": {
            "recorded": {
                "kind": "vehicle",
                "source": "passages",
                "file": "$GADELYS_DATA/basel-passages/passages.csv.gz",
                "site": site,
            }
        },
    }
    ledger = Ledger({})
    scenario = read(f"{site}-{evening}", values, ledger, _Passages(site))
    if ledger.mistakes:
        raise ConfigError(SITES, ledger.mistakes)
    return scenario


class _Passages(FilesBeside):
    """The passages of one site alone: the file has nine."""

    def __init__(self, site: str) -> None:
        super().__init__(DATA)
        self._site = site

    def text(self, name: str) -> str:
        assert name.endswith("passages.csv.gz")
        return _passages(self._site)


@cache
def _passages(site: str) -> str:
    with gzip.open(DATA / "basel-passages" / "passages.csv.gz", "rt", encoding="utf-8") as lines:
        return "".join(line for number, line in enumerate(lines) if not number or f",{site}," in line)


def _evenings(row: dict[str, str]) -> Iterator[date]:
    """All evenings but the last: its night goes on after the recording."""
    first, last = (date.fromisoformat(row[key]) for key in ("first_local_day", "last_local_day"))
    while first < last:
        yield first
        first += timedelta(days=1)
