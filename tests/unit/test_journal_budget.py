"""How much may be written in a day: never more, what is urgent has a share of its own, and it is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.journal.budget import DAY_S, Budget
from agent.journal.journal import Journal
from agent.journal.records import JournalFault, Limits
from journal_reports import alarm, bulky, report


@given(st.lists(st.tuples(st.floats(0.1, 20_000), st.integers(1000, 100_000), st.booleans()), max_size=200))
def test_in_no_day_more_is_written_than_allowed(commits: list[tuple[float, int, bool]]) -> None:
    day_bytes = 10_000_000
    budget = Budget(day_bytes)
    now_s, written = 0.0, []
    for pause_s, size, urgent in commits:
        now_s += pause_s
        budget.pass_time(now_s)
        if budget.allows(urgent):
            budget.spend(size)
            written.append((now_s, size))
            window = sum(size for at_s, size in written if at_s > now_s - DAY_S)
            assert window <= day_bytes + 100_000, "but for the last commit itself"


def test_telemetry_waits_first_and_goes_on_when_time_has_passed() -> None:
    budget = Budget(8_000_000)
    budget.pass_time(0.0)
    assert (budget.used_pct, budget.allows(urgent=False)) == (0.0, True)
    budget.spend(800_000)
    assert budget.used_pct > 100
    assert [budget.allows(urgent) for urgent in (False, True)] == [False, True]
    budget.spend(300_000)
    assert not budget.allows(urgent=True)
    budget.pass_time(3600.0)
    assert [budget.allows(urgent) for urgent in (False, True)] == [False, True]
    budget.pass_time(DAY_S)
    assert (budget.used_pct, budget.allows(urgent=False)) == (0.0, True)


def test_what_an_earlier_run_wrote_counts() -> None:
    budget = Budget(8_000_000)
    budget.begin(900_000)
    assert not budget.allows(urgent=False)


async def filled(journal: Journal) -> None:
    for seed in range(100):
        await journal.commit(bulky(10, seed))


async def test_when_it_is_used_up_telemetry_is_refused_and_alarms_are_not(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db", Limits(1_000_000, day_bytes=1_000_000), "this boot")
    await journal.open()
    with pytest.raises(JournalFault, match=r"a day \(1 MB\) is used up; .* journal_mb_a_day"):
        await filled(journal)
    facts = journal.facts()
    assert "used up" in facts.fault
    assert facts.budget_pct > 99
    kept = facts.waiting
    assert await journal.commit([alarm()])
    again = Journal(tmp_path / "other.db", Limits(1_000_000, day_bytes=1_000_000), "this boot")
    assert await again.commit([report()]), "another file has written nothing yet"
    await again.close()
    await journal.close()
    reopened = Journal(tmp_path / "journal.db", Limits(1_000_000, day_bytes=1_000_000), "this boot")
    await reopened.open()
    with pytest.raises(JournalFault, match="used up"):
        await reopened.commit([report()])
    reopened._budget._at_s = -DAY_S
    assert await reopened.commit([report()])
    assert reopened.facts().fault == ""
    assert reopened.facts().waiting == kept + 2
    await reopened.close()
