"""An ultrasonic head that is asked: one question at a time, and no late answer taken for a new one."""

from __future__ import annotations

from itertools import pairwise

import pytest

from drivers.lines import load_model
from drivers.lines.instrument import Fact, bad
from drivers.lines.urm import MODEL, Urm, question
from firmware_sim.instruments.urm import Urm as Head
from firmware_sim.instruments.urm import packed
from wired_instrument import Wired

DISTANCE, TEMPERATURE = "distance/sensor_value", "temperature/sensor_value"
ASK_DISTANCE = bytes.fromhex("55 AA 11 00 02 12")
ASK_TEMPERATURE = bytes.fromhex("55 AA 11 00 03 13")


def asked() -> Urm:
    """One that waits for a distance."""
    head = Urm(0x11, 0.5)
    head.opened(0.0)
    assert head.due(0.0) == ASK_DISTANCE
    return head


def test_the_makers_frames() -> None:
    head = asked()
    assert head.feed(bytes.fromhex("55 AA 11 02 02 12 34 5A"), 0.1) == [Fact(DISTANCE, 4.66)]
    assert head.due(0.1) == ASK_TEMPERATURE
    assert head.feed(bytes.fromhex("55 AA 11 02 03 00 FF 14"), 0.2) == [Fact(TEMPERATURE, 25.5)]
    assert question(0x80, 2) == packed(0x80, 2)


@pytest.mark.parametrize(
    "wrong",
    [
        "55 AA 11 02 02 12 34 5B",  # sum
        "55 AA 12 02 02 12 34 5B",  # another's
        "55 AA 11 00 02 12",  # the question's echo
        "55 AA 11 02 04 12 34 5C",  # nothing that is asked
        "55 AA 11 02 02 12 34",
    ],
)
def test_what_is_no_answer(wrong: str) -> None:
    head = asked()
    assert head.feed(bytes.fromhex(wrong), 0.1) == []
    assert head.counts.frames == 0


def test_an_answer_behind_the_questions_echo() -> None:
    assert asked().feed(ASK_DISTANCE + packed(0x11, 2, b"\x03\xe8"), 0.1) == [Fact(DISTANCE, 1.0)]


@pytest.mark.parametrize(
    ("millimetres", "fact"),
    [
        (200, Fact(DISTANCE, 0.2)),
        (10_000, Fact(DISTANCE, 10.0)),
        (199, bad(DISTANCE, "199 mm, of 200 to 10000 that it can see")),
        (10_001, bad(DISTANCE, "10001 mm, of 200 to 10000 that it can see")),
        (0xFFFF, bad(DISTANCE, "no object in view")),
    ],
)
def test_what_a_distance_says(millimetres: int, fact: Fact) -> None:
    assert asked().feed(packed(0x11, 2, millimetres.to_bytes(2, "big")), 0.1) == [fact]


@pytest.mark.parametrize(
    ("tenths", "fact"),
    [
        (-105, Fact(TEMPERATURE, -10.5)),
        (-401, bad(TEMPERATURE, "an absurd temperature, -40.1 Cel")),
        (851, bad(TEMPERATURE, "an absurd temperature, 85.1 Cel")),
    ],
)
def test_what_a_temperature_says(tenths: int, fact: Fact) -> None:
    head = asked()
    head.feed(packed(0x11, 2, b"\x03\xe8"), 0.1)
    head.due(0.1)
    assert head.feed(packed(0x11, 3, tenths.to_bytes(2, "big", signed=True)), 0.2) == [fact]


def test_a_head_is_asked_at_its_period_and_its_temperature_once_a_minute() -> None:
    wired = Wired("urm", Head(3.21), every_s=0.5).run(59.9)
    times = [at_s for at_s, data in wired.sent if data == ASK_DISTANCE]
    assert times == pytest.approx([0.5 * n for n in range(120)])
    assert [value for _, value in wired.good(DISTANCE)] == [3.21] * 120
    assert [value for _, value in wired.good(TEMPERATURE)] == [20.0]
    assert len(wired.run(60).good(TEMPERATURE)) == 2


def test_a_head_of_another_address() -> None:
    head = Head(2.0, address=0x12)
    wired = Wired("urm", head, address=0x12).run(0.9)
    assert len(wired.good(DISTANCE)) == 2
    head.arrived(packed(0xAB, 0x55, b"\x11"), 1.0)  # everybody's address: it gets another one
    assert len(wired.run(5).good(DISTANCE)) == 2
    assert wired.language.counts.frames == 3  # two distances, one temperature


def test_one_question_is_under_way() -> None:
    """Nothing is asked while an answer may come, however short the period."""
    head = Head(2.0)
    head.latency_s = 0.29
    wired = Wired("urm", head, every_s=0.1).run(10)
    times = [at_s for at_s, _ in wired.sent]
    assert min(later - earlier for earlier, later in pairwise(times)) >= 0.289
    assert len(wired.good(DISTANCE)) >= 30


@pytest.mark.parametrize("late_s", [0.31, 0.45, 0.7, 1.2, 1.9])
def test_a_late_distance_is_not_taken_for_a_new_one(late_s: float) -> None:
    """The head stalls over one question, while what it looks at comes nearer."""
    head = Head(5.0)
    wired = Wired("urm", head, every_s=0.5).run(2.4)
    head.latency_s = late_s
    wired.run(0.1)
    assert wired.sent[-1][1] == ASK_DISTANCE
    head.latency_s = 0.06
    head.distance_m = 1.0  # asked of 5 m still
    wired.run(5)
    values = [value for at_s, value in wired.good(DISTANCE) if at_s > 2.5]
    assert values[0] == 1.0
    assert set(values) == {1.0}
    assert len(values) >= 5


def test_a_head_that_is_gone_is_asked_on_and_is_read_when_it_is_back() -> None:
    head = Head(2.0)
    head.alive = False
    wired = Wired("urm", head, every_s=0.5).run(60)
    assert not wired.said
    assert 30 <= len(wired.sent) <= 120
    head.alive = True
    assert wired.run(3).good(DISTANCE)


def test_a_head_without_a_thermometer() -> None:
    """It is asked for one seldom, and its distances hardly notice."""
    head = Head(2.0)
    wired = Wired("urm", head, every_s=0.5)
    wired.spoil = lambda data: data if data[4:5] == b"\x02" else b""
    wired.run(60)
    assert len(wired.good(DISTANCE)) >= 100
    assert not wired.good(TEMPERATURE)


def test_a_port_that_is_opened_again() -> None:
    head = asked()
    head.opened(0.1)
    assert head.due(0.1) == ASK_TEMPERATURE  # a distance may still be on its way
    assert head.feed(packed(0x11, 2, b"\x03\xe8"), 0.15) == []
    assert head.feed(packed(0x11, 3, b"\x00\xc8"), 0.2) == [Fact(TEMPERATURE, 20.0)]
    assert head.due(0.2) == ASK_DISTANCE


def test_how_long_it_may_be_silent_follows_its_period() -> None:
    assert load_model("urm") is MODEL
    assert MODEL.silent_s is not None
    assert MODEL.silent_s({"address": 17, "every_s": 0.5}) == MODEL.silent_after_s
    assert MODEL.silent_s({"address": 17, "every_s": 60.0}) > 120
