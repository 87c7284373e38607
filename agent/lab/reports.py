"""What control hears of the presence sensors during a night: every change, and what goes missing on the way. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from agent.lab.messages import Network
from agent.lab.records import Faults, Scenario
from agent.lab.sensing import visit_s

Span = tuple[float, float]


class Report(msgspec.Struct, frozen=True, order=True):
    """What is known of a lamp's sensor from a time on: presence, and whether it cannot be believed (nothing heard)."""

    at_s: float
    lamp: int
    present: bool
    faulty: bool


def presence(scenario: Scenario) -> list[list[Span]]:
    """Return for each lamp when its sensor says that somebody is there, as spans that do not touch, with its delay."""
    sensing = scenario.sensing
    spans: list[list[Span]] = [[] for _ in scenario.street.lamps]
    for passer in scenario.passers:
        for lamp, place_m in scenario.street.ways[passer.way].lamps:
            visit = visit_s(passer, place_m, sensing.reach_m)
            if visit is not None:
                spans[lamp].append((visit[0] + sensing.delay_s, visit[1] + sensing.delay_s + sensing.clears_s))
    return [_united(own) for own in spans]


def reports(scenario: Scenario) -> list[Report]:
    """Return all reports of a night by rising time. At the begin all sensors that live have said that nobody is there."""
    network = Network(scenario.faults, len(scenario.street.lamps), scenario.seed)
    told: list[Report] = []
    for lamp, spans in enumerate(presence(scenario)):
        if lamp in network.dead:
            told.append(Report(0.0, lamp, False, scenario.faults.dead_as == "silent"))
        else:
            told += _told(scenario, lamp, spans, network)
    return sorted(told)


def _told(scenario: Scenario, lamp: int, spans: Sequence[Span], network: Network) -> Iterator[Report]:
    yield Report(0.0, lamp, False, False)
    changes = [change for first_s, end_s in spans for change in ((first_s, True), (end_s, False))]
    if not scenario.faults.any:
        yield from (Report(at_s, lamp, present, False) for at_s, present in changes if at_s > 0)
        return
    known, faulty, heard_s = False, False, 0.0
    for at_s, present in _messages(changes, scenario.faults, scenario.night_s):
        if not faulty and at_s > heard_s + scenario.faults.silent_s:
            faulty = True
            yield Report(heard_s + scenario.faults.silent_s, lamp, known, True)
        if at_s > 0 and network.heard(at_s):
            if faulty or present != known:
                yield Report(at_s, lamp, present, False)
            known, faulty, heard_s = present, False, at_s


def _messages(changes: Sequence[tuple[float, bool]], faults: Faults, night_s: float) -> Iterator[tuple[float, bool]]:
    """Each change at once, and what is so again every `repeat_s`."""
    present, at, beat = False, 0, 1
    while beat * faults.repeat_s < night_s:
        beat_s = beat * faults.repeat_s
        while at < len(changes) and changes[at][0] <= beat_s:
            present = changes[at][1]
            yield changes[at]
            at += 1
        yield beat_s, present
        beat += 1


def _united(spans: list[Span]) -> list[Span]:
    united: list[Span] = []
    for first_s, end_s in sorted(spans):
        if united and first_s <= united[-1][1]:
            united[-1] = (united[-1][0], max(united[-1][1], end_s))
        else:
            united.append((first_s, end_s))
    return united
