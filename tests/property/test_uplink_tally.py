"""Counts of presence: whatever happens, few never stand out, and nobody who was counted is lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from agent.uplink.tally import DAY_S, Tally

QUARTER_S = 900.0


@given(some.integers(1, 20), some.lists(some.integers(0, 25), max_size=120))
def test_no_step_is_smaller_than_the_bound(at_least: int, spans: list[int]) -> None:
    tally, now_s, told, told_s, seen = Tally(at_least, 0.0), 0.0, 0, 0.0, 0
    for count in spans:
        now_s += QUARTER_S
        seen += count
        for _ in range(count):
            tally.count()
        total = tally.close(now_s)
        assert total == told or total - told >= at_least
        # Whether one, some or none of few were there in a span cannot be told from what is told after it.
        assert total == told or count >= at_least or now_s - told_s >= DAY_S
        assert total in {told, seen}
        if total != told:
            told, told_s = total, now_s
    if spans and spans[-1] >= at_least:
        assert told == seen


def test_few_are_told_with_the_many_after_them() -> None:
    tally = Tally(5, 0.0)
    for count, told in ((4, 0), (3, 0), (0, 0), (6, 13), (1, 13)):
        for _ in range(count):
            tally.count()
        assert tally.close(QUARTER_S) == told


def test_a_quiet_street_is_told_once_a_day() -> None:
    tally = Tally(5, 0.0)
    for _ in range(5):
        tally.count()
        assert tally.close(DAY_S - 1) == 0
    assert tally.close(DAY_S) == 5
    for _ in range(4):
        tally.count()
    assert tally.close(3 * DAY_S) == 5
