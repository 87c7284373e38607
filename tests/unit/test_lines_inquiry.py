"""How a radar is asked who it is, and that it is never left where it does not report."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from firmware_sim.instruments.ld2410 import Ld2410
from firmware_sim.instruments.ld2450 import Ld2450
from firmware_sim.instruments.ld2451 import Ld2451, Vehicle
from firmware_sim.instruments.tfmini import Tfmini
from wired_instrument import Wired

ENABLE, ASK, LEAVE = "04 00 FF 00", "02 00 A0 00", "02 00 FE 00"
PARAMETERS = "02 00 12 00"


def asked(wire: Wired) -> list[str]:
    return [data[4:8].hex(" ").upper() for _, data in wire.sent]


@pytest.mark.parametrize(
    ("name", "radar", "identity", "questions"),
    [
        ("ld2410", Ld2410, "firmware 1.07.22091516", [ASK]),
        ("ld2450", Ld2450, "firmware 1.02.22062416", [ASK]),
        (
            "ld2451",
            Ld2451,
            "firmware 1.01.24071009, to 100 m, both ways, from 5 km/h",
            [ASK, PARAMETERS],
        ),
    ],
)
def test_it_is_asked_once_and_let_go(
    name: str, radar: Callable[[], Ld2410], identity: str, questions: list[str]
) -> None:
    wire = Wired(name, radar()).run(10)
    assert wire.language.identity == identity
    assert asked(wire) == [ENABLE, *questions, LEAVE]
    assert len(wire.of("presence/state")) >= 98
    assert wire.language.counts.stray_bytes == 0


def test_one_that_does_not_answer_is_asked_three_times_and_heard_all_the_same() -> None:
    wire = Wired("ld2410", Ld2410(moving_m=2.0))
    wire.deaf = True
    wire.run(20)
    assert asked(wire).count(ENABLE) == 3
    assert asked(wire).count(ASK) == 0
    assert len(wire.good("presence/state")) >= 199
    assert wire.language.identity == ""


def test_where_no_answer_is_heard_it_is_let_go_and_reports() -> None:
    radar = Ld2410(moving_m=2.0)
    wire = Wired("ld2410", radar)
    wire.spoil = lambda data: b"" if data.startswith(b"\xfd") else data
    wire.run(20)
    assert not radar._commands.enabled
    assert len(wire.good("presence/state")) > 150


def test_one_that_was_left_enabled_by_somebody_else_is_let_go() -> None:
    radar = Ld2410(moving_m=2.0)
    radar._commands.enabled = True
    wire = Wired("ld2410", radar).run(5)
    assert len(wire.good("presence/state")) > 45


@pytest.mark.parametrize("lost", range(4))
def test_a_command_that_is_lost_leaves_no_radar_mute(lost: int) -> None:
    radar = Ld2410(moving_m=2.0)
    wire = Wired("ld2410", radar)
    arrived, count = radar.arrived, 0

    def sometimes(data: bytes, now_s: float) -> None:
        nonlocal count
        if count != lost:
            arrived(data, now_s)
        count += 1

    radar.arrived = sometimes  # type: ignore[method-assign]
    wire.run(20)
    assert wire.language.identity
    assert not radar._commands.enabled
    assert [at_s for at_s, _ in wire.good("presence/state")][-1] > 19.8


def test_one_whose_first_answer_is_lost_is_let_go_at_once() -> None:
    wire = Wired("ld2410", Ld2410(moving_m=2.0))
    lost: list[bytes] = []

    def spoil(data: bytes) -> bytes:
        if data.startswith(b"\xfd") and not lost:
            lost.append(data)
            return b""
        return data

    wire.spoil = spoil
    assert wire.run(3).good("presence/state")[0][0] < 0.5
    assert wire.language.identity


def test_another_radar_on_the_port_is_asked_anew() -> None:
    wire = Wired("ld2410", Ld2410(moving_m=2.0)).run(2)
    wire.language.opened(wire.now_s)
    assert wire.language.identity == ""
    assert asked(wire.run(2)) == [ENABLE, ASK, LEAVE] * 2
    assert wire.language.identity


def test_a_dead_radar_is_not_asked_for_ever() -> None:
    radar = Ld2410()
    radar.alive = False
    wire = Wired("ld2410", radar).run(60)
    assert len(wire.sent) < 70  # let go once a second, lest it is mute


def test_a_lidar_says_its_version_among_its_readings() -> None:
    wire = Wired("tfmini", Tfmini(2.5)).run(5)
    assert wire.language.identity == "version 2.1.7"
    assert len(wire.sent) == 1
    assert len(wire.good("distance/sensor_value")) >= 499
    assert wire.language.counts.stray_bytes == 0


def test_a_radar_says_who_comes_and_who_goes() -> None:
    radar = Ld2451((Vehicle(60.0, 13.9), Vehicle(20.0, -8.0), Vehicle(30.0, 1.0)))
    wire = Wired("ld2451", radar).run(3)
    assert wire.good("vehicles/distance")[-1][1] == 60.0
    assert wire.good("vehicles/speed")[-1][1] == 13.89
    assert wire.good("vehicles/count")[-1][1] == 2  # one walks
    radar.vehicles = ()
    wire.run(1)
    assert wire.good("vehicles/distance")[-1][1] == 0.0
    assert wire.good("vehicles/count")[-1][1] == 0


def test_presence_holds_as_long_as_the_radar_says() -> None:
    radar = Ld2410(moving_m=3.0)
    wire = Wired("ld2410", radar).run(3)
    assert wire.good("presence/distance")[-1][1] == 3.0
    radar.moving_m = None
    wire.run(4.5)
    assert wire.good("presence/state")[-1][1] is True
    wire.run(1)
    assert wire.good("presence/state")[-1][1] is False
    assert wire.good("presence/distance")[-1][1] == 0.0
