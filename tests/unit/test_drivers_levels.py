"""The levels of one unit over virtual time."""

from __future__ import annotations

import math

import pytest

from drivers.bus.levels import ASSERT_S, SETTLE_S, SPACING_S, Levels


def settled(**level_pct: float) -> Levels:
    """Levels that the unit has acknowledged at 0 s."""
    levels = Levels()
    for device, pct in level_pct.items():
        levels.want(device, pct, 0.0)
    levels.wrote(dict(levels.wanted), 0.0)
    return levels


def test_a_level_is_due_at_once_and_the_next_one_after_the_spacing() -> None:
    levels = Levels()
    assert levels.due_s == math.inf
    assert levels.want("a", 50, 10.0)
    assert levels.due_s == 10.0
    assert levels.wrote(dict(levels.wanted), 10.02) == {"a": 50}
    assert levels.settled()
    levels.want("a", 51, 10.03)
    assert levels.due_s == pytest.approx(10.02 + SPACING_S)
    levels.want("a", 52, 10.05)
    assert levels.wanted == {"a": 52}
    assert levels.due_s == pytest.approx(10.02 + SPACING_S)


def test_a_level_that_is_wanted_already_is_no_news() -> None:
    levels = settled(a=50)
    assert not levels.want("a", 50, 1.0)
    assert levels.due_s == ASSERT_S


def test_a_level_that_came_in_during_the_write_is_still_due() -> None:
    levels = Levels()
    levels.want("a", 50, 0.0)
    on_the_line = dict(levels.wanted)
    levels.want("a", 60, 0.01)
    levels.wrote(on_the_line, 0.02)
    assert not levels.settled()
    assert levels.due_s == pytest.approx(0.02 + SPACING_S)


def test_levels_are_asserted_again_and_only_changes_are_news() -> None:
    levels = settled(a=50)
    assert levels.due_s == ASSERT_S
    assert levels.wrote(dict(levels.wanted), ASSERT_S) == {}
    assert levels.due_s == 2 * ASSERT_S


def test_a_level_does_not_wait_for_an_assertion_before_it() -> None:
    levels = settled(a=50)
    asserted = dict(levels.wanted)
    levels.want("a", 60, ASSERT_S)  # while the assertion is on the line
    levels.wrote(asserted, ASSERT_S + 0.02)
    assert levels.due_s == pytest.approx(ASSERT_S + 0.02)
    levels.wrote(dict(levels.wanted), ASSERT_S + 0.04)
    levels.wrote(dict(levels.wanted), 2 * ASSERT_S + 0.04)
    levels.want("a", 70, 2 * ASSERT_S + 0.05)
    assert levels.due_s == pytest.approx(2 * ASSERT_S + 0.05)


def test_a_lamp_that_begins_to_rise_does_not_wait_for_the_fade_of_another() -> None:
    levels = settled(a=50, b=50)
    levels.want("a", 40, 1.0)
    levels.wrote(dict(levels.wanted), 1.02)
    levels.want("a", 39, 1.05)
    assert levels.due_s == pytest.approx(1.02 + SPACING_S)  # it falls
    levels.want("b", 51, 1.06)
    assert levels.due_s == pytest.approx(1.06)
    levels.wrote(dict(levels.wanted), 1.08)
    levels.want("b", 60, 1.11)
    assert levels.due_s == pytest.approx(1.08 + SPACING_S)  # it goes on rising
    on_the_line = dict(levels.wanted)
    levels.want("b", 70, 1.19)
    levels.wrote(on_the_line, 1.2)
    assert levels.due_s == pytest.approx(1.2 + SPACING_S)


def test_a_lamp_that_begins_to_rise_during_a_write_is_next() -> None:
    levels = settled(a=50, b=50)
    levels.want("a", 40, 1.0)
    falling = dict(levels.wanted)
    levels.want("b", 51, 1.01)
    levels.wrote(falling, 1.02)
    assert levels.due_s == pytest.approx(1.02)


def test_since_when_a_lamp_waits_that_is_to_begin_to_rise() -> None:
    levels = settled(a=50, b=50)
    levels.want("a", 40, 1.0)
    assert levels.rise_s == math.inf  # it falls
    levels.want("b", 60, 1.01)
    levels.want("b", 70, 1.03)
    assert levels.rise_s == 1.01
    levels.wrote(dict(levels.wanted), 1.05)
    assert levels.rise_s == math.inf
    asserted = dict(levels.wanted)
    levels.want("a", 45, 2.0)
    levels.wrote(asserted, 2.02)  # what came in during a write has not lost its place by it
    assert levels.rise_s == 2.0


@pytest.mark.parametrize("event", ["refused", "told_to_all", "unanswered", "restart"])
def test_who_does_not_take_a_rise_has_no_precedence(event: str) -> None:
    levels = settled(a=50)
    levels.want("a", 60, 1.0)
    getattr(levels, event)(*((1.02,) if event in {"refused", "told_to_all"} else ()))
    assert levels.rise_s == math.inf


def test_a_leap_is_no_step_of_a_fade_however_soon_it_comes() -> None:
    """A lamp at the edge of somebody's light is told so, and at once somebody is under it."""
    levels = settled(a=10)
    levels.want("a", 20, 1.0)
    on_the_line = dict(levels.wanted)
    levels.want("a", 60, 1.01)
    levels.wrote(on_the_line, 1.02)
    assert levels.due_s == 1.02
    levels.wrote(dict(levels.wanted), 1.04)
    levels.want("a", 100, 1.05)
    assert (levels.due_s, levels.rise_s) == (1.05, 1.05)


def test_what_is_to_rise_is_written_first_in_the_order_of_wanting() -> None:
    levels = settled(a=50, b=50, c=50, d=50)
    levels.want("b", 40, 1.0)
    levels.want("d", 60, 1.01)
    levels.want("c", 60, 1.02)
    assert list(levels.rising_first().items()) == [("d", 60), ("c", 60), ("a", 50), ("b", 40)]


def test_a_refused_level_is_not_repeated_before_it_is_asserted() -> None:
    levels = Levels()
    levels.want("a", 50, 0.0)
    levels.refused(0.0)
    assert not levels.settled()
    assert levels.due_s == ASSERT_S


def test_what_went_to_all_units_is_written_again_a_little_later_to_be_acknowledged() -> None:
    levels = settled(a=50)
    levels.want("a", 20, 1.0)
    levels.told_to_all(1.01)
    assert (levels.told, levels.settled()) == (True, False)
    assert levels.due_s == pytest.approx(1.01 + SETTLE_S)
    levels.want("a", 10, 1.2)
    assert (levels.told, levels.settled()) == (False, False)
    assert levels.due_s == pytest.approx(1.2)


def test_after_a_restart_all_is_due_that_is_wanted() -> None:
    levels = settled(a=50)
    levels.restart()
    assert (levels.due_s, levels.complete(), levels.settled()) == (-math.inf, False, False)
    nothing = Levels()
    nothing.restart()
    assert nothing.due_s == math.inf
