"""What the read planner makes of real register tables, against the best that there is, and what is usually done."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from drivers.modbus.plan import Limits, Read, Span, plan, serial_cost
from drivers.profile import Profile, load_profile, profile_names
from figures import Figure, figure

NAME = "plan"
TITLE = "Reads of all shipped profiles at 9600 baud: what the planner makes of their tables"
COST = serial_cost(10 / 9600, 0.01, 35 / 9600)
MOST_PLACES = 16  # of one space, to try every plan


def run() -> list[Figure]:
    """Plan each profile; try every plan that there is where the table is small enough for that."""
    ours = best = alone = neighbours = 0.0
    reads = fewest = single = tried = 0
    for profile in map(load_profile, profile_names()):
        spans, limits = _table(profile)
        planned = plan(spans, limits, COST)
        reads += len(planned)
        single += len({span.range for span in spans})
        alone += sum(COST.chars(span.space, span.count) for span in spans)
        neighbours += _neighbours(spans, limits)
        for space in sorted({span.space for span in spans}):
            places = sorted({span.range for span in spans if span.space == space})
            if len(places) <= MOST_PLACES and not any(span.single for span in spans):
                cost, number = _best(places, space, limits)
                mine = [read for read in planned if read.space == space]
                best, fewest, tried = best + cost, fewest + number, tried + len(mine)
                ours += sum(_chars(read) for read in mine)
    whole = sum(_chars(read) for profile in map(load_profile, profile_names()) for read in plan(*_table(profile), COST))
    return [
        figure("line time of the best plan that there is", 100 * ours / best, "%", 110.0, f"{tried} reads, all tried"),
        figure("requests of that best plan", 100 * tried / fewest, "%", 110.0, f"{fewest} in the best"),
        figure("reads of all profiles", reads, "", None, f"{single} places of values"),
        figure("line time of neighbours alone merged", 100 * whole / neighbours, "%", None, "holes never read over"),
        figure("line time of a request a value", 100 * whole / alone, "%"),
    ]


def _table(profile: Profile) -> tuple[list[Span], Limits]:
    channels = range(max(profile.channels, 1))
    spans = [
        Span(row.space, row.address + channel * row.stride, row.code.words, row.single)
        for row in profile.points
        for channel in channels
    ]
    return spans, Limits(profile.max_read, tuple((no.space, no.first, no.last) for no in profile.forbidden))


def _chars(read: Read) -> float:
    return COST.chars(read.space, read.count)


def _neighbours(spans: Sequence[Span], limits: Limits) -> float:
    """Return the cost of merging what touches, and nothing else."""
    cost = 0.0
    for space in sorted({span.space for span in spans}):
        places = sorted({span.range for span in spans if span.space == space})
        begin = places[0][0]
        for (_, end), (following, last) in pairwise([*places, (1 << 20, 1 << 20)]):
            if following > end or last - begin > limits.most(space):
                cost += COST.chars(space, end - begin)
                begin = following
    return cost


def _best(places: Sequence[tuple[int, int]], space: str, limits: Limits) -> tuple[float, int]:
    """Return cost and requests of the cheapest of all ways to cut a sorted table; of those, the fewest requests."""
    found = []
    for cuts in range(1 << len(places) - 1):
        groups = [[places[0]]]
        for number, place in enumerate(places[1:]):
            if cuts >> number & 1:
                groups.append([place])
            else:
                groups[-1].append(place)
        ranges = [(group[0][0], max(end for _, end in group)) for group in groups]
        if all(_allowed(one, space, limits) for one in ranges):
            total = sum(COST.chars("holding" if space in {"holding", "input"} else "coil", b - a) for a, b in ranges)
            found.append((round(total, 6), len(ranges)))
    return min(found)


def _allowed(one: tuple[int, int], space: str, limits: Limits) -> bool:
    begin, end = one
    bits = space in {"coil", "discrete"}
    most = min(16 * limits.max_read, 2000) if bits else limits.max_read
    return end - begin <= most and not any(
        where == space and begin <= last and first < end for where, first, last in limits.forbidden
    )
