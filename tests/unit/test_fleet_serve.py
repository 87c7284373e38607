"""The host between its session and its store, by a clock of our own and without a broker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.cli.fleet.serve import Server
from agent.cli.uplink.place import Place
from agent.fleet.alarms import HOLD_MS, HOLD_OTHERS_MS
from agent.fleet.plan import HOUR_MS, Plan
from agent.fleet.store import Store
from agent.uplink.payload import DataType, Metric, Property
from told_fleet import Told, counter

PLACE = Place(host="127.0.0.1", port=1, group="+", node="+")
POINT = "demo/n1/lum-01/lamp/estimated_energy"


class Served(Told):
    """A fleet told to a server that keeps it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.store = Store(path, make=True)
        self.serve()

    def serve(self) -> None:
        """Begin, or begin again from the store."""
        self.server = Server(PLACE, Plan(), self.store, lambda: self.now_ms)
        self.server.connected = True
        self.session = self.server.session

    def look(self, after_ms: int = 0) -> None:
        """Let it look and write."""
        self.now_ms += after_ms
        self.server._look()
        self.server._write()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    made = Served(tmp_path / "f.db")
    yield made
    made.store.close()


def test_an_alarm_is_an_event_and_stands_over_a_restart(served: Served) -> None:
    served.born("n1", "lum-01")
    served.say("DDATA", "n1", "lum-01", Metric("lamp/lamp_failure", True, DataType.BOOLEAN))
    served.look()
    assert served.store.alarms() == []
    served.look(HOLD_OTHERS_MS)
    (alarm,) = served.store.alarms()
    assert (alarm.what, alarm.members) == ("lamp failure", ("demo/n1/lum-01",))
    served.serve()
    served.look(1000)
    assert [event.event for _, event in served.store.events(0, 10)] == ["raised"]
    served.session.met(served.now_ms)
    served.born("n1", "lum-01", bd_seq=1)
    served.look(1000)
    assert [event.event for _, event in served.store.events(0, 10)] == ["raised", "cleared"]


def test_who_went_while_nobody_listened_is_found(served: Served) -> None:
    served.born("n1")
    served.look()
    served.serve()
    assert served.node("n1").state == "unknown"
    served.session.met(served.now_ms)
    served.look(300_000)
    served.look(HOLD_MS["controller"])
    assert [alarm.what for alarm in served.store.alarms()] == ["controller gone"]


def test_what_was_had_is_had_after_a_restart(served: Served) -> None:
    served.born("n1", "lum-01")
    past = served.now_ms - 5 * HOUR_MS
    served.say("DDATA", "n1", "lum-01", counter(7.0, at_ms=past, number=3))
    served.look()
    served.serve()
    served.born("n1", "lum-01", bd_seq=1)
    served.say("DDATA", "n1", "lum-01", counter(7.0, at_ms=past, number=3))
    assert served.session.doubles == 1
    served.look()
    assert [one.value for one in served.store.readings(past - 1, past + 1)[POINT]][:1] == [7.0]


def test_each_hour_in_which_a_lamp_was_there_is_known(served: Served) -> None:
    served.born("n1", "lum-01")
    served.look()
    for _ in range(3):
        served.look(HOUR_MS)
    found = served.store.readings(served.now_ms - 3 * HOUR_MS, served.now_ms)[POINT]
    assert [one.value for one in found] == [100.0] * 4
    served.die("n1")
    for _ in range(3):
        served.look(HOUR_MS)
    assert len(served.store.readings(served.now_ms - 6 * HOUR_MS, served.now_ms)[POINT]) == 4


def test_what_came_and_went_while_it_was_away_is_kept_as_events_of_then(served: Served) -> None:
    served.born("n1", "lum-01")
    then_ms = served.now_ms - HOUR_MS
    for number, (value, at_ms) in enumerate([(True, then_ms), (False, then_ms + 60_000)], 1):
        numbered = (Property("journal", DataType.INT64, number),)
        failure = Metric("lamp/lamp_failure", value, DataType.BOOLEAN, at_ms, historical=True, properties=numbered)
        served.say("DDATA", "n1", "lum-01", failure)
    served.look()
    served.look(HOLD_OTHERS_MS)
    told = [(event.event, event.at_ms, event.late) for _, event in served.store.events(0, 10)]
    assert told == [("raised", then_ms, True), ("cleared", then_ms + 60_000, True)]
    assert served.store.alarms() == []
