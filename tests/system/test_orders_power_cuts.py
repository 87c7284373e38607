"""The power goes at every point of what is done to the file of orders: what was in force is known, and comes once.

A short run of what tests/soak does at length, and the proof that it would see a bug.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import orders_bugs
from orders_cuts import orders_cuts

CUTS = 600


def test_power_cuts_forget_no_command(tmp_path: Path) -> None:
    done = orders_cuts(tmp_path, CUTS)
    assert done.commands > 20


@pytest.mark.parametrize(
    ("bug", "found"),
    [
        ("answered before it is synced", "forgotten"),
        ("answered again before it is synced", "was answered and is forgotten"),
        ("lines without a sync", "forgotten|was not in force"),
        ("made anew without a sync", "forgotten"),
        ("made anew without its name", "forgotten"),
        ("made anew in place", "forgotten"),
        ("a torn line is believed", "forgotten|has gone back"),
    ],
)
def test_a_planted_bug_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bug: str, found: str) -> None:
    if bug == "a torn line is believed":
        monkeypatch.setattr("agent.orders.log.read", orders_bugs.torn_believed)
    with pytest.raises(AssertionError, match=found):
        orders_cuts(tmp_path, 5 * CUTS, bug=bug)
