"""What the host keeps outlives it; what it cannot keep is said."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from agent.fleet.alarms import Alarm, Event
from agent.fleet.intervals import Intervals
from agent.fleet.plan import HOUR_MS
from agent.fleet.records import Sample
from agent.fleet.store import CONNECTED, SERVED, Batch, Store, StoreFault
from agent.fleet.usage import Reading
from told_fleet import Told

ALARM = Alarm("controller:g/n:5", "controller", "controller gone", "alarm", "g", 5, ("g/n",))
H = HOUR_MS


def test_nodes_devices_and_what_was_had_come_back(tmp_path: Path) -> None:
    told = Told()
    told.born("n1", "lum-01")
    node = told.node("n1")
    store = Store(tmp_path / "deep" / "f.db", make=True)
    had = {("demo/n1", "s1"): Intervals([(1, 4), (9, 9)])}
    devices = [(f"demo/n1/{name}", device) for name, device in node.devices.items()]
    store.write(Batch([node], devices, had=list(had.items()), facts={SERVED: 7, CONNECTED: 1}))
    store.close()
    again = Store(tmp_path / "deep" / "f.db")
    assert again.nodes() == [node]
    assert {key: one.ranges() for key, one in again.had().items()} == {("demo/n1", "s1"): [(1, 4), (9, 9)]}
    assert again.facts() == {SERVED: 7, CONNECTED: 1}
    again.close()


def test_of_an_hour_the_latest_reading_stays_whatever_comes_when(tmp_path: Path) -> None:
    store = Store(tmp_path / "f.db", make=True)
    store.write(
        Batch(samples=[Sample("p", 5.0, 10 * H + 900), Sample("p", 3.0, 10 * H + 100), Sample("p", 9.0, 11 * H)])
    )
    store.write(Batch(samples=[Sample("p", 4.0, 10 * H + 500), Sample("p", 2.0, 9 * H)]))
    assert store.readings(8 * H, 12 * H) == {
        "p": [Reading(9 * H, 2.0), Reading(10 * H + 900, 5.0), Reading(11 * H, 9.0)]
    }
    store.close()


def test_readings_begin_with_the_last_before_and_end_with_the_first_after(tmp_path: Path) -> None:
    store = Store(tmp_path / "f.db", make=True)
    store.write(Batch(samples=[Sample("p", float(hour), hour * H + 5) for hour in range(1, 30)]))
    store.write(Batch(samples=[Sample("early", 1.0, 5)]))
    found = store.readings(10 * H, 12 * H)
    assert [one.value for one in found["p"]] == [9.0, 10.0, 11.0, 12.0]
    assert [one.value for one in found["early"]] == [1.0]
    store.close()


def test_events_are_told_in_order_and_a_new_listener_hears_what_comes(tmp_path: Path) -> None:
    store = Store(tmp_path / "f.db", make=True)
    store.write(Batch(events=[Event("raised", 1, ALARM)]))
    assert store.alarms() == [ALARM]
    assert store.told("http://a/") == 1
    store.write(Batch(events=[Event("cleared", 2, ALARM)]))
    assert store.alarms() == []
    assert store.events(1, 10) == [(2, Event("cleared", 2, ALARM))]
    store.tell("http://a/", 2)
    assert (store.told("http://a/"), store.told("http://b/")) == (2, 2)
    store.close()


def test_readings_of_other_years_are_forgotten(tmp_path: Path) -> None:
    store = Store(tmp_path / "f.db", make=True)
    store.write(Batch(samples=[Sample("p", 1.0, H), Sample("p", 2.0, 40_000 * H)]))
    store.forget(40_000 * H)
    assert store.readings(0, 50_000 * H)["p"] == [Reading(40_000 * H, 2.0)]
    store.close()


def test_what_is_no_store_is_left_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(StoreFault, match="gadelys fleet serve"):
        Store(tmp_path / "none.db")
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as db:
        db.execute("CREATE TABLE a (b)")
    db.close()
    with pytest.raises(StoreFault, match="expected a fleet's store"):
        Store(other)
    rubbish = tmp_path / "rubbish.db"
    rubbish.write_bytes(b"no database" * 500)
    with pytest.raises(StoreFault, match="file is not a database"):
        Store(rubbish, make=True)
    assert rubbish.read_bytes() == b"no database" * 500


def test_a_write_is_whole_or_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "f.db", make=True)
    bad = Sample("p", None, H)  # type: ignore[arg-type]
    with pytest.raises(StoreFault):
        store.write(Batch(samples=[Sample("q", 1.0, H), bad], facts={SERVED: 1}))
    assert (store.readings(0, 5 * H), store.facts()) == ({}, {})
    store.close()
