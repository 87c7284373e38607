"""Schemes on a short street with one walker and one vehicle, commands and reports worked by hand."""

from __future__ import annotations

import msgspec
import pytest

from agent.lab.baselines import motion, neighbour_lease, schedule
from agent.lab.commands import highest
from agent.lab.messages import Network
from agent.lab.play import Play
from agent.lab.records import Faults, Passer, Scenario, Sensing
from agent.lab.reports import Report, presence, reports
from agent.lab.schemes import SCHEMES
from lab_reading import SHORT, read_scenario

BASE = read_scenario(SHORT)  # five lamps from 0 to 120 m, an hour of 18 000 steps of 0.2 s
VEHICLE, PEDESTRIAN = 0, 1


def walker(start_s: float = 0.0, m_per_s: float = 1.5) -> Passer:
    """From 30 m before the first lamp on; with the usual speed in its cell from 10 s to 30 s, then 20 s in each."""
    return Passer(PEDESTRIAN, 0, start_s, start_s + 180 / m_per_s, -30.0, m_per_s)


def driver(start_s: float = 0.0) -> Passer:
    """Downwards at 15 m/s from 150 m on: in the cell of the last lamp from 1 s to 3 s."""
    return Passer(VEHICLE, 0, start_s, start_s + 12.0, 150.0, -15.0)


def with_(*passers: Passer, **changes: object) -> Scenario:
    return msgspec.structs.replace(BASE, passers=passers, **changes)


def of_lamp(scenario: Scenario, scheme: str, lamp: int) -> list[tuple[float, float]]:
    """Commands of one lamp: seconds, level."""
    plan = SCHEMES[scheme](scenario)
    return [(round(step * 0.2, 1), level) for step, which, level in plan.commands if which == lamp]


def test_the_highest_live_wish_counts() -> None:
    wishes = [[(5, 10, 0.6), (7, 8, 1.0), (9, 12, 0.6), (20, 20, 1.0)], [(-3, 2, 0.2)], [(90, 200, 1.0)]]
    assert highest(wishes, 0.1, 100) == [
        (0, 1, 0.2), (2, 1, 0.1), (5, 0, 0.6), (7, 0, 1.0), (8, 0, 0.6), (12, 0, 0.1), (90, 2, 1.0),
    ]  # fmt: skip


def test_a_wish_below_the_base_changes_nothing() -> None:
    assert highest([[(5, 10, 0.2)]], 0.2, 100) == []


def test_a_lease_for_a_walker() -> None:
    """Known 0.5 s late, seen last at the step before the end, and 4 s longer: lamp 1 is next from 10.5 s to 30.5 + 3.8 s,
    full from 30.5 to 50.5 + 3.8 s, next to 70.5 + 3.8 s, then two away."""
    assert of_lamp(with_(walker()), "neighbour-lease", 1) == [
        (10.6, 0.6), (30.6, 1.0), (54.4, 0.6), (74.4, 0.2), (94.4, 0.0),
    ]  # fmt: skip


def test_leases_ahead_of_a_vehicle() -> None:
    """Lamp 0 is the fourth ahead: from 1.5 s, when the cell of lamp 4 knows, to 11.5 + 1.8 s; nothing behind."""
    assert of_lamp(with_(driver()), "neighbour-lease", 0) == [(1.6, 1.0), (13.4, 0.0)]
    assert of_lamp(with_(driver()), "neighbour-lease", 4) == [(1.6, 1.0), (5.4, 0.0)]


def test_motion_lights_self_and_neighbours_for_a_minute() -> None:
    assert of_lamp(with_(driver()), "motion", 4) == [(1.6, 1.0), (65.4, 0.2)]  # seen by lamp 3 until 5.5 s
    assert of_lamp(with_(driver()), "motion", 2) == [(3.6, 1.0), (69.4, 0.2)]
    assert motion(with_()).begin == 0.2


def test_a_sensor_that_clears_late_holds_its_leases() -> None:
    scenario = with_(driver(), sensing=Sensing(15.0, 0.5, 5.0))
    assert of_lamp(scenario, "neighbour-lease", 4) == [(1.6, 1.0), (10.4, 0.0)]


def test_a_schedule_begins_where_the_clock_is() -> None:
    late = msgspec.structs.replace(BASE, begin_h=23.5)
    plan = schedule(late, ((12.0, 1.0), (0.0, 0.0), (5.0, 1.0)))
    assert (plan.begin, {(step, level) for step, _, level in plan.commands}) == (1.0, {(9000, 0.0)})


def test_spans_of_presence_are_united() -> None:
    scenario = with_(walker(), walker(15.0), sensing=Sensing(15.0, 0.5, 1.0))
    assert presence(scenario)[0] == [(10.5, 46.5)]
    assert presence(with_(walker(), walker(25.0)))[0] == [(10.5, 30.5), (35.5, 55.5)]


