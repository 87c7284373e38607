"""What a host makes of births, deaths, gaps and history."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from agent.fleet import session as module
from agent.fleet.intervals import Intervals
from agent.fleet.records import Mark
from agent.uplink.payload import DataType, Metric
from told_fleet import LAMP, Told, counter

FAILED = Metric("lamp/lamp_failure", True, DataType.BOOLEAN)


def test_who_is_born_is_there_and_who_dies_is_gone() -> None:
    told = Told()
    told.born("n1", "lum-01", "lum-02")
    node = told.node("n1")
    assert (node.state, {device.state for name, device in node.devices.items()}) == ("online", {"alive"})
    told.now_ms += 5000
    told.say("DDEATH", "n1", "lum-02")
    assert (node.devices["lum-02"].state, node.devices["lum-02"].since_ms) == ("dead", told.now_ms)
    told.die("n1")
    assert (node.state, node.since_ms) == ("offline", told.now_ms)


def test_a_death_of_an_older_connection_is_none() -> None:
    told = Told()
    told.born("n1", bd_seq=7)
    told.die("n1", bd_seq=6)
    assert told.node("n1").state == "online"
    told.die("n1", bd_seq=7)
    assert told.node("n1").state == "offline"


def test_whoever_is_not_born_again_with_its_node_is_not_known() -> None:
    told = Told()
    told.born("n1", "lum-01", "lum-02")
    told.born("n1", "lum-01", bd_seq=1)
    states = {name: device.state for name, device in told.node("n1").devices.items() if name}
    assert states == {"lum-01": "alive", "lum-02": "unknown"}


def test_a_gap_asks_for_births_and_not_too_often() -> None:
    told = Told()
    told.born("n1", "lum-01")
    assert told.session.rebirths(0.0) == []
    told.lose("n1")
    told.say("DDATA", "n1", "lum-01", FAILED)
    assert told.session.rebirths(0.0) == [("demo", "n1")]
    told.lose("n1")
    told.say("DDATA", "n1", "lum-01", FAILED)
    assert told.session.rebirths(module.REBIRTH_AGAIN_S - 0.1) == []
    assert told.session.rebirths(module.REBIRTH_AGAIN_S) == [("demo", "n1")]
    told.born("n1", "lum-01")
    assert told.session.rebirths(1000.0) == []


def test_who_speaks_before_a_birth_is_asked_and_a_whole_fleet_bit_by_bit() -> None:
    told = Told()
    for n in range(50):
        told.say("DDATA", f"n{n}", "lum-01", FAILED)
    first, second, third, none = (told.session.rebirths(0.0) for _ in range(4))
    assert (len(first), len(second), len(third), len(none)) == (20, 20, 10, 0)
    assert len({*first, *second, *third}) == 50


def test_who_does_not_answer_after_the_broker_was_away_is_gone() -> None:
    told = Told()
    told.born("n1")
    told.session.lost(told.now_ms)
    assert told.node("n1").state == "unknown"
    told.session.met(told.now_ms)
    told.session.tick(told.now_ms + module.UNANSWERED_MS - 1)
    assert told.node("n1").state == "unknown"
    told.session.tick(told.now_ms + module.UNANSWERED_MS)
    assert told.node("n1").state == "offline"


def test_who_speaks_and_is_never_born_is_not_known_and_not_gone() -> None:
    told = Told()
    told.say("DDATA", "n1", "lum-01", FAILED)
    told.session.tick(told.now_ms + 1000)
    assert (told.node("n1").state, told.node("n1").since_ms) == ("unknown", told.now_ms)
    told.session.tick(told.now_ms + module.UNANSWERED_MS)
    assert told.node("n1").state == "offline"


def test_history_is_kept_with_its_own_time_and_changes_nothing_of_now() -> None:
    told = Told()
    told.born("n1", "lum-01")
    told.session.samples.clear()
    past = told.now_ms - 7_200_000
    told.say("DDATA", "n1", "lum-01", counter(42.0, at_ms=past, number=1))
    (sample,) = told.session.samples
    assert (sample.point, sample.value, sample.at_ms) == ("demo/n1/lum-01/lamp/estimated_energy", 42.0, past)
    assert told.node("n1").devices["lum-01"].values["lamp/estimated_energy"].value == 100.0


def test_history_that_comes_twice_is_dropped_by_node_store_and_number() -> None:
    told = Told()
    told.born("n1", "lum-01")
    told.born("n2", "lum-01")
    told.session.samples.clear()
    past = told.now_ms - 7_200_000
    for node in ("n1", "n1", "n2"):
        told.say("DDATA", node, "lum-01", counter(1.0, at_ms=past, number=5))
    assert (len(told.session.samples), told.session.doubles) == (2, 1)
    told.born("n1", "lum-01", store="another")
    told.session.samples.clear()
    told.say("DDATA", "n1", "lum-01", counter(1.0, at_ms=past, number=5))
    assert (len(told.session.samples), told.session.doubles) == (1, 1)


def test_history_of_the_future_is_none() -> None:
    told = Told()
    told.born("n1", "lum-01")
    told.session.samples.clear()
    told.say("DDATA", "n1", "lum-01", counter(1.0, at_ms=told.now_ms + 3 * 86_400_000))
    told.say("DDATA", "n1", "lum-01", counter(1.0, at_ms=5))
    assert (told.session.samples, told.session.misdated) == ([], 2)


def test_an_alarm_stands_until_it_is_said_to_be_over() -> None:
    told = Told()
    told.born("n1", "lum-01")
    told.say("DDATA", "n1", "lum-01", FAILED)
    raised = dict(told.node("n1").raised)
    assert raised == {"lum-01/lamp/lamp_failure": told.now_ms}
    told.now_ms += 1000
    told.say("DDATA", "n1", "lum-01", Metric("lamp/lamp_failure", None, DataType.BOOLEAN))
    told.say("DDATA", "n1", "lum-01", FAILED)
    assert told.node("n1").raised == raised
    told.say("DDATA", "n1", "lum-01", Metric("lamp/lamp_failure", False, DataType.BOOLEAN))
    assert told.node("n1").raised == {}


def test_what_stands_is_taken_of_the_living_alone() -> None:
    told = Told()
    told.born("n1", "lum-01", "lum-02")
    told.say("DDEATH", "n1", "lum-02")
    told.session.samples.clear()
    told.session.stand(told.now_ms + 5)
    assert [(one.point, one.at_ms) for one in told.session.samples] == [
        ("demo/n1/lum-01/lamp/estimated_energy", told.now_ms + 5)
    ]
    told.die("n1")
    told.session.samples.clear()
    told.session.stand(told.now_ms)
    assert told.session.samples == []


def test_memory_is_bounded() -> None:
    told = Told()
    told.born("n1")
    for n in range(module.MOST_DEVICES + 3):
        told.say("DDATA", "n1", f"d{n}", FAILED)
    assert len(told.node("n1").devices) == module.MOST_DEVICES + 1
    assert told.session.left_out == 3


@given(st.lists(st.integers(0, 60)))
def test_intervals_are_a_set(numbers: list[int]) -> None:
    had, model = Intervals(), set[int]()
    for number in numbers:
        assert had.add(number) == (number not in model)
        model.add(number)
    ranges = had.ranges()
    assert {n for first, last in ranges for n in range(first, last + 1)} == model
    assert all(a[1] + 1 < b[0] for a, b in pairwise(ranges))
    assert Intervals(ranges).ranges() == ranges


# ---- what nodes are told to be stored ----------------------------------------------------------------------------------


def proving(told: Told, since: int = 100) -> None:
    """A node whose platform proves is born, with one lamp."""
    told.say(
        "NBIRTH", "p1", "", Metric("bdSeq", 0, DataType.INT64), Metric("journal/store_id", "s1", DataType.STRING),
        *mark(since, since, 1),
    )  # fmt: skip
    told.say("DBIRTH", "p1", "lum-01", *LAMP)


def mark(number: int, since: int, messages: int) -> tuple[Metric, ...]:
    told = {"journal/told": number, "journal/told_since": since, "journal/told_messages": messages}
    return tuple(Metric(name, value, DataType.INT64) for name, value in told.items())


def test_a_mark_is_to_be_told_back_when_nothing_is_missing() -> None:
    told = Told()
    proving(told)
    told.say("NDATA", "p1", "", *mark(104, 100, 3))
    told.say("DDATA", "p1", "lum-01", counter(5.0, number=105))
    told.say("NDATA", "p1", "", *mark(107, 100, 5))
    assert told.session.stored == {("demo", "p1"): Mark("s1", 107)}


def test_after_a_gap_births_are_asked_for_and_no_mark_is_told_back_until_then() -> None:
    told = Told()
    proving(told)
    for _ in range(256):  # so many that their seq does not show it
        told.lose("p1")
    told.say("NDATA", "p1", "", *mark(400, 100, 259))
    assert told.session.stored == {}
    assert told.session.rebirths(1.0) == [("demo", "p1")]
    proving(told, since=500)
    told.say("NDATA", "p1", "", *mark(503, 500, 3))
    assert told.session.stored == {("demo", "p1"): Mark("s1", 503)}


def test_a_birth_that_was_lost_is_missed_though_the_seq_follows() -> None:
    told = Told()
    told.born("p1")  # seq 0
    told.say("NDATA", "p1", "", *mark(700, 600, 2))  # seq 1, of a later birth
    assert told.session.stored == {}
    assert told.session.rebirths(1.0) == [("demo", "p1")]


def test_what_was_heard_before_the_broker_was_lost_proves_nothing() -> None:
    told = Told()
    proving(told)
    told.say("NDATA", "p1", "", *mark(104, 100, 3))
    told.session.lost(told.now_ms)
    told.say("NDATA", "p1", "", *mark(106, 100, 4))
    assert told.session.stored == {}
