"""The read planner against all plans that there are, and against units that refuse what they do not have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.modbus.plan import Cost, Limits, Read, Span, plan
from drivers.profile import Space

SPACES: tuple[Space, ...] = get_args(Space)
COSTS = st.builds(
    Cost, st.sampled_from([0.0, 1.0, 7.0, 12.5, 29.625, 168.0, 1000.0]), st.sampled_from([2.0, 0.5]), st.just(1 / 8)
)


@st.composite
def spans(draw: st.DrawFn, most: int = 6, spaces: Sequence[Space] = ("holding",), widest: int = 4) -> list[Span]:
    return draw(
        st.lists(
            st.builds(
                Span,
                st.sampled_from(spaces),
                st.integers(0, 24),
                st.integers(1, widest),
                st.integers(0, 4).map(lambda n: n == 0),
            ),
            min_size=1,
            max_size=most,
        )
    )


@st.composite
def limits(draw: st.DrawFn, of: Sequence[Span]) -> Limits:
    """Draw limits that allow the spans."""
    widest = max(span.count for span in of)
    forbidden = draw(st.lists(st.tuples(st.sampled_from(SPACES), st.integers(0, 28), st.integers(0, 2)), max_size=2))
    touched = {(span.space, address) for span in of for address in addresses(span)}
    return Limits(
        draw(st.integers(widest, 14)),
        tuple(
            (space, first, first + more)
            for space, first, more in forbidden
            if not any((space, address) in touched for address in range(first, first + more + 1))
        ),
    )


def addresses(place: Span | Read) -> range:
    return range(place.address, place.address + place.count)


# ---- All plans that there are ------------------------------------------------------------------------------------------


def partitions(count: int) -> Iterator[list[list[int]]]:
    """Yield all ways to put so many spans into reads."""
    if count == 0:
        yield []
        return
    for parts in partitions(count - 1):
        yield [*parts, [count - 1]]
        for place in range(len(parts)):
            yield [[*part, count - 1] if at == place else part for at, part in enumerate(parts)]


def allowed(members: Sequence[Span], of: Sequence[Span], limits: Limits) -> bool:
    """Say by its addresses, one for one, whether a read of these spans is allowed."""
    over = set(range(min(span.address for span in members), max(span.address + span.count for span in members)))
    space = members[0].space
    most = min(16 * limits.max_read, 2000) if space in {"coil", "discrete"} else limits.max_read
    if len(over) > most or any(span.space != space for span in members):
        return False
    if any(where == space and over & set(range(first, last + 1)) for where, first, last in limits.forbidden):
        return False
    needed = {address for span in members for address in addresses(span)}
    alone = {address for span in of if span.single and span.space == space for address in addresses(span)}
    if any(span.single and set(addresses(span)) != over for span in members):
        return False
    if any(inside_single(span, of) for span in members):
        return any(one.single and one.space == space and set(addresses(one)) == over for one in of)
    return not (over - needed) & alone


def together(of: Sequence[Span], limits: Limits) -> list[set[int]]:
    """Return the spans that must share a read: those that share addresses, as far as one read may hold them."""
    free = [index for index, span in enumerate(of) if not span.single and not inside_single(span, of)]
    groups: list[set[int]] = []
    for index in free:
        near = [
            group
            for group in groups
            if any(set(addresses(of[index])) & set(addresses(of[other])) for other in group)
            and any(of[index].space == of[other].space for other in group)
        ]
        groups = [group for group in groups if group not in near] + [{index}.union(*near)]
    return [group for group in groups if allowed([of[index] for index in group], of, limits)]


def inside_single(span: Span, of: Sequence[Span]) -> bool:
    return any(one.single and one.space == span.space and set(addresses(span)) <= set(addresses(one)) for one in of)


def best(of: Sequence[Span], limits: Limits, cost: Cost) -> tuple[float, int]:
    """Return cost and number of the reads of the best plan, by trying them all."""
    found = []
    whole = together(of, limits)
    for parts in partitions(len(of)):
        reads = [[of[index] for index in part] for part in parts]
        if not all(allowed(members, of, limits) for members in reads):
            continue
        if any(group & set(part) and not group <= set(part) for group in whole for part in parts):
            continue
        sizes = [
            max(span.address + span.count for span in members) - min(span.address for span in members)
            for members in reads
        ]
        found.append(
            (sum(price(members[0].space, size, cost) for members, size in zip(reads, sizes, strict=True)), len(parts))
        )
    return min(found)


def price(space: Space, count: int, cost: Cost) -> float:
    data = (
        (count + 7) // 8 * 8 * cost.chars_per_bit if space in {"coil", "discrete"} else cost.chars_per_register * count
    )
    return cost.frame_chars + data


@settings(max_examples=500, deadline=None)
@given(st.data(), COSTS)
def test_no_plan_is_cheaper_and_none_as_cheap_has_fewer_reads(data: st.DataObject, cost: Cost) -> None:
    of = data.draw(spans(), "spans")
    limit = data.draw(limits(of), "limits")
    reads = plan(of, limit, cost)
    assert (sum(cost.chars(read.space, read.count) for read in reads), len(reads)) == best(of, limit, cost)
