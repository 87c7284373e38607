"""Alarms of the past: told with the node's times, and never as alarms of now."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.cli.fleet.hook import body_of
from agent.fleet.alarms import Event
from agent.fleet.hearing import Told as Heard
from agent.fleet.late import MOST_OPEN, Late
from agent.fleet.store import Batch, Store
from agent.uplink.payload import DataType, Metric, Property
from told_fleet import Told

T = 1_799_000_000_000


def failure(value: bool | None, at_ms: int, number: int) -> Metric:
    numbered = (Property("journal", DataType.INT64, number),)
    return Metric("lamp/lamp_failure", value, DataType.BOOLEAN, at_ms, historical=True, properties=numbered)


def past(told: Told, *metrics: Metric) -> list[Event]:
    told.say("DDATA", "n", "l", *metrics)
    return told.session.late.take()


@pytest.fixture
def told() -> Told:
    made = Told()
    made.born("n", "l")
    return made


def test_what_came_and_went_is_told_with_its_own_times(told: Told) -> None:
    assert past(told, failure(True, T, 1)) == []
    assert past(told, failure(None, T + 20_000, 2)) == []
    raised, cleared = past(told, failure(False, T + 60_000, 3))
    assert [(one.event, one.at_ms, one.late) for one in (raised, cleared)] == [
        ("raised", T, True), ("cleared", T + 60_000, True)
    ]  # fmt: skip
    assert (raised.alarm.members, raised.alarm.since_ms, raised.alarm.what) == (("demo/n/l",), T, "lamp failure")
    assert told.node("n").raised == {}


def test_history_that_comes_twice_is_told_once(told: Told) -> None:
    pair = failure(True, T, 1), failure(False, T + 60_000, 2)
    assert len(past(told, *pair)) == 2
    assert past(told, *pair) == []


def test_what_was_over_at_once_is_no_alarm(told: Told) -> None:
    assert past(told, failure(True, T, 1), failure(False, T + 9_000, 2)) == []


def test_an_end_alone_is_that_of_an_alarm_that_was_known(told: Told) -> None:
    assert past(told, failure(False, T, 1)) == []


def test_what_still_stands_is_an_alarm_of_now(told: Told) -> None:
    assert past(told, failure(True, T, 1)) == []
    live = Metric("lamp/lamp_failure", False, DataType.BOOLEAN)
    told.say("DDATA", "n", "l", live)
    assert past(told, failure(False, T + 60_000, 2)) == []


def test_beginnings_without_an_end_are_bounded() -> None:
    late = Late()
    for number in range(MOST_OPEN + 1):
        late.past("n", str(number), Heard("lamp/lamp_failure", True, historical=True, time_ms=T))
    late.past("n", "0", Heard("lamp/lamp_failure", False, historical=True, time_ms=T + 60_000))
    assert late.take() == []
    late.past("n", "1", Heard("lamp/lamp_failure", False, historical=True, time_ms=T + 60_000))
    assert len(late.take()) == 2


def test_hooks_hear_of_it_and_no_list_shows_it(told: Told, tmp_path: Path) -> None:
    store = Store(tmp_path / "f.db", make=True)
    events = past(told, failure(True, T, 1), failure(False, T + 60_000, 2))
    store.write(Batch(events=events[:1]))
    assert store.alarms() == []
    store.write(Batch(events=events[1:]))
    bodies = [json.loads(body_of(number, event)) for number, event in store.events(0, 10)]
    assert [(body["event"], body["late"]) for body in bodies] == [("raised", True), ("cleared", True)]
    assert bodies[0]["time"] == bodies[0]["alarm"]["since"]
    store.close()
