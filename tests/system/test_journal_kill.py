"""Kill -9 in the midst of commits: what was accepted is there, what was settled is not, no number comes twice.

A killed process leaves what it wrote in the kernel's hands, so this says nothing of a power cut.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.journal.records import Entry
from journal_judge import Judge
from journal_kills import kill_rounds
from journal_reports import report

ROUNDS = 20


def test_kills_lose_nothing_accepted(tmp_path: Path) -> None:
    judge = kill_rounds(tmp_path / "journal.db", ROUNDS)
    assert judge.bd_seq == ROUNDS - 1
    assert judge.commits > 5 * ROUNDS
    assert judge.drained > 0
    assert len(judge.settled) > 1000


def heard(judge: Judge, lines: list[str]) -> None:
    for line in lines:
        judge.hear(line)


def told_and_there(judge: Judge, lines: list[str], entries: list[Entry]) -> None:
    heard(judge, lines)
    judge.there(entries, judge.store_id)


# What the judge must see: a journal that commits after it has answered, that counts from 1 again, …
@pytest.mark.parametrize(
    ("lines", "found", "word"),
    [
        (["bd 0", "begin", "done 1:10 2:11"], {1: 10}, "accepted and not there"),
        (["bd 0", "begin", "done 1:10 2:11"], {1: 10, 2: 12}, "other values"),
        (["bd 0", "begin", "done 1:10", "begin 1", "done 2:11"], {1: 10, 2: 11}, "settled is back"),
        (["bd 0", "begin", "done 1:10 2:11", "begin 1 2"], {2: 11}, "half of a transaction"),
        (["bd 0", "begin", "done 2:10", "begin 2", "done", "begin"], {1: 11}, "from nowhere"),
        (["bd 0", "begin", "done 1:10", "begin 1", "done 1:11"], {1: 11}, "comes again"),
        (["bd 0", "bd 0"], {}, "bdSeq"),
        (["numbers 1 5", "begin", "done 9:10", "numbers 7 5"], {}, "given out again"),
        (["store a", "store b"], {}, "another store"),
    ],
)
def test_the_judge_sees_what_is_broken(lines: list[str], found: dict[int, int], word: str) -> None:
    judge = Judge()
    entries = [Entry(number, report(value)) for number, value in found.items()]
    with pytest.raises(AssertionError, match=word):
        told_and_there(judge, lines, entries)


def test_the_judge_lets_a_commit_under_way_be_there_or_not() -> None:
    for found in ({1: 10}, {2: 11, 3: 12}):
        judge = Judge()
        heard(judge, ["bd 0", "begin", "done 1:10", "begin 1"])
        judge.there([Entry(number, report(value)) for number, value in found.items()], judge.store_id)
        assert judge.accepted == found
        with pytest.raises(AssertionError, match="comes again"):
            heard(judge, [f"done {max(found)}:20"])
