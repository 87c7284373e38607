"""The parameters of our scheme are what the search chose, by its rule (`./dev bench lab-front`)."""

from __future__ import annotations

import msgspec
import pytest

import lab_choice
from lab_choice import Row

GOOD = Row(
    values={},
    energy_pct={"s1": 3.6, "s2": 11.4, "s3": 29.0, "s4": 51.0, "street": 5.0},
    utility=0.999,
    under_lit_pct=0.0,
    street_utility=0.9985,
    over_lease_pct=-0.1,
    real_utility=0.999,
    real_under_lit_pct=0.2,
    simulated_under_lit_pct=3.0,
    faults_under_lit_pct=0.03,
    faults_dark_pct=0.0,
    commands=99.0,
)


def test_the_parameters_are_the_chosen_ones() -> None:
    row = lab_choice.chosen(lab_choice.found())
    assert row is not None
    assert row.values == lab_choice.present()


def test_every_set_was_judged_on_shipped_and_recorded_nights() -> None:
    assert {len(row.energy_pct) for row in lab_choice.found()} == {len(lab_choice.GOAL_PCT) + 9}


@pytest.mark.parametrize(
    ("figure", "missed"),
    [
        ({"energy_pct": {**GOOD.energy_pct, "s1": 3.71}}, "energy"),
        ({"utility": 0.9979}, "utility"),
        ({"under_lit_pct": 0.11}, "under-lit"),
        ({"street_utility": 0.9979}, "recorded streets"),
        ({"over_lease_pct": 0.01}, "neighbour lease"),
        ({"real_utility": 0.998}, "real sensors"),
        ({"real_under_lit_pct": 0.3}, "real sensors"),
        ({"simulated_under_lit_pct": 4.1}, "simulated street"),
        ({"faults_under_lit_pct": 0.06}, "faults"),
        ({"faults_dark_pct": 0.001}, "faults"),
        ({"commands": 101.0}, "commands"),
    ],
)
def test_what_is_not_good_enough_is_not_chosen(figure: dict[str, float], missed: str) -> None:
    bad = msgspec.structs.replace(GOOD, **figure)
    assert bad.misses == [missed]
    assert lab_choice.chosen([bad]) is None
    assert lab_choice.chosen([bad, GOOD]) is GOOD


def test_the_least_energy_is_chosen() -> None:
    less = msgspec.structs.replace(GOOD, energy_pct={**GOOD.energy_pct, "s4": 49.0}, utility=0.9981)
    assert lab_choice.chosen([GOOD, less]) is less


def test_where_energies_hardly_differ_the_worst_street_counts() -> None:
    less = msgspec.structs.replace(GOOD, energy_pct={**GOOD.energy_pct, "s4": 50.5}, street_utility=0.9984)
    assert lab_choice.chosen([GOOD, less]) is GOOD


def test_parameters_can_be_put_and_are_read_back() -> None:
    before = lab_choice.present()
    other = {name: 2 * value for name, value in before.items()}
    holds = {name: before[name] for name in lab_choice.HOLDS}  # of a record, given with each scenario
    try:
        lab_choice.put(other)
        assert lab_choice.present() == other | holds
    finally:
        lab_choice.put(before)
    assert lab_choice.present() == before
