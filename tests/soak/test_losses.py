"""The campaigns of the journal and the uplink: power cuts, kills, outages. Before each, planted bugs must be seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from power_cuts import power_cuts
from stored_model import run
from uplink_campaign import kills, outages

CUTS = 10_000
KILLS, KILLED_NODES = 1000, 8
OUTAGES, CUT_OFF_NODES = 200, 10
HOSTS = 200


@pytest.mark.parametrize("bug", ["accepted before it is committed", "WAL in NORMAL", "numbering restarts"])
def test_power_cuts_see_a_planted_bug(tmp_path: Path, bug: str) -> None:
    with pytest.raises(AssertionError):
        power_cuts(tmp_path, CUTS, bug=bug)


@pytest.mark.parametrize("bug", ["forgotten requeue", "proven when sent", "numbered anew"])
def test_outages_see_a_planted_bug(tmp_path: Path, bug: str) -> None:
    verdict = outages(tmp_path, 12, 6, bug)
    assert not verdict.well
    print(f"{bug}: seen ({verdict})")


def test_ten_thousand_power_cuts(tmp_path: Path) -> None:
    done = power_cuts(tmp_path, CUTS)
    print(f"{done.cuts} power cuts in {done.commits} commits of {done.reports} reports: nothing accepted is missing")


def test_a_thousand_kills(tmp_path: Path) -> None:
    verdict = kills(tmp_path, KILLS, KILLED_NODES)
    print(f"{KILLS} kills: {verdict}")
    assert verdict.well


def test_two_hundred_outages(tmp_path: Path) -> None:
    verdict = outages(tmp_path, OUTAGES, CUT_OFF_NODES)
    print(f"{OUTAGES} outages: {verdict}")
    assert verdict.well


def test_two_hundred_hosts_in_trouble(tmp_path: Path) -> None:
    """With proof by the platform: kills, gaps and outages in virtual time, half of them with the real journal."""
    outcomes = [run(seed, folder=tmp_path if seed % 2 else None) for seed in range(HOSTS)]
    print(
        f"{HOSTS} hosts in trouble: {sum(outcome.commits for outcome in outcomes)} commits of nodes, nothing settled is missing"
    )
    assert not any(outcome.missing or outcome.left or outcome.refused for outcome in outcomes)
