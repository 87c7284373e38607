"""Ultrasonic heads that report by themselves: distances, why there is none, and a frame that lies across two."""

from __future__ import annotations

import pytest

from drivers.lines import load_model
from drivers.lines.instrument import Fact, Language, bad
from drivers.points import Quality
from firmware_sim.instruments.a02 import A02, Sen0754, report
from wired_instrument import Wired

DISTANCE = "distance/sensor_value"


def language(model: str = "a02") -> Language:
    return load_model(model).build({})


def test_the_makers_frame() -> None:
    head = language()
    assert head.feed(bytes.fromhex("FF 07 A1 A7"), 0.0) == [Fact(DISTANCE, 1.953)]
    assert head.counts.frames == 1


@pytest.mark.parametrize("wrong", ["FF 07 A1 A8", "FF 07 A0 A7", "FE 07 A1 A6", "FF 07 A1", "07 A1 A7"])
def test_what_is_no_frame(wrong: str) -> None:
    head = language()
    assert head.feed(bytes.fromhex(wrong), 0.0) == []
    assert head.counts.frames == 0


@pytest.mark.parametrize(
    ("model", "millimetres", "fact"),
    [
        ("a02", 31, Fact(DISTANCE, 0.031)),
        ("a02", 30, bad(DISTANCE, "30 mm: too near, or nothing in view")),
        ("a02", 0, bad(DISTANCE, "0 mm: too near, or nothing in view")),
        ("a02", 4500, Fact(DISTANCE, 4.5)),
        ("a02", 5500, Fact(DISTANCE, 5.5, Quality.UNCERTAIN, "beyond the 4.5 m that it is made for")),
        ("sen0754", 5500, Fact(DISTANCE, 5.5)),
        ("sen0754", 0xFFFE, bad(DISTANCE, "another ultrasonic head interferes")),
        ("sen0754", 0xFFFD, bad(DISTANCE, "no object in view")),
    ],
)
def test_what_a_distance_says(model: str, millimetres: int, fact: Fact) -> None:
    assert language(model).feed(report(millimetres), 0.0) == [fact]


def test_a_distance_out_of_all_reach_is_no_frame() -> None:
    head = language()
    assert head.feed(report(10_001) + report(1000), 0.0) == [Fact(DISTANCE, 1.0)]
    assert "absurd" in head.counts.last_error


def test_frames_within_a_steady_stream_do_not_last() -> None:
    """`FF FF 01 FF` is sound by its sum, and lies across any two of 511 mm: begun in the middle, it would go on for ever."""
    head = language()
    facts = head.feed((report(511) * 5)[3:], 0.0)
    assert facts == [Fact(DISTANCE, 0.511)] * 4


def test_half_a_frame_before_a_pause_is_forgotten() -> None:
    head = language()
    assert head.feed(report(1000)[:2], 0.0) == []
    assert head.feed(report(2000), 0.1) == [Fact(DISTANCE, 2.0)]
    assert head.feed(report(1000)[:2], 0.2) == []
    head.opened(0.21)
    assert head.feed(report(1000)[2:], 0.22) == []
    assert head.feed(report(3000)[:2], 0.3) == []
    assert head.feed(report(3000)[2:], 0.31) == [Fact(DISTANCE, 3.0)]


def test_what_is_left_of_a_frame_and_the_next_ones_beginning_are_no_frame() -> None:
    head = language()
    assert head.feed(report(0x0AFF)[1:], 0.0) == []  # 0A FF 08: `FF 08 FF 06` would be sound
    assert head.feed(report(0x0600), 0.1) == [Fact(DISTANCE, 1.536)]


def test_a_head_on_its_wire() -> None:
    head = A02(1.25)
    wired = Wired("a02", head).run(1.05)
    assert [value for _, value in wired.good(DISTANCE)] == [1.25] * 10
    assert not wired.sent
    head.distance_m = None
    assert wired.run(0.1).said[-1][1].quality is Quality.BAD
    head.distance_m = 9.0
    assert wired.run(0.1).said[-1][1] == Fact(DISTANCE, 4.5)
    head.alive = False
    told = len(wired.said)
    assert len(wired.run(5).said) == told


def test_why_a_sen0754_sees_nothing() -> None:
    head = Sen0754(None)
    wired = Wired("sen0754", head).run(0.1)
    assert wired.said[-1][1] == bad(DISTANCE, "no object in view")
    head.interfered = True
    assert wired.run(0.1).said[-1][1] == bad(DISTANCE, "another ultrasonic head interferes")
