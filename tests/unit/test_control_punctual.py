"""How late steps were, told in constant memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.control.punctual import BOUNDS_MS, Lateness


def told(*late_s: float) -> tuple[int, float, float]:
    lateness = Lateness()
    for one in late_s:
        lateness.note(one)
    said = lateness.told()
    return said.steps, said.late_p999_ms, said.late_longest_ms


def test_nothing_noted_is_not_late() -> None:
    assert told() == (0, 0.0, 0.0)


def test_one_in_a_thousand_may_be_later() -> None:
    assert told(*[0.0021] * 999, 0.3) == (1000, 3.0, 300.0)
    assert told(*[0.0021] * 998, 0.3, 0.3) == (1000, 300.0, 300.0)


def test_beyond_the_last_bound_it_is_the_longest() -> None:
    assert told(7.0) == (1, 7000.0, 7000.0)


@given(st.lists(st.floats(0.0, 5.0), min_size=1, max_size=300))
def test_the_share_is_never_told_too_small(late_s: list[float]) -> None:
    steps, within_ms, longest_ms = told(*late_s)
    assert steps == len(late_s)
    assert within_ms <= longest_ms
    later = sum(1000 * one > within_ms + 0.005 for one in late_s)
    assert later * 1000 <= steps
    assert within_ms in {*BOUNDS_MS, longest_ms}
