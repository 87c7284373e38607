"""Time by satellites: believed when told twice, carried on, forgotten after a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from agent.told_time import ToldTime, read_utc

RELEASED = datetime(2026, 11, 1, tzinfo=UTC)
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def second(number: float) -> datetime:
    return NOON + timedelta(seconds=number)


def test_it_is_believed_when_told_twice_and_goes_on_by_itself() -> None:
    time = ToldTime(RELEASED)
    time.told(NOON, 100.0)
    assert time.utc(100.5) is None
    time.told(second(1), 101.2)
    assert time.utc(101.2) == second(1)
    assert time.utc(701.2) == second(601)


def test_one_telling_that_is_read_twice_is_one() -> None:
    time = ToldTime(RELEASED)
    time.told(NOON, 100.0)
    time.told(NOON, 100.01)
    assert time.utc(100.01) is None


def test_a_jump_is_believed_when_it_stands() -> None:
    time = ToldTime(RELEASED)
    time.told(NOON, 100.0)
    time.told(second(1), 101.0)
    time.told(second(3600), 102.0)
    assert time.utc(102.0) == second(2)
    time.told(second(3601), 103.0)
    assert time.utc(103.0) == second(3601)


def test_a_week_count_that_has_run_over_is_not_believed() -> None:
    time = ToldTime(RELEASED)
    for number in range(5):
        time.told(NOON - timedelta(weeks=1024) + timedelta(seconds=number), 100.0 + number)
    assert time.utc(105.0) is None


def test_after_a_day_without_satellites_it_is_not_known() -> None:
    time = ToldTime(RELEASED)
    time.told(NOON, 0.0)
    time.told(second(1), 1.0)
    assert time.utc(86_400.0) is not None
    assert time.utc(86_402.0) is None


@pytest.mark.parametrize("text", ["", "noon", "2026-11-25T12:00:00", "2026-13-01T00:00:00Z", "1"])
def test_what_is_no_time(text: str) -> None:
    assert read_utc(text) is None


def test_a_time() -> None:
    assert read_utc("2026-11-25T12:00:00.000Z") == NOON
