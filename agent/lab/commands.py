"""From who wants which level of a lamp, from which step to which, to the commands that it gets. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

Wish = tuple[int, int, float]  # from a step, up to but not at another one, so much light
Command = tuple[int, int, float]  # at a step, a lamp, a level


class Plan(msgspec.Struct, frozen=True):
    """What a scheme does with the lamps: the level they begin at, and its commands by rising step.

    `follows_needs`: no commands, the lamps have at once what is needed.
    """

    begin: float
    commands: Iterable[Command] = ()
    follows_needs: bool = False


def highest(wishes: Sequence[Iterable[Wish]], base: float, steps: int) -> list[Command]:
    """Return the commands when each lamp follows its highest live wish, else the base level; they begin at that."""
    commands = [command for lamp, own in enumerate(wishes) for command in _of_one(lamp, own, base, steps)]
    commands.sort()
    return commands


def _of_one(lamp: int, wishes: Iterable[Wish], base: float, steps: int) -> list[Command]:
    edges = sorted(
        edge for first, end, level in wishes if end > first for edge in ((first, 1, level), (end, -1, level))
    )
    live: Counter[float] = Counter()
    commands, given, at = [], base, 0
    while at < len(edges) and edges[at][0] < steps:
        step = edges[at][0]
        while at < len(edges) and edges[at][0] == step:
            live[edges[at][2]] += edges[at][1]
            at += 1
        wanted = max([base, *(level for level, count in live.items() if count > 0)])
        if wanted != given:
            commands.append((max(step, 0), lamp, wanted))
            given = wanted
    return commands
