"""The LD2451: whom it reports, and an empty street of which it says nothing."""

from __future__ import annotations

from itertools import pairwise

import pytest

from drivers.lines.hilink import command
from firmware_sim.instruments.ld2451 import Ld2451, Vehicle
from wired_instrument import Wired

ENABLE, LEAVE = command(0xFF, b"\1\0"), command(0xFE)


def mute(vehicles: tuple[Vehicle, ...] = ()) -> Ld2451:
    radar = Ld2451(vehicles)
    radar.heartbeats = False
    return radar


@pytest.mark.parametrize(
    ("vehicles", "count", "distance_m", "speed_m_per_s", "angle_deg"),
    [
        ((), 0, 0.0, 0.0, 0),
        ((Vehicle(50.0, 10.0, -12.0),), 1, 50.0, 10.0, -12),
        ((Vehicle(50.0, -10.0),), 1, 0.0, 0.0, 0),
        ((Vehicle(20.0, -10.0), Vehicle(80.0, 70.0), Vehicle(90.0, 8.0)), 3, 80.0, 70.0, 0),
        ((Vehicle(101.0, 10.0),), 0, 0.0, 0.0, 0),
        ((Vehicle(50.0, 1.3),), 0, 0.0, 0.0, 0),
        ((Vehicle(30.0, 90.0),), 1, 30.0, 70.83, 0),  # its figure ends at 255 km/h
        (tuple(Vehicle(10.0 * n, 5.0) for n in range(9, 0, -1)), 5, 10.0, 5.0, 0),
    ],
)
def test_who_is_seen(
    vehicles: tuple[Vehicle, ...], count: int, distance_m: float, speed_m_per_s: float, angle_deg: int
) -> None:
    wire = Wired("ld2451", Ld2451(vehicles)).run(0.5)
    assert {fact.resource: fact.value for _, fact in wire.said[-6:]} == {
        "presence/state": count > 0,
        "presence/count": count,
        "vehicles/count": count,
        "vehicles/distance": distance_m,
        "vehicles/speed": speed_m_per_s,
        "vehicles/angle": angle_deg,
    }
    assert wire.language.counts.bad_frames == 0


def test_the_other_direction_byte() -> None:
    wire = Wired("ld2451", Ld2451((Vehicle(20.0, -8.0), Vehicle(60.0, 8.0))), nearer="0").run(0.5)
    assert wire.good("vehicles/distance")[-1][1] == 20.0


def test_whom_it_reports_is_part_of_what_it_says_it_is() -> None:
    radar = Ld2451((Vehicle(50.0, 10.0), Vehicle(30.0, -10.0)))
    radar.arrived(ENABLE + command(0x02, bytes((60, 1, 20, 3))) + LEAVE, 0.0)
    wire = Wired("ld2451", radar).run(2)
    assert wire.language.identity.endswith(", to 60 m, nearer only, from 20 km/h")
    assert wire.good("presence/count")[-1][1] == 1


def test_of_an_empty_street_one_may_say_nothing_and_is_alive_all_the_same() -> None:
    radar = mute()
    wire = Wired("ld2451", radar).run(30)
    told = wire.good("presence/state")
    assert {value for _, value in told} == {False}
    assert max(after - before for (before, _), (after, _) in pairwise(told)) < 1.5
    assert wire.language.counts.frames == len(told)
    assert wire.language.counts.stray_bytes == 0
    deaf_s = 0.05 * len(told)  # while it is being asked
    assert deaf_s < 0.05 * 30


def test_who_comes_on_an_empty_street_is_seen_at_once_and_is_gone_after() -> None:
    radar = mute()
    wire = Wired("ld2451", radar).run(10)
    radar.vehicles = (Vehicle(80.0, 12.0),)
    wire.run(5)
    came = [at_s for at_s, value in wire.good("presence/state") if value]
    assert came[0] - 10.0 < 0.2
    assert len(came) >= 48
    radar.vehicles = ()
    wire.run(3)
    gone = [at_s for at_s, value in wire.good("presence/state") if not value and at_s > 15.0]
    assert gone[0] - came[-1] < 2.4
    assert wire.good("vehicles/speed")[-1][1] == 0.0


def test_one_that_is_dead_says_nothing_of_the_street() -> None:
    radar = mute((Vehicle(80.0, 12.0),))
    wire = Wired("ld2451", radar).run(10)
    frames = wire.language.counts.frames
    radar.alive = False
    wire.run(30)
    assert wire.language.counts.frames == frames
    assert all(at_s <= 10.0 for at_s, _ in wire.good("presence/state"))


def test_one_that_somebody_else_made_mute_is_not_believed_to_see_nobody() -> None:
    radar = Ld2451((Vehicle(80.0, 12.0),))
    radar._commands.enabled = True
    wire = Wired("ld2451", radar)
    wire.run(10)
    assert {value for _, value in wire.good("presence/state")} == {True}


def test_one_that_somebody_makes_mute_while_a_vehicle_comes_is_let_go_and_not_believed_to_see_nobody() -> None:
    radar = Ld2451((Vehicle(80.0, 12.0),))
    wire = Wired("ld2451", radar).run(5)
    radar._commands.enabled = True
    told = wire.run(5).good("presence/state")
    assert {value for _, value in told} == {True}
    assert len(told) > 85


def test_one_that_does_not_say_that_it_was_let_go_is_not_believed_to_see_nobody() -> None:
    wire = Wired("ld2451", mute())
    wire.spoil = lambda data: b"" if data[6:8] == b"\xfe\1" else data
    wire.run(30)
    assert wire.language.identity
    assert wire.said == []


def test_of_one_whose_answers_are_lost_nothing_is_told_but_what_it_reports() -> None:
    wire = Wired("ld2451", mute())
    wire.spoil = lambda data: b"" if data.startswith(b"\xfd") else data
    wire.run(30)
    assert wire.said == []


def test_asked_too_often_or_wrongly_it_refuses() -> None:
    radar = Ld2451()
    radar.arrived(ENABLE + command(0x02, bytes((60, 3, 20, 3))) + command(0x55) + LEAVE, 0.0)
    answers = radar.due(0.02)
    assert bytes.fromhex("04 00 02 01 01 00") in answers
    assert bytes.fromhex("04 00 55 01 01 00") in answers
    assert radar.farthest_m == 100.0
