"""The schemes that ours is held against: simple readings of their names, specified in docs/lab.md. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agent.lab.commands import Plan, Wish, highest
from agent.lab.messages import Network
from agent.lab.records import Scenario
from agent.lab.sensing import first_step, visit_s

# By the clock: from an hour on, so much light; each begins at noon.
CONVENTIONAL = ((12.0, 1.0),)
PART_NIGHT = ((12.0, 1.0), (0.0, 0.0), (5.0, 1.0))
STEP_DIM = ((12.0, 1.0), (22.0, 0.6), (6.0, 1.0))
MULTI_STEP = ((12.0, 1.0), (21.0, 0.7), (23.0, 0.5), (5.0, 0.7))

MOTION_BASE = 0.2
MOTION_HOLD_S = 60.0
MOTION_REACH = ((-1, 1.0), (0, 1.0), (1, 1.0))

# Lamps counted in the way of whoever goes, their level; how long a lease lives on, by KINDS.
LEASE_REACH = (tuple((ahead, 1.0) for ahead in range(5)), ((0, 1.0), (-1, 0.6), (1, 0.6), (-2, 0.2), (2, 0.2)))
LEASE_HOLD_S = (2.0, 4.0)


def schedule(scenario: Scenario, changes: Sequence[tuple[float, float]]) -> Plan:
    """All lamps by the clock."""
    level, commands = 1.0, []
    before_s = (12.0 - scenario.begin_h) % 24.0 * 3600 - 24 * 3600  # the noon before
    for hour, wanted in changes:
        at_s = before_s + (hour - 12.0) % 24.0 * 3600
        if at_s <= 0:
            level = wanted
        elif at_s < scenario.night_s:
            step = first_step(at_s, scenario.step_s)
            commands += [(step, lamp, wanted) for lamp in range(len(scenario.street.lamps))]
    return Plan(level, commands)


def motion(scenario: Scenario) -> Plan:
    """Each sensor lights its own lamp and both neighbours fully for a minute."""
    holds = (MOTION_HOLD_S, MOTION_HOLD_S)
    return _by_cells(scenario, (MOTION_REACH, MOTION_REACH), holds, MOTION_BASE)


def neighbour_lease(scenario: Scenario, base: float) -> Plan:
    """Who is in a cell has leases of the lamps around; what they are and where they go is taken as known."""
    return _by_cells(scenario, LEASE_REACH, LEASE_HOLD_S, base)


def oracle(_scenario: Scenario) -> Plan:
    """Every lamp at exactly what is needed of it, at once."""
    return Plan(0.0, follows_needs=True)


def _by_cells(
    scenario: Scenario, reach: Sequence[Sequence[tuple[int, float]]], hold_s: Sequence[float], base: float
) -> Plan:
    wishes: list[list[Wish]] = [[] for _ in scenario.street.lamps]
    for lamp, wish in _wishes(scenario, reach, hold_s):
        wishes[lamp].append(wish)
    return Plan(base, highest(wishes, base, scenario.steps))


def _wishes(
    scenario: Scenario, reach: Sequence[Sequence[tuple[int, float]]], hold_s: Sequence[float]
) -> Iterator[tuple[int, Wish]]:
    sensing, step_s = scenario.sensing, scenario.step_s
    network = Network(scenario.faults, len(scenario.street.lamps), scenario.seed)
    for passer in scenario.passers:
        lamps = scenario.street.ways[passer.way].lamps
        hold = round(hold_s[passer.kind] / step_s)
        way = 1 if passer.m_per_s > 0 else -1
        for at, (lamp, place_m) in enumerate(lamps):
            visit = visit_s(passer, place_m, sensing.reach_m)
            if visit is None or lamp in network.dead:
                continue
            for ahead, level in reach[passer.kind]:
                other = at + way * ahead
                if not 0 <= other < len(lamps):
                    continue
                span_s = visit if ahead == 0 else network.heard_span(*visit)
                if span_s is not None:
                    first = first_step(span_s[0] + sensing.delay_s, step_s)
                    end = first_step(span_s[1] + sensing.delay_s + sensing.clears_s, step_s) - 1 + hold
                    yield lamps[other][0], (first, end, level)
