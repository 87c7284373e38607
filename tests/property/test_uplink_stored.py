"""With proof by the platform nothing that was told is missing on its disk, whatever breaks; two planted bugs are seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from stored_model import run


@pytest.mark.parametrize("seed", range(6))
def test_what_is_settled_is_on_the_hosts_disk(tmp_path: Path, seed: int) -> None:
    """Connections break, the broker drops what it should tell the host, the host is killed before it stores, or is mute."""
    outcome = run(seed, folder=tmp_path if seed % 2 else None)
    assert (outcome.missing, outcome.left, outcome.refused) == (set(), 0, 0)


def test_a_host_that_stores_in_time_keeps_telemetry_off_the_card() -> None:
    outcome = run(1, calm=True)
    assert (outcome.missing, outcome.left, outcome.commits) == (set(), 0, 0)


@pytest.mark.parametrize("bug", ["hasty", "by_broker"])
def test_a_planted_bug_is_seen(bug: str) -> None:
    """A host that says it has stored what it has only heard; a node that believes the broker."""
    runs = [run(seed, hasty=bug == "hasty", by_broker=bug == "by_broker") for seed in range(3)]
    assert sum(bool(outcome.missing) for outcome in runs) >= 2
