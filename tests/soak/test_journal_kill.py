"""The journal's campaign: a thousand kills."""

from __future__ import annotations

from pathlib import Path

from journal_kills import kill_rounds

ROUNDS = 1000


def test_a_thousand_kills(tmp_path: Path) -> None:
    judge = kill_rounds(tmp_path / "journal.db", ROUNDS)
    assert judge.bd_seq == (ROUNDS - 1) % 256
    print(
        f"{judge.commits} commits, {judge.highest} reports, drained {judge.drained} times: nothing accepted is missing"
    )
