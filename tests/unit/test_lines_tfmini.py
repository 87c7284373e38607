"""The TFmini: how far, or why not; its version; its commands."""

from __future__ import annotations

import pytest

from drivers.lines.instrument import Fact, bad
from drivers.points import Quality
from firmware_sim.instruments.tfmini import Tfmini, summed
from wired_instrument import Wired

DISTANCE = "distance/sensor_value"
LITTLE, MUCH = "too little light comes back", "too much light comes back"


def said(raw: int, strength: int = 1000, unit: str = "cm") -> Fact:
    body = b"YY" + (raw & 0xFFFF).to_bytes(2, "little") + strength.to_bytes(2, "little") + b"\x20\x09"
    return Wired("tfmini", Tfmini(), unit=unit).language.feed(summed(body), 0.0)[0]


@pytest.mark.parametrize(
    ("raw", "strength", "fact"),
    [
        (300, 1000, Fact(DISTANCE, 3.0)),
        (1, 1000, Fact(DISTANCE, 0.01)),
        (1200, 100, Fact(DISTANCE, 12.0)),
        (1201, 100, Fact(DISTANCE, 12.01, Quality.UNCERTAIN, "beyond the 12 m that it is made for")),
        (300, 99, Fact(DISTANCE, 3.0, Quality.UNCERTAIN, LITTLE)),
        (2001, 1000, bad(DISTANCE, "20.01 m, farther than it can see: is it set to another unit?")),
        (0, 1000, bad(DISTANCE, "0: nothing that it can measure")),
        (0, 99, bad(DISTANCE, LITTLE)),
        (0, 0xFFFF, bad(DISTANCE, MUCH)),
        (300, 0xFFFF, bad(DISTANCE, MUCH)),
        (-1, 60, bad(DISTANCE, LITTLE)),
        (-2, 0xFFFF, bad(DISTANCE, MUCH)),
        (-2, 1000, bad(DISTANCE, MUCH)),
        (-3, 1000, bad(DISTANCE, "-3: nothing that it can measure")),
        (-4, 0xFFFF, bad(DISTANCE, "too much light around")),
    ],
)
def test_what_a_distance_says(raw: int, strength: int, fact: Fact) -> None:
    assert said(raw, strength) == fact


def test_in_millimetres() -> None:
    assert said(1234, unit="mm") == Fact(DISTANCE, 1.234)
    assert said(12_000, unit="mm") == Fact(DISTANCE, 12.0)
    assert said(-1, unit="mm") == bad(DISTANCE, LITTLE)


@pytest.mark.parametrize(
    ("name", "reason"), [("dazzled", "too much light around"), ("mirrored", MUCH), ("distance_m", LITTLE)]
)
@pytest.mark.parametrize("old", [False, True])
def test_why_a_simulated_one_says_nothing(name: str, reason: str, old: bool) -> None:
    head = Tfmini(4.0)
    wire = Wired("tfmini", head).run(0.1)
    assert wire.said[-3][1] == Fact(DISTANCE, 4.0)
    head.old = old
    setattr(head, name, None if name == "distance_m" else True)
    fact = wire.run(0.1).said[-3][1]
    assert fact.quality is Quality.BAD
    assert fact.reason == (reason if name != "dazzled" or not old else "0: nothing that it can measure")


def test_temperature_and_strength() -> None:
    head = Tfmini(2.0)
    head.temperature_cel = -12.5
    wire = Wired("tfmini", head).run(0.1)
    assert wire.good("temperature/sensor_value")[-1][1] == -12.5
    assert wire.good("distance/strength")[-1][1] == 4000
    head.temperature_cel = 200.0
    assert wire.run(0.1).of("temperature/sensor_value")[-1][1].reason == "an absurd temperature, 200 Cel"


def test_another_head_on_the_port_is_asked_anew() -> None:
    wire = Wired("tfmini", Tfmini()).run(1)
    assert wire.language.identity
    wire.language.opened(wire.now_s)
    assert wire.language.identity == ""
    assert len(wire.run(1).sent) == 2
    assert wire.language.identity == "version 2.1.7"


def test_one_that_does_not_answer_is_asked_three_times() -> None:
    wire = Wired("tfmini", Tfmini())
    wire.deaf = True
    wire.run(10)
    assert [round(at_s, 2) for at_s, _ in wire.sent] == [0.0, 1.0, 2.0]
    assert len(wire.good(DISTANCE)) >= 998


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("5A 04 01 5F", "5A 07 01 07 01 02 6C"),
        ("5A 05 05 06 6A", "5A 05 05 06 6A"),
        ("5A 05 07 00 66", "5A 05 07 00 66"),
        ("5A 06 03 0A 00 6D", "5A 06 03 0A 00 6D"),
        ("5A 04 11 6F", "5A 05 11 00 70"),
        ("5A 04 01 60", ""),
        ("5A 05 05 09 6D", ""),
    ],
)
def test_what_it_is_told(command: str, answer: str) -> None:
    head = Tfmini()
    for byte in bytes.fromhex(command):
        head.arrived(bytes((byte,)), 0.0)
    assert head.due(0.0).hex(" ").upper() == answer


def test_units_rate_and_silence_are_kept_until_it_is_as_delivered() -> None:
    head = Tfmini(1.234)
    head.arrived(bytes.fromhex("5A 05 05 06 6A 5A 06 03 0A 00 6D"), 0.0)
    wire = Wired("tfmini", head, unit="mm").run(2)
    assert wire.good(DISTANCE)[-1][1] == 1.234
    assert 19 <= len(wire.good(DISTANCE)) <= 30
    head.arrived(bytes.fromhex("5A 05 07 00 66"), wire.now_s)
    told = len(wire.run(0.2).said)
    assert len(wire.run(2).said) == told
    head.arrived(bytes.fromhex("5A 04 10 6E"), wire.now_s)
    assert len(wire.run(1).said) > told + 280
