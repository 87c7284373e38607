"""The LD2410 on its wire: gates, sensitivities, engineering reports, a restart."""

from __future__ import annotations

import pytest

from drivers.lines.hilink import command
from firmware_sim.instruments.ld2410 import Ld2410
from lines_captures import CAPTURES
from wired_instrument import Wired

ENABLE, LEAVE = command(0xFF, b"\1\0"), command(0xFE)


def words(*numbers: int) -> bytes:
    """Return the value of a command that sets: each number under its place."""
    return b"".join(bytes((place, 0)) + number.to_bytes(4, "little") for place, number in enumerate(numbers))


def told(radar: Ld2410, *commands: bytes) -> list[bytes]:
    """Return what a radar answers to commands, one each 20 ms."""
    answers = []
    for place, data in enumerate((ENABLE, *commands, LEAVE)):
        now_s = radar.next_s() + 0.02 * place
        radar.due(now_s)
        radar.arrived(data, now_s)
        answers.append(radar.due(now_s + 0.01))
    return answers


def captured(says: str) -> bytes:
    return next(bytes.fromhex(one.bytes) for one in CAPTURES if one.model == "ld2410" and says in one.says)


def test_the_simulated_one_answers_as_a_captured_one() -> None:
    enabled, firmware, parameters, left = told(Ld2410(), command(0xA0), command(0x61))
    assert enabled == bytes.fromhex("FD FC FB FA 08 00 FF 01 00 00 01 00 40 00 04 03 02 01")
    assert firmware == captured("firmware")
    assert parameters == captured("parameters")
    assert left == bytes.fromhex("FD FC FB FA 04 00 FE 01 00 00 04 03 02 01")


def test_what_is_asked_of_one_that_is_not_enabled_is_refused() -> None:
    radar = Ld2410()
    radar.arrived(command(0xA0), 0.0)
    assert radar.due(0.02) == bytes.fromhex("FD FC FB FA 04 00 A0 01 01 00 04 03 02 01")


@pytest.mark.parametrize(
    ("moving_m", "still_m", "state", "distance_m", "motion", "still"),
    [
        (None, None, False, 0.0, 0, 0),
        (2.0, None, True, 2.0, 76, 0),
        (None, 3.5, True, 3.5, 0, 60),
        (4.0, 1.0, True, 4.0, 52, 88),
        (6.1, None, False, 0.0, 0, 0),
        (None, 6.1, False, 0.0, 0, 0),
    ],
)
@pytest.mark.parametrize("engineering", [False, True])
def test_who_is_seen(
    moving_m: float | None,
    still_m: float | None,
    state: bool,
    distance_m: float,
    motion: int,
    still: int,
    engineering: bool,
) -> None:
    radar = Ld2410(moving_m, still_m)
    radar.engineering = engineering
    wire = Wired("ld2410", radar).run(1)
    last = {fact.resource: fact.value for _, fact in wire.said[-4:]}
    assert last == {
        "presence/state": state,
        "presence/distance": distance_m,
        "presence/motion": motion,
        "presence/still": still,
    }
    assert wire.language.counts.bad_frames == 0
    assert wire.language.counts.stray_bytes == 0


def test_gates_and_the_time_without_anybody_are_kept_until_it_is_as_delivered() -> None:
    radar = Ld2410()
    gates = command(0x60, words(4, 2, 30))
    answers = told(radar, gates, command(0x64, words(0xFFFF, 70, 80)), command(0x64, words(3, 11, 12)), command(0x61))
    assert answers[-2][11:-4].hex(" ") == (
        "08 04 02 46 46 46 0b 46 46 46 46 46 50 50 50 0c 50 50 50 50 50 1e 00"
    )  # of nine gates the fourth and second are the farthest; 70, but 11; 80, but 12; 30 s
    radar.moving_m = 4.0
    wire = Wired("ld2410", radar).run(1)
    assert wire.good("presence/state")[-1][1] is False  # 4 m is in the fifth gate
    told(radar, command(0xA2))
    assert radar.no_one_s == 5.0
    assert Wired("ld2410", radar).run(2).good("presence/state")[-1][1] is True


def test_after_a_restart_it_is_silent_for_a_second_and_no_longer_engineering() -> None:
    radar = Ld2410(moving_m=2.0)
    wire = Wired("ld2410", radar).run(3)
    radar.arrived(ENABLE, wire.now_s)
    radar.arrived(command(0x62), wire.now_s)
    radar.arrived(command(0xA3), wire.now_s)
    wire.run(5)
    came = [at_s for at_s, _ in wire.good("presence/state") if at_s > 3.0]
    assert 4.0 <= came[0] < 4.2
    assert len(came) >= 38
    assert not radar.engineering
