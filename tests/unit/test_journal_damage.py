"""A file that is damaged, foreign or too new: set aside, told, begun anew; what is believed is what was written."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.journal.chunk import Chunk, State, pack, pack_state
from agent.journal.file import set_aside
from agent.journal.records import JournalFault, Limits, Report
from agent.journal.store import Store
from journal_reports import alarm, bulky, copied, numbers, opened, report, whole

OF_THE_FIRST = (
    "PRAGMA application_id = 1734437484",
    "PRAGMA user_version = 1",
    "CREATE TABLE state (one INTEGER PRIMARY KEY CHECK (one = 1), body BLOB NOT NULL)",
    "CREATE TABLE chunks (last INTEGER PRIMARY KEY, count INTEGER NOT NULL, body BLOB NOT NULL)",
)
ROUNDS = 150
COMMITS = 12


@pytest.fixture
def kept(tmp_path: Path) -> tuple[Path, dict[int, Report]]:
    """A closed journal of some hundred kB and what is in it."""
    path = tmp_path / "journal.db"
    known: dict[int, Report] = {}
    with opened(path) as store:
        for commit in range(COMMITS):
            new = bulky(100, commit)
            known |= dict(zip(store.commit(new, ()), new, strict=True))
        store.commit((), list(range(1, 151)))
    return path, {number: report for number, report in known.items() if number > 150}


def test_a_flipped_page_is_never_believed(kept: tuple[Path, dict[int, Report]], tmp_path: Path) -> None:
    path, known = kept
    sound = path.read_bytes()
    saved = []
    for seed in range(ROUNDS):
        random_ = random.Random(seed)
        body = bytearray(sound)
        for _ in range(random_.choice([1, 1, 3, 20])):
            # One in three in the first pages, where the head, the state and the trees' roots are.
            end = 4096 if random_.random() < 1 / 3 else len(body)
            place, length = random_.randrange(end), random_.choice([1, 1, 16, 1024])
            part = random_.randbytes(length)[: len(body) - place]
            body[place : place + len(part)] = part
        harmed = tmp_path / str(seed) / "journal.db"
        harmed.parent.mkdir()
        harmed.write_bytes(body)
        saved.append(believes_only(harmed, known))
    anew = [count for count in saved if count is not None]
    assert 10 < len(anew) < ROUNDS, "some of it is fatal, some only costs a commit's reports"
    assert max(anew) > 0.9 * len(known), "what can be read is read"


def believes_only(path: Path, known: dict[int, Report]) -> int | None:
    """Use a damaged journal: what it tells was written so, and it keeps and counts on. Return what was saved if begun anew."""
    with opened(path, max_bytes=4_000_000) as store:
        told = {entry.number: entry.report for entry in whole(store)}
        new = store.commit([report("new")], ())
        anew = path.with_name("journal.db.broken").exists()
        if anew:
            told = {entry.number: entry.report for entry in whole(store) if entry.number not in new}
            assert new == [len(told) + 1]
            assert {report.value for report in told.values()} <= {report.value for report in known.values()}
            assert f"; {len(told)} reports could be read" in store.facts().fault
            assert "journal.db: begun anew (" in store.facts().fault
        else:
            assert told.items() <= known.items()
            assert new == [COMMITS * 100 + 1]
            assert store.facts().dropped == len(known) - len(told)
            assert bool(store.facts().fault) == (len(told) < len(known))
        assert store.facts().waiting == len(told) + 1
        store.commit((), [*told, *new])
        assert whole(store) == []
    return len(told) if anew else None


def test_a_truncated_file_is_never_believed(kept: tuple[Path, dict[int, Report]], tmp_path: Path) -> None:
    path, known = kept
    sound = path.read_bytes()
    for length in [2, 15, 16, 99, 100, 1023, 1024, 1025, 2048, 5000, *range(10_000, len(sound), 9_973)]:
        harmed = tmp_path / str(length) / "journal.db"
        harmed.parent.mkdir()
        harmed.write_bytes(sound[:length])
        believes_only(harmed, known)


@pytest.mark.parametrize("length", [0, 1])
def test_an_empty_file_is_a_new_one(kept: tuple[Path, dict[int, Report]], length: int) -> None:
    path, _ = kept
    with opened(path) as store:
        before = store.facts().store_id
    path.write_bytes(path.read_bytes()[:length])
    with opened(path) as store:
        assert whole(store) == []
        assert store.commit([report()], ()) == [1]
        assert store.facts().store_id != before


def test_a_log_of_random_bytes_costs_no_more_than_itself(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with opened(path) as store:
        store.commit([report(1)], ())
    random_ = random.Random(1)
    path.with_name("journal.db-wal").write_bytes(random_.randbytes(40_000))
    with opened(path) as store:
        assert numbers(whole(store)) == [1]
        assert store.commit([report(2)], ()) == [2]


def other_database(path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE somebody (elses TEXT)")
    db.commit()
    db.close()


def with_state(statement: str) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        with opened(path) as store:
            store.commit([report()], ())
        db = sqlite3.connect(path)
        db.execute(statement)
        db.commit()
        db.close()

    return change


@pytest.mark.parametrize(
    ("harm", "reason", "name"),
    [
        (lambda path: path.write_text("not a database, " * 200), "not a database", "journal.db.broken"),
        (lambda path: path.write_text("short"), "not a database", "journal.db.broken"),
        (lambda path: path.write_bytes(bytes(50_000)), "not a database", "journal.db.broken"),
        (other_database, "it is no journal", "journal.db.broken"),
        (with_state("PRAGMA user_version = 3"), "made by a newer version, schema 3", "journal.db.newer"),
        (with_state("PRAGMA user_version = 0"), "schema 0 is not known", "journal.db.broken"),
        (with_state("DELETE FROM state"), "its state is gone", "journal.db.broken"),
        (with_state("UPDATE state SET body = 5"), "its state is gone", "journal.db.broken"),
        (with_state("UPDATE state SET body = x'00112233'"), "checksum of its state", "journal.db.broken"),
        (with_state("DROP TABLE telemetry"), "no such table", "journal.db.broken"),
        (with_state("DELETE FROM telemetry"), "1 reports should be there, and there are 0", "journal.db.broken"),
        (with_state("UPDATE telemetry SET count = 2"), "chunk 1 is not what was written", "journal.db.broken"),
        (with_state("UPDATE telemetry SET last = 9"), "chunk 9 is not what was written", "journal.db.broken"),
        (with_state("UPDATE telemetry SET body = 'text'"), "chunk 1 is not what was written", "journal.db.broken"),
    ],
)
def test_what_cannot_be_used_is_set_aside_and_kept(
    tmp_path: Path, harm: Callable[[Path], None], reason: str, name: str
) -> None:
    path = tmp_path / "journal.db"
    harm(path)
    before = path.read_bytes()
    with opened(path) as store:
        saved = whole(store)
        assert [entry.report.value for entry in saved] in ([], [1.5])
        assert store.commit([report()], ()) == [len(saved) + 1]
        fault = store.facts().fault
    assert fault.startswith(f"{path}: begun anew (")
    assert reason in fault
    assert fault.endswith(f"{len(saved)} reports could be read, the old one is kept as {name}")
    assert (tmp_path / name).read_bytes() == before


def test_what_can_be_read_of_a_damaged_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    new = [report(1, wall_ms=1_760_000_000_000), alarm(False), report(2)]
    with opened(path, boot="boot 1") as store:
        for each in new:
            store.commit([each], (), offset_ms=1_000_000)
        before = store.facts().store_id
    with_state("UPDATE state SET body = x'00'")(path)
    with opened(path, boot="boot 2") as store:
        kept = whole(store)
        assert [entry.report.value for entry in kept] == [False, 1, 2, 1.5]
        assert [entry.report.urgent for entry in kept] == [True, False, False, False]
        assert store.facts().store_id != before, "its numbers begin anew, so its name must be another"
        assert numbers(kept) == [1, 2, 3, 4]


def test_a_file_of_the_first_schema_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    db = sqlite3.connect(path)
    for statement in OF_THE_FIRST:
        db.execute(statement)
    chunk = Chunk(3, "boot 1", (2, 3), (report(2, wall_ms=7), report(3, wall_ms=8)))
    db.execute("INSERT INTO chunks VALUES (3, 2, ?)", (pack(chunk),))
    db.execute("INSERT INTO state VALUES (1, ?)", (pack_state(State("the first", 7, 5, 2, 1)),))
    db.commit()
    db.close()
    with opened(path) as store:
        assert [(entry.number, entry.report.value) for entry in whole(store)] == [(2, 2), (3, 3)]
        facts = store.facts()
        assert (facts.store_id, facts.waiting, facts.dropped, facts.fault) == ("the first", 2, 1, "")
        assert store.next_bd_seq() == 8
        assert store.commit([report()], [2]) == [6]


def test_begun_anew_it_has_another_id_and_one_old_file_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    ids = []
    for harm in (b"", b"first" * 500, b"second" * 500):
        if harm:
            path.write_bytes(harm)
        with opened(path) as store:
            ids.append(store.facts().store_id)
            assert store.next_bd_seq() == 0
    assert len(set(ids)) == 3
    assert sorted(file.name for file in tmp_path.iterdir()) == ["journal.db", "journal.db.broken"]
    assert (tmp_path / "journal.db.broken").read_bytes() == b"second" * 500


def test_damage_that_is_met_while_running_does_not_lose_the_commit(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with opened(path) as store:
        before = store.facts().store_id
        store.commit([report()], ())
        assert store._db is not None
        store._db.execute("UPDATE state SET body = x'00'")
        assert store.commit([report("new")], [1]) == [2], "1 was a number of the other file"
        assert [entry.report.value for entry in whole(store)] == [1.5, "new"]
        assert store.facts().store_id != before


def test_a_log_whose_file_was_set_aside_is_not_believed(tmp_path: Path) -> None:
    """The agent was killed between the two renames of setting aside."""
    with opened(tmp_path / "a" / "journal.db") as store:
        store.commit(bulky(50), ())
        left = copied(tmp_path / "a" / "journal.db", tmp_path / "b")
    assert left.with_name("journal.db-wal").stat().st_size > 0
    left.unlink()
    with opened(left) as store:
        assert whole(store) == []
        assert store.commit([report()], ()) == [1]
        assert store.facts().fault == ""


def test_its_log_goes_with_it_and_that_of_an_earlier_one_goes_away(tmp_path: Path) -> None:
    def files() -> dict[str, str]:
        return {file.name: file.read_text() for file in tmp_path.iterdir()}

    path = tmp_path / "journal.db"
    path.write_text("first")
    path.with_name("journal.db-wal").write_text("its log")
    assert set_aside(path, ".broken") == tmp_path / "journal.db.broken"
    assert files() == {"journal.db.broken": "first", "journal.db.broken-wal": "its log"}
    path.write_text("second")
    set_aside(path, ".broken")
    assert files() == {"journal.db.broken": "second"}


def test_a_file_that_cannot_be_set_aside_is_a_fault_until_it_can(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    path.write_text("not a database, " * 200)
    (tmp_path / "journal.db.broken" / "in the way").mkdir(parents=True)
    store = Store(path, Limits(1_000_000), "this boot")
    with pytest.raises(JournalFault, match="cannot be written"):
        store.open()
    assert "cannot be written" in store.facts().fault
    (tmp_path / "journal.db.broken" / "in the way").rmdir()
    (tmp_path / "journal.db.broken").rmdir()
    assert store.commit([report()], ()) == [1]
    store.close()