def test_reports_without_faults_are_the_changes() -> None:
    told = reports(with_(driver()))
    assert told[:5] == [Report(0.0, lamp, False, False) for lamp in range(5)]
    assert [(report.at_s, report.lamp, report.present) for report in told[5:9]] == [
        (1.5, 4, True), (3.5, 3, True), (3.5, 4, False), (5.5, 2, True),
    ]  # fmt: skip


def test_dead_sensors_are_silent_or_blind() -> None:
    for faults, faulty in (Faults(dead_share=0.4), True), (Faults(dead_share=0.4, dead_as="blind"), False):
        scenario = with_(driver(), faults=faults)
        dead = Network(scenario.faults, 5, scenario.seed).dead
        told = reports(scenario)
        assert len(dead) == 2
        assert [report for report in told if report.lamp in dead] == [
            Report(0.0, lamp, False, faulty) for lamp in sorted(dead)
        ]


def test_an_outage_is_silence_after_a_while_and_ends() -> None:
    """From 100 to 160 s; the last message before it at 99 s, so silent from 102 s on, heard again at 160 s."""
    scenario = with_(walker(100.0), faults=Faults(outage_s=(100.0, 160.0)))
    of_last = [report for report in reports(scenario) if report.lamp == 4]
    assert of_last == [
        Report(0.0, 4, False, False), Report(102.0, 4, False, True), Report(160.0, 4, False, False),
        Report(190.5, 4, True, False), Report(210.5, 4, False, False),
    ]  # fmt: skip
    of_first = [
        report for report in reports(scenario) if report.lamp == 0
    ]  # there from 110.5 to 130.5 s: never heard of
    assert [report.present for report in of_first] == [False, False, False]


def test_lost_messages_come_with_the_next_one() -> None:
    """All are lost but for one in three: what is known is late by whole seconds, or by the change after it."""
    scenario = with_(walker(), faults=Faults(lost_share=0.67, silent_s=600.0))
    told = [report for report in reports(scenario) if report.lamp == 2 and report.at_s > 0]
    assert [report.present for report in told] == [True, False]
    assert all(report.at_s in {50.5, 70.5} or report.at_s == int(report.at_s) for report in told)
    assert 50.5 <= told[0].at_s < 70.5 <= told[1].at_s
    assert told == [report for report in reports(scenario) if report.lamp == 2 and report.at_s > 0]
    other = msgspec.structs.replace(scenario, seed=2)
    assert reports(other) != reports(scenario)


def test_a_lease_that_was_not_heard_of_is_not_had() -> None:
    """Without network each lamp has its own lease alone."""
    scenario = with_(driver(), faults=Faults(outage_s=(0.0, 3600.0)))
    assert of_lamp(scenario, "neighbour-lease", 0) == [(9.6, 1.0), (13.4, 0.0)]


@pytest.mark.parametrize("scheme", ["gadelys", "gadelys-10"])
def test_ours_lights_whoever_comes_and_rests_at_the_base(scheme: str) -> None:
    base = 0.1 if scheme == "gadelys-10" else 0.0
    commands = of_lamp(with_(driver(600.0)), scheme, 0)
    assert commands[0] == (0.0, base)  # it begins lit, and has been told that nobody is there
    assert commands[1][1] == 1.0
    assert 601.5 <= commands[1][0] < 609.6  # before its own sensor knows
    assert commands[-1][1] == base


def test_ours_in_an_outage_has_the_class_level() -> None:
    scenario = with_(faults=Faults(outage_s=(600.0, 1200.0)))
    (_, dark), (since_s, lit), (until_s, again) = of_lamp(scenario, "gadelys", 2)
    assert (dark, lit, again) == (0.0, 1.0, 0.0)
    assert since_s == 602.0
    assert 1200.0 <= until_s <= 1202.0


def test_a_lamp_of_two_ways_follows_the_higher_one() -> None:
    crossing = 'shape = "junction"\nlamps = 5\nside_lamps = 3\nspacing_m = 30'
    scenario = read_scenario(SHORT.replace("lamps = 5\nspacing_m = 30", crossing))
    scenario = msgspec.structs.replace(scenario, passers=(Passer(VEHICLE, 1, 300.0, 310.0, -60.0, 15.0),))
    for lamp in (2, 5, 6):  # the crossing, and both ends of the side way
        assert [level for _, level in of_lamp(scenario, "gadelys", lamp)] == [0.0, 1.0, 0.0]
    account = Play(scenario).run(SCHEMES["gadelys"](scenario))
    assert account.under_lit_share < 0.5


def test_base_level_and_reach_are_kept_apart() -> None:
    assert neighbour_lease(with_(), 0.1).begin == 0.1
