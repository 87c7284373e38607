"""When the reads of a unit are due, over virtual time."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from drivers.bus.rounds import Round
from drivers.bus.unit import Block
from drivers.modbus import pdu
from drivers.modbus.plan import Read


def block(address: int) -> Block:
    read = Read("holding", address, 1, (0,))
    return Block(pdu.read(1, 3, address, 1), read, "slow", (), (), lambda data: (data,))


def blocks(count: int = 1) -> tuple[Block, ...]:
    return tuple(block(address) for address in range(count))


def test_polls_keep_their_pace_and_are_left_out_on_a_busy_line() -> None:
    one = Round(blocks(), 1.0, 0.0)
    assert one.due_s == -math.inf
    one.next_block(0.0)
    assert one.due_s == 0.5
    one.next_block(0.5)
    assert one.due_s == 1.5
    one.next_block(1.6)
    assert one.due_s == 2.5  # the pace is kept though the poll was late
    assert one.left_out == 0
    one.next_block(9.0)
    assert one.due_s == 9.5  # what was missed is not made up for
    assert one.left_out == 1


def test_without_a_beat_of_their_own_rounds_come_due_together() -> None:
    rounds = [Round(blocks(), 0.4, None) for _ in range(3)]
    for number, one in enumerate(rounds):
        one.next_block(10.01 + 0.05 * number)
    assert [one.due_s for one in rounds] == pytest.approx([10.4] * 3)
    rounds[0].next_block(10.39)  # a little early
    rounds[1].next_block(10.5)
    assert [one.due_s for one in rounds[:2]] == pytest.approx([10.8] * 2)
    assert rounds[1].left_out == 0
    rounds[2].next_block(11.7)
    assert rounds[2].due_s == pytest.approx(12.0)
    assert rounds[2].left_out == 3


def test_a_round_that_has_begun_goes_on_at_once() -> None:
    one = Round(made := blocks(3), 1.0, 0.0)
    assert [one.next_block(0.0) for _ in range(2)] == list(made[:2])
    assert one.due_s == -math.inf
    assert one.deadline_s == 0.5
    assert one.next_block(0.01) is made[2]
    assert (one.due_s, one.deadline_s, one.room_s) == (0.5, 1.5, 0.75)
    assert one.next_block(0.5) is made[0]


def test_a_round_that_failed_begins_anew_at_its_time() -> None:
    one = Round(blocks(2), 1.0, 0.0)
    one.next_block(0.0)
    one.restart()
    assert one.due_s == 0.5


def test_what_is_read_once_is_read_again_when_the_unit_begins_anew() -> None:
    one = Round(blocks(), math.inf, None)
    one.next_block(0.0)
    assert one.due_s == math.inf
    one.restart()
    assert one.due_s == -math.inf


def test_nothing_to_read_is_never_due() -> None:
    one = Round((), 1.0, 0.3)
    assert (one.due_s, one.room_s) == (math.inf, math.inf)


def test_rounds_of_one_line_do_not_stay_together() -> None:
    """Ten units that are read each second find places of their own, and keep off each other's beat."""
    rounds = [Round(blocks(), 1.0, number * 0.618034 % 1) for number in range(10)]
    for one in rounds:
        one.next_block(0.0)
    due_s = sorted(one.due_s for one in rounds)
    assert min(later - sooner for sooner, later in pairwise(due_s)) > 0.02
    assert len({one.period_s for one in rounds}) == 10
    assert all(0.99 <= one.period_s <= 1.0 for one in rounds)


def test_other_blocks_are_read_in_the_round_under_way_and_what_was_read_in_it_is_not_read_again() -> None:
    one = Round(made := blocks(4), 1.0, 0.0)
    assert [one.next_block(0.0) for _ in range(2)] == list(made[:2])
    finer = (block(10), block(11))
    one.replan((made[0], *finer, *made[2:]))  # the second one was refused
    assert (one.due_s, one.deadline_s) == (-math.inf, 0.5)
    assert [one.next_block(0.1) for _ in range(4)] == [*finer, *made[2:]]
    assert (one.due_s, one.left_out) == (0.5, 0)
    assert [one.next_block(0.5) for _ in range(5)] == [made[0], *finer, *made[2:]]


@pytest.mark.parametrize("period_s", [1.0, math.inf])
def test_a_round_whose_last_block_is_replaced_goes_on_with_what_replaces_it(period_s: float) -> None:
    one = Round(blocks(), period_s, None)
    one.next_block(0.0)
    finer = blocks(2)
    one.replan(finer)
    assert one.due_s == -math.inf
    assert [one.next_block(0.1) for _ in range(2)] == list(finer)
    assert one.due_s == period_s


def test_a_round_that_has_not_begun_begins_with_all_of_its_blocks() -> None:
    one = Round(made := blocks(2), 1.0, 0.0)
    one.replan(other := (made[0], block(10)))
    assert [one.next_block(0.0) for _ in range(2)] == list(other)
    assert one.due_s == 0.5


@pytest.mark.parametrize("period_s", [0.1, 1.0, 3600.0])
def test_a_late_round_has_room_for_a_quarter_of_its_period(period_s: float) -> None:
    one = Round(blocks(), period_s, 0.0)
    one.next_block(0.0)
    assert one.room_s - one.due_s == pytest.approx(period_s / 4)
