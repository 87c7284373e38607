"""The live picture from messages: what is shown, and what is worth an event."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

import canned_agent
import canned_street
from agent.cli.top import state
from agent.cli.top.changes import names
from agent.cli.top.state import Moment, Picture
from agent.cli.top.street import Violation
from agent.local.records import Status, TaskRow
from canned_agent import status
from canned_street import street

START = datetime(2026, 11, 24, 20, 30, tzinfo=UTC)


def at(s: float) -> Moment:
    return Moment(START + timedelta(seconds=s), s)


def picture() -> Picture:
    """Agent and street have both been heard."""
    first = state.agent_said(Picture(at(0), street_wanted=True), status(), at(0))
    return state.street_said(first, street(), at(0))


def told(new: Picture) -> list[str]:
    return [event.text for event in new.events]


def after(new: Status) -> list[str]:
    return told(state.agent_said(picture(), new, at(1)))


def test_the_real_level_is_shown_and_who_won() -> None:
    shown = state.lamps(picture())
    assert [lamp.level_pct for lamp in shown][:5] == [10, 10, 10, 100, 10]
    assert {lamp.winner for lamp in shown} == {"schedule"}
    assert [sensor.id for sensor in state.sensors(picture()) if sensor.sees] == ["radar-04"]


def test_without_a_street_the_agents_readings_are_shown() -> None:
    new = state.agent_said(Picture(at(0)), status(lamps=[canned_agent.lamp(1, confirmed_pct=None)]), at(0))
    (lamp,) = state.lamps(new)
    assert lamp.level_pct is None
    assert len(state.sensors(new)) == 12
    gone = state.agent_gone(new, at(1))
    assert state.lamps(gone)[0].winner == ""
    assert state.sensors(gone) == []


def test_the_agent_goes_and_comes_back() -> None:
    gone = state.agent_gone(picture(), at(10))
    assert not gone.up
    assert state.agent_gone(gone, at(11)).events == gone.events
    back = state.agent_said(gone, status(pid=77), at(13.5))
    assert told(back) == ["the agent is gone", "the agent is back after 3.5 s (pid 77)"]
    assert back.up


def test_the_first_word_is_no_news() -> None:
    assert picture().events == ()
    assert state.agent_gone(Picture(at(0)), at(1)).events == ()


def test_what_device_side_safety_does_is_seen() -> None:
    dead = state.agent_gone(picture(), at(10))
    lamps = tuple(canned_street.lamp(n, output="safe mode" if n <= 6 else "commanded") for n in range(1, 13))
    safe = state.street_said(dead, street(lamps=lamps), at(13))
    assert told(safe)[-1] == "device-side safety lights lum-01…06"
    assert [lamp.winner for lamp in state.lamps(safe)] == ["safe mode"] * 6 + [""] * 6
    assert told(state.street_said(safe, street(), at(14)))[-1] == "lum-01…06 commanded again"


def test_a_sensor_dies_and_the_agent_notices() -> None:
    sensors = tuple(canned_street.sensor(n, alive=n != 5) for n in range(1, 13))
    dead = state.street_said(picture(), street(sensors=sensors), at(1))
    assert told(dead) == ["radar-05 has died"]
    assert dead.any_dead
    doubt = [canned_agent.sensor(n, **({"quality": "stale", "reason": "no answer"} if n == 5 else {})) for n in (4, 5)]
    noticed = state.agent_said(dead, status(sensors=doubt), at(2))
    assert told(noticed)[-1] == "the agent does not believe radar-05 (no answer): lamps there are kept lit"
    assert [s.id for s in state.sensors(noticed) if s.dead] == [s.id for s in state.sensors(noticed) if s.doubted]
    again = state.agent_said(state.street_said(noticed, street(), at(3)), status(), at(3))
    assert told(again)[2:] == ["radar-05 lives again", "the agent believes radar-05 again"]
    assert state.agent_said(again, status(), at(4)).events == again.events


@pytest.mark.parametrize(
    ("new", "event"),
    [
        (status(buses=[msgspec.structs.replace(status().buses[0], state="down")]), "line lamps is down"),
        (status(units=[msgspec.structs.replace(status().units[1], state="silent")]), "unit dimmer-2 is silent"),
        (
            status(tasks=[TaskRow("control", "running", 1, 0.0, "KeyError: 3")]),
            "task control was restarted: KeyError: 3",
        ),
        (status(pid=5), "the agent was started again (pid 5)"),
        (
            status(alarms=[canned_agent.alarm("lum-03/lamp/lamp_failure")]),
            "lum-03: lamp failure: draws 0.0 W at 100 %",
        ),
        (
            status(lamps=[canned_agent.lamp(3, commanded_pct=40.0, winner="technician", holder="cli")]),
            "lum-03 is held at 40 % by technician (cli)",
        ),
        (status(sensors=[msgspec.structs.replace(status().sensors[-1], present=True)]), "door-1 is open"),
    ],
)
def test_what_changes_in_the_agents_word_is_told_once(new: Status, event: str) -> None:
    assert after(new) == [event]
    assert told(state.agent_said(state.agent_said(picture(), new, at(1)), new, at(2))) == [event]


def test_that_an_alarm_is_over_is_told() -> None:
    raised = state.agent_said(picture(), status(alarms=[canned_agent.alarm("lum-03/lamp/lamp_failure")]), at(1))
    assert told(state.agent_said(raised, status(), at(2)))[-1] == "lum-03: lamp failure is over"


def test_a_broken_rule_is_told() -> None:
    broken = Violation(3.0, "dark while occupied", "lum-09 at 0 %")
    new = state.street_said(picture(), street(violations=(broken,)), at(1))
    assert told(state.street_said(new, street(violations=(broken,)), at(2))) == [
        "RULE BROKEN: dark while occupied: lum-09 at 0 %"
    ]


def test_events_are_bounded_and_numbered() -> None:
    new = picture()
    for number in range(200):
        new = state.happened(new, f"event {number}")
    assert len(new.events) == state.MOST_EVENTS
    assert new.events[-1].number == 200


def test_the_calendar_is_the_streets() -> None:
    assert picture().time == street().street_time
    demo = state.agent_said(Picture(at(0)), status(demonstration=True, street_time="2026-11-20T20:30:00Z"), at(0))
    assert state.agent_gone(demo, at(5)).time == datetime(2026, 11, 20, 20, 30, 5, tzinfo=UTC)


def test_a_street_that_goes_away() -> None:
    gone = state.street_gone(picture(), at(1))
    assert told(gone) == ["the simulated street is gone"]
    assert state.street_gone(gone, at(2)).events == gone.events


@pytest.mark.parametrize(
    ("ids", "shown"),
    [
        ([], ""),
        (["lum-01"], "lum-01"),
        (["lum-01", "lum-02"], "lum-01, lum-02"),
        (["lum-09", "lum-10", "lum-11"], "lum-09…11"),
        (["lum-01", "lum-02", "lum-03", "pir-4"], "lum-01…03, pir-4"),
        (["a", "b", "c", "d", "e", "f"], "a, b, c, d and 2 more"),
    ],
)
def test_names_in_a_row(ids: list[str], shown: str) -> None:
    assert names(ids) == shown
