"""Which neighbouring ranges of addresses go into one read, at the least cost. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

Range = tuple[int, int]  # the first address, and the one behind the last
Wall = tuple[int, int]  # a read that begins at the first address or before it must end at the second


def holds(outer: Range, inner: Range) -> bool:
    """Return whether a range is in another, or the same."""
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def overlap(one: Range, other: Range) -> bool:
    """Return whether two ranges share an address."""
    return one[0] < other[1] and other[0] < one[1]


def outermost(ranges: Collection[Range]) -> list[Range]:
    """Return the ranges that are in no other one, sorted: first addresses and ends both ascend."""
    kept: list[Range] = []
    for first, end in sorted(set(ranges), key=lambda range_: (range_[0], -range_[1])):
        if not kept or end > kept[-1][1]:
            kept.append((first, end))
    return kept


def cheapest(
    ranges: Sequence[Range], most: int, walls: Collection[Wall], price: Callable[[int], int]
) -> list[Sequence[Range]]:
    """Return the cheapest way to read `outermost` ranges, a run of them a read; of the cheapest ones one of fewest reads.

    A read has at most `most` addresses and respects the walls; each range alone must. Ranges that share addresses go
    together where that is allowed. `price` of a read of so many addresses must not fall as they grow more: then runs
    are enough. If one read began and ended before another, with ranges between each other's, their lower and their upper
    ranges would make two reads that are no longer; and what is inside another read goes with it.
    """
    reaches = _reaches(ranges, most, walls)
    begins = _begins(ranges, reaches)
    best = {0: (0, 0, 0)}  # of all ranges before this one: cost, reads, and where the last of these begins
    for before, stop in enumerate(begins[1:], start=1):
        choices = []
        for begin in reversed(begins[:before]):
            if ranges[stop - 1][1] > reaches[begin]:
                break  # none that begins earlier reaches so far
            cost, reads, _ = best[begin]
            choices.append((cost + price(ranges[stop - 1][1] - ranges[begin][0]), reads + 1, begin))
        best[stop] = min(choices)
    return _runs(ranges, best)


def _reaches(ranges: Sequence[Range], most: int, walls: Collection[Wall]) -> list[int]:
    """Return how far a read may go that begins with each range."""
    waiting = sorted(walls)
    reaches = []
    furthest = 1 << 16
    for first, _ in reversed(ranges):
        while waiting and waiting[-1][0] >= first:
            furthest = min(furthest, waiting.pop()[1])
        reaches.append(min(furthest, first + most))
    return reaches[::-1]


def _begins(ranges: Sequence[Range], reaches: Sequence[int]) -> list[int]:
    """Return where reads may begin: not between ranges that share addresses, if all of those may be in one read."""
    begins = [0]
    for place in range(1, len(ranges) + 1):
        if place == len(ranges) or not overlap(ranges[place - 1], ranges[place]):
            if ranges[place - 1][1] > reaches[begins[-1]]:  # too many for one
                begins.extend(range(begins[-1] + 1, place))
            begins.append(place)
    return begins


def _runs(ranges: Sequence[Range], best: dict[int, tuple[int, int, int]]) -> list[Sequence[Range]]:
    runs = []
    stop = len(ranges)
    while stop:
        begin = best[stop][2]
        runs.append(ranges[begin:stop])
        stop = begin
    return runs[::-1]
