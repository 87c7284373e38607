"""The power goes at every point of what the journal does: what was accepted is there, and the file is sound.

A short run of what tests/soak does at length, and the proof that it would see a bug.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from disk_replay import Act, Disk
from power_cuts import power_cuts

CUTS = 500


def test_power_cuts_lose_nothing_accepted(tmp_path: Path) -> None:
    done = power_cuts(tmp_path, CUTS)
    assert done.commits >= 8
    assert done.reports > 100


@pytest.mark.parametrize(
    ("bug", "found"),
    [
        ("accepted before it is committed", "accepted and not there"),
        ("WAL in NORMAL", "accepted and not there|settled is back|bdSeq|from nowhere"),
        ("numbering restarts", "given out again|comes again|given out before"),
    ],
)
def test_a_planted_bug_is_seen(tmp_path: Path, bug: str, found: str) -> None:
    with pytest.raises(AssertionError, match=found):
        power_cuts(tmp_path, 5 * CUTS, bug=bug)


def test_the_disk_keeps_what_was_synced_and_of_the_rest_some(tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    (folder / "old").write_bytes(b"o" * 600)
    disk = Disk(folder)
    acts = [
        Act("O", 1, 0, b"/d/new"), Act("C", 1, 0, b"/d/new"), Act("W", 1, 0, b"a" * 1024), Act("S", 1, 0, b""),
        Act("D", 9, 0, b"/d"), Act("W", 1, 512, b"b" * 1024), Act("T", 1, 100, b""), Act("R", 0, 0, b"/d/old\0/d/older"),
    ]  # fmt: skip
    for act in acts:
        disk.do(act)
    seen: dict[str, set[bytes]] = {"nothing": set(), "all": set(), "beginning": set(), "sectors": set()}
    names = set()
    for mode, bodies in seen.items():
        for seed in range(60):
            disk.cut(mode, random.Random(seed), tmp_path / "cut")
            bodies.add((tmp_path / "cut" / "new").read_bytes())
            names.add(frozenset(file.name for file in (tmp_path / "cut").iterdir()))
    a, b = b"a" * 512, b"b" * 512
    assert seen["nothing"] == {a + a}
    assert seen["all"] == {a[:100]}
    assert seen["beginning"] == {a + a, a + b + b, a[:100]}
    assert seen["sectors"] == {a + a, a + b, a + a + b, a + b + b, a[:100]}
    assert names == {frozenset({"new", "old"}), frozenset({"new", "older"})}
