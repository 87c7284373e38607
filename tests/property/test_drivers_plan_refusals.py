"""What the read planner learns from units that refuse what they do not have, or so many at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from hypothesis import given
from hypothesis import strategies as st

from drivers.modbus.plan import Limits, Planner, Read, Span, plan, serial_cost
from drivers.profile import Space

COST = serial_cost(10 / 9600, 0.01, 35 / 9600)
SPACES: tuple[Space, ...] = ("holding", "input")
SPANS = st.lists(
    st.builds(Span, st.just("holding"), st.integers(0, 40), st.integers(1, 4), st.sampled_from([False] * 9 + [True])),
    min_size=1,
    max_size=12,
)


class Unit:
    """A unit that does not have some registers, and gives only so many at once."""

    def __init__(self, lacks: Collection[int] = (), most: int = 125) -> None:
        self.lacks, self.most = set(lacks), most

    def has(self, place: Span | Read) -> bool:
        return place.count <= self.most and not self.lacks & set(range(*place.range))


def taught(planner: Planner, unit: Unit) -> list[Read]:
    """Read round after round until nothing is learned any more; return what was refused, in this order."""
    refused = []
    learning = True
    while learning:
        learning = False
        for read in planner.reads:
            if read not in planner.reads:
                continue  # it has gone in this round
            if unit.has(read):
                learning |= planner.answered(read)
            else:
                refused.append(read)
                learning |= planner.refused(read)
        assert len(refused) < 1000, "it learns for ever"
    return refused


def oracle(spans: Sequence[Span], unit: Unit) -> tuple[Read, ...]:
    """Return the best reads of what the unit has, by one who knows what it lacks."""
    never: list[tuple[Space, int, int]] = [("holding", address, address) for address in sorted(unit.lacks)]
    return plan([span for span in spans if unit.has(span)], Limits(forbidden=tuple(never)), COST)


def chars(reads: Sequence[Read]) -> float:
    return sum(COST.chars(read.space, read.count) for read in reads)


def row(count: int) -> list[Span]:
    return [Span("holding", address, 1) for address in range(count)]


def floats(count: int) -> list[Span]:
    return [Span("holding", 4 * number, 2) for number in range(count)]


def holes(spans: Sequence[Span]) -> set[int]:
    return set(range(200)) - {address for span in spans for address in range(*span.range)}


@given(SPANS, st.sets(st.integers(0, 44), max_size=8), st.sampled_from([4, 8, 125]))
def test_in_the_end_all_that_a_unit_has_is_read(spans: list[Span], lacks: set[int], most: int) -> None:
    unit = Unit(lacks, most)
    planner = Planner(spans, Limits(), COST)
    taught(planner, unit)
    assert sorted(index for read in planner.reads for index in read.spans) == list(range(len(spans)))
    for read in planner.reads:
        assert unit.has(read) or not any(unit.has(spans[index]) for index in read.spans)


@given(SPANS, st.sets(st.integers(0, 44), max_size=8), st.sampled_from([4, 8, 125]))
def test_nothing_that_holds_what_was_refused_is_asked_but_for_a_span_alone(
    spans: list[Span], lacks: set[int], most: int
) -> None:
    refused = taught(planner := Planner(spans, Limits(), COST), Unit(lacks, most))
    alone = {span.range for span in spans}
    asked = [*refused, *planner.reads]
    for number, before in enumerate(refused):
        for read in asked[number + 1 :]:
            inside = read.address <= before.address and before.range[1] <= read.range[1]
            assert not inside or read.range in alone


TABLES = st.lists(st.tuples(st.sampled_from([0, 0, 1, 2, 4, 8]), st.sampled_from([1, 2, 4])), min_size=1, max_size=40)


@given(TABLES, st.lists(st.tuples(st.integers(0, 250), st.integers(1, 6)), max_size=8))
def test_no_more_is_read_in_the_end_than_by_one_who_knows_what_the_unit_lacks(
    table: list[tuple[int, int]], lacks: list[tuple[int, int]]
) -> None:
    spans, address = [], 0
    for hole, count in table:
        spans.append(Span("holding", address + hole, count))
        address += hole + count
    unit = Unit({one for first, count in lacks for one in range(first, first + count)})
    planner = Planner(spans, Limits(), COST)
    taught(planner, unit)
    ours, best = [read for read in planner.reads if unit.has(read)], oracle(spans, unit)
    assert len(ours) <= len(best)
    assert chars(ours) <= chars(best) + 0.1


def test_one_hole_that_is_not_there_is_found_by_halves_and_costs_one_read_more() -> None:
    planner = Planner(floats(24), Limits(), COST)
    refused = taught(planner, Unit({30, 31}))
    assert [read.range for read in planner.reads] == [(0, 30), (32, 94)]
    assert len(refused) <= 5  # 24 values, 12, 6 …


def test_a_unit_that_has_no_holes_is_known_after_a_refusal_a_hole_and_a_few() -> None:
    planner = Planner(spans := floats(24), Limits(), COST)
    refused = taught(planner, unit := Unit(holes(spans)))
    assert planner.reads == oracle(spans, unit)
    assert 23 <= len(refused) <= 46


def test_what_was_parted_is_put_together_only_when_all_else_is_known() -> None:
    """So that what is not yet to blame is not asked over and over with what is."""
    planner = Planner(floats(4), Limits(), COST)
    (whole,) = planner.reads
    assert planner.refused(whole)
    low, high = planner.reads
    assert planner.refused(high)
    assert planner.reads[0] == low
    assert not planner.answered(low)
    assert not planner.answered(low)
    *_, third, fourth = planner.reads
    assert not planner.answered(third)
    assert planner.answered(fourth)
    assert [read.range for read in planner.reads] == [(0, 10), (12, 14)]


def test_each_space_is_put_together_by_itself() -> None:
    spans = [Span(space, span.address, span.count) for space in SPACES for span in floats(8)]
    planner = Planner(spans, Limits(), COST)
    taught(planner, Unit({6, 7}))
    assert [(read.space, read.range) for read in planner.reads] == [
        (space, range_) for space in SPACES for range_ in [(0, 6), (8, 30)]
    ]


def test_one_register_that_is_not_there_is_found_by_halves_and_costs_two_reads_more() -> None:
    planner = Planner(row(64), Limits(), COST)
    refused = taught(planner, Unit({20}))
    assert [read.range for read in planner.reads] == [(0, 20), (20, 21), (21, 64)]
    assert len(refused) == 8  # 64, 32 … 1 of them; and the one alone, once more


def test_what_one_span_is_to_blame_for_is_put_together_again() -> None:
    spans = floats(24)
    planner = Planner(spans, Limits(), COST)
    taught(planner, Unit({20}))
    assert [read.range for read in planner.reads] == [(0, 18), (20, 22), (24, 94)]


def test_a_unit_that_gives_fewer_at_once_gets_even_halves() -> None:
    planner = Planner(row(64), Limits(), COST)
    taught(planner, Unit(most=20))
    assert [read.count for read in planner.reads] == [16] * 4


def test_a_span_that_is_refused_alone_teaches_nothing_more() -> None:
    planner = Planner([Span("holding", 7, 2)], Limits(), COST)
    (read,) = planner.reads
    assert not planner.refused(read)
    assert planner.reads == (read,)


def test_a_read_that_is_no_longer_in_the_plan_teaches_nothing() -> None:
    """It had left before the plan changed: its refusal comes late."""
    planner = Planner(row(200), Limits(), COST)
    early, late = planner.reads
    assert planner.refused(late)
    assert planner.refused(early)
    reads = planner.reads
    assert not planner.refused(late)
    assert planner.reads == reads


def test_a_part_of_what_is_refused_is_read_without_it() -> None:
    planner = Planner([Span("holding", 0, 2), Span("holding", 0, 1)], Limits(), COST)
    assert planner.refused(planner.reads[0])
    assert [(read.range, read.spans) for read in planner.reads] == [((0, 1), (1,)), ((0, 2), (0,))]
