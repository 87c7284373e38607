"""The journal as the event loop sees it."""

from __future__ import annotations

import asyncio
import math
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from agent.journal.journal import Journal
from agent.journal.records import Entry, JournalFault, Limits
from journal_reports import copied, numbers, opened, report, whole


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    journal = Journal(tmp_path / "kept" / "journal.db", Limits(1_000_000), "this boot")
    yield journal
    await journal.close()


async def test_what_is_committed_is_read_in_order_until_it_is_settled(journal: Journal) -> None:
    await journal.open()
    first = [report(n) for n in range(5)]
    assert await journal.commit(first) == [1, 2, 3, 4, 5]
    assert await journal.oldest(2) == [Entry(1, first[0]), Entry(2, first[1])]
    assert numbers(await journal.oldest(2, after=2)) == [3, 4]
    assert await journal.commit([report("new")], settled=[1, 2, 4]) == [6]
    assert numbers(await journal.oldest(10)) == [3, 5, 6]
    await journal.settle([3, 5, 6, 7, 1])
    assert await journal.oldest(10) == []
    assert await journal.commit([report()]) == [7], "numbers go on when the queue has drained"


async def test_facts_need_no_call(journal: Journal) -> None:
    assert journal.facts().store_id == ""
    await journal.open()
    facts = journal.facts()
    assert (len(facts.store_id), facts.waiting, facts.dropped, facts.fault) == (16, 0, 0, "")
    assert facts.size_bytes > 0
    await journal.commit([report(), report()])
    assert journal.facts().waiting == 2
    assert journal.facts().store_id == facts.store_id


async def test_all_is_done_in_one_thread_that_is_gone_after_close(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db", Limits(1_000_000), "this boot")
    await journal.open()
    await asyncio.gather(*(journal.commit([report(n)]) for n in range(20)))
    assert journal.facts().waiting == 20
    threads = [thread for thread in threading.enumerate() if thread.name.startswith("journal")]
    assert len(threads) == 1
    await journal.close()
    threads[0].join(5)
    assert not threads[0].is_alive()


async def test_bd_seq_counts_to_255_and_over_restarts(tmp_path: Path) -> None:
    seen = []
    for _ in range(3):
        journal = Journal(tmp_path / "journal.db", Limits(1_000_000), "this boot")
        seen += [await journal.next_bd_seq() for _ in range(90)]
        await journal.close()
    assert seen == [*range(256), *range(14)]


async def test_bd_seq_is_on_the_disk_before_it_is_returned(journal: Journal, tmp_path: Path) -> None:
    path = tmp_path / "kept" / "journal.db"
    assert [await journal.next_bd_seq() for _ in range(3)] == [0, 1, 2]
    with opened(copied(path, tmp_path / "as after a kill")) as store:
        assert store.next_bd_seq() == 3


async def test_a_report_of_an_earlier_boot_says_so(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with opened(path, boot="boot 1") as store:
        store.commit([report(mono_s=5.0), report(mono_s=6.0, wall_ms=1_760_000_000_000)], ())
    with opened(path, boot="boot 2") as store:
        store.commit([report(mono_s=1.0)], [])
        entries = whole(store)
        assert [entry.this_boot for entry in entries] == [False, False, True]
        assert [entry.report.wall_ms for entry in entries] == [None, 1_760_000_000_000, None]
        store.commit((), [2])
        assert [entry.this_boot for entry in whole(store)] == [False, True], "also when its chunk was written again"


async def test_a_report_that_cannot_be_kept_changes_nothing(journal: Journal) -> None:
    await journal.commit([report()])
    with pytest.raises(ValueError, match="lum-03/lamp/dimming_level: nan cannot be kept"):
        await journal.commit([report(), report(math.nan)], settled=[1])
    assert numbers(await journal.oldest(10)) == [1]
    assert await journal.commit([report()]) == [2]


async def test_a_fault_is_logged_when_it_begins_and_when_it_ends(tmp_path: Path) -> None:
    (tmp_path / "journal.db").mkdir()
    journal = Journal(tmp_path / "journal.db", Limits(1_000_000), "this boot")
    with capture_logs() as logs:
        with pytest.raises(JournalFault, match=r"journal\.db: is a folder; name a file in \[uplink\] journal"):
            await journal.open()
        with pytest.raises(JournalFault):
            await journal.commit([report()])
        assert "is a folder" in journal.facts().fault
        (tmp_path / "journal.db").rmdir()
        assert await journal.commit([report()]) == [1], "the next call tries again"
    assert [line["event"] for line in logs] == ["journal_fault", "journal_well"]
    assert journal.facts().fault == ""
    await journal.close()


async def test_a_journal_that_was_never_opened_can_be_closed(tmp_path: Path) -> None:
    await Journal(tmp_path / "journal.db", Limits(1_000_000), "this boot").close()
    assert not list(tmp_path.iterdir())


def test_too_small_a_bound_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 1000000"):
        Journal(tmp_path / "journal.db", Limits(999_999), "this boot")


def test_sqlite_is_loaded_only_when_a_journal_is_opened() -> None:
    code = "import sys, agent.journal.journal; sys.exit('sqlite3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=30).returncode == 0


def test_a_commit_waits_for_the_disk(tmp_path: Path) -> None:
    with opened(tmp_path / "journal.db") as store:
        assert store._db is not None
        assert store._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert store._db.execute("PRAGMA synchronous").fetchone() == (2,), "FULL: only so it survives a power cut"


def test_one_file_has_one_holder(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with opened(path) as first:
        first.commit([report()], ())
        with pytest.raises(JournalFault, match="another process holds it"), opened(path):
            pass
    with opened(path) as second:
        assert numbers(whole(second)) == [1]
