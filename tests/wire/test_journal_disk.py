"""A disk that is full, read-only or failing: a fault with its remedy, nothing accepted is lost, and it recovers by itself."""

from __future__ import annotations

import contextlib
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.journal.records import JournalFault, Limits
from agent.journal.store import Store
from journal_reports import bulky, numbers, opened, report, whole

PLENTY = 64_000_000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "none", str(folder)], check=False, capture_output=True, text=True
    )
    if done.returncode != 0:
        pytest.skip(f"a small file system cannot be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def filled(store: Store) -> tuple[list[int], str]:
    """Commit until there is a fault; return what was accepted, and the fault."""
    accepted: list[int] = []
    for seed in range(200):
        try:
            accepted += store.commit(bulky(200, seed), ())
        except JournalFault as fault:
            return accepted, str(fault)
    raise AssertionError("the disk never became full")


def test_a_disk_that_the_journal_fills_keeps_room_for_deletions(small_disk: Path) -> None:
    with opened(small_disk / "journal.db", max_bytes=PLENTY) as store:
        accepted, fault = filled(store)
        assert fault == f"{small_disk}/journal.db: the disk is full; make room on it" == store.facts().fault
        assert numbers(whole(store)) == accepted
        assert len(accepted) > 4000
        for begin in range(0, len(accepted), 100):
            store.commit((), accepted[begin : begin + 100])
        assert whole(store) == []
        assert store.commit(bulky(2000), ())[0] == accepted[-1] + 1, "the room in the file is used again"
        assert store.facts().fault == ""


def test_a_disk_that_others_fill(small_disk: Path) -> None:
    with opened(small_disk / "journal.db", max_bytes=PLENTY) as store:
        accepted = store.commit(bulky(500), ())
        with contextlib.suppress(OSError), (small_disk / "filler").open("wb", buffering=0) as filler:
            while True:
                filler.write(bytes(1000))
        with pytest.raises(JournalFault, match="the disk is full; make room on it"):
            store.commit(bulky(3000), ())
        assert numbers(whole(store)) == accepted
        (small_disk / "filler").unlink()
        assert store.commit(bulky(3000), ())[0] == accepted[-1] + 1
        assert store.facts().fault == ""


def test_a_full_disk_at_the_start(small_disk: Path) -> None:
    with contextlib.suppress(OSError), (small_disk / "filler").open("wb", buffering=0) as filler:
        while True:
            filler.write(bytes(1000))
    store = Store(small_disk / "new" / "journal.db", Limits(PLENTY), "this boot")
    with pytest.raises(JournalFault):
        store.open()
    assert store.facts().fault
    (small_disk / "filler").unlink()
    assert store.commit([report()], ()) == [1]
    assert store.facts().fault == ""
    store.close()


def test_a_read_only_disk(small_disk: Path) -> None:
    path = small_disk / "journal.db"
    with opened(path, max_bytes=PLENTY) as store:
        store.commit([report()], ())
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    store = Store(path, Limits(PLENTY), "this boot")
    for _ in range(2):
        with pytest.raises(
            JournalFault, match="the file system is read-only; look at the card, then mount it for writing"
        ):
            store.commit([report()], ())
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    assert store.commit([report()], ()) == [2]
    assert store.facts().fault == ""
    store.close()


@contextlib.contextmanager
def largest_file(bytes_: int) -> Iterator[None]:
    """Every write beyond this many bytes of a file fails, as those to a bad block do."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("kept_bytes", [0, 1, 500, 4096, 20_000, 60_000])
def test_writes_that_fail_accept_nothing_and_lose_nothing(tmp_path: Path, kept_bytes: int) -> None:
    path = tmp_path / "journal.db"
    with opened(path, max_bytes=PLENTY) as store:
        accepted = store.commit(bulky(100), ())
        with largest_file(path.with_name("journal.db-wal").stat().st_size + kept_bytes):
            with pytest.raises(JournalFault, match="the disk fails"):
                store.commit(bulky(1000), accepted[:50])
            assert "the disk fails" in store.facts().fault
        assert numbers(whole(store)) == accepted
        assert store.commit([report()], accepted) == [accepted[-1] + 1]
        assert store.facts().fault == ""


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = Store(tmp_path / "file" / "journal.db", Limits(PLENTY), "this boot")
    with pytest.raises(JournalFault, match=r"file/journal\.db: cannot be written .*\[uplink\] journal"):
        store.open()
    (tmp_path / "file").unlink()
    assert store.commit([report()], ()) == [1]
    store.close()
