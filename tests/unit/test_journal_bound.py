"""The bound of the file: the oldest are dropped and counted, and what has been accepted before them stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.journal.records import JournalFault, Report
from journal_reports import bulky, numbers, opened, report, whole

MAX_BYTES = 1_000_000


def test_filled_three_times_over_the_newest_are_there_and_the_rest_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    known: dict[int, Report] = {}
    largest = 0
    with opened(path, max_bytes=MAX_BYTES) as store:
        while len(known) < 15_000:  # about 3 MB
            new = bulky(300, len(known))
            known |= dict(zip(store.commit(new, ()), new, strict=True))
            largest = max(largest, store.facts().size_bytes)
    with opened(path, max_bytes=MAX_BYTES) as store:
        facts = store.facts()
        entries = whole(store)
    assert numbers(entries) == list(range(facts.dropped + 1, 15_001))
    assert all(known[entry.number] == entry.report for entry in entries)
    assert facts.waiting == len(entries) == 15_000 - facts.dropped
    assert facts.fault == ""
    assert MAX_BYTES / 2 < largest <= MAX_BYTES
    assert facts.waiting * 100 > MAX_BYTES / 3, "the bound is used"


def test_what_is_settled_makes_room_before_anything_is_dropped(tmp_path: Path) -> None:
    with opened(tmp_path / "journal.db", max_bytes=MAX_BYTES) as store:
        before: list[int] = []
        for seed in range(60):
            before = store.commit(bulky(300, seed), before)
        assert store.facts().dropped == 0
        assert numbers(whole(store)) == before


def test_single_reports_are_dropped_too(tmp_path: Path) -> None:
    with opened(tmp_path / "journal.db", max_bytes=MAX_BYTES) as store:
        for seed in range(300):
            store.commit([*bulky(1, seed), report("x" * 1000, mono_s=60.0 * (10_000 * seed + 1))], ())
        for seed in (1000, 2000):
            store.commit(bulky(3000, seed), ())
        facts = store.facts()
        assert facts.dropped > 0
        assert numbers(whole(store)) == list(range(facts.dropped + 1, 6601))


def test_a_batch_that_can_never_fit_changes_nothing(tmp_path: Path) -> None:
    with opened(tmp_path / "journal.db", max_bytes=MAX_BYTES) as store:
        store.commit([report(1)], ())
        with pytest.raises(JournalFault, match=r"kB at once are more than it may hold; raise \[uplink\] journal_mb"):
            store.commit(bulky(5000), [1])
        assert numbers(whole(store)) == [1]
        assert store.facts().dropped == 0
        assert store.commit([report(2)], [1]) == [2]
        assert store.facts().fault == ""


def test_a_bound_that_was_lowered_drops_nothing_that_fits_into_the_file(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with opened(path, max_bytes=4 * MAX_BYTES) as store:
        for seed in range(20):
            store.commit(bulky(400, seed), ())
        size = store.facts().size_bytes
        assert size > MAX_BYTES
    with opened(path, max_bytes=MAX_BYTES) as store:
        store.commit((), list(range(1, 2001)))
        store.commit(bulky(100), ())
        assert store.facts().dropped == 0
        store.commit(bulky(3000), ())
        facts = store.facts()
        assert facts.dropped > 0
        assert numbers(whole(store)) == list(range(2001 + facts.dropped, 11_101))
