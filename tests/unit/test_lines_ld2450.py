"""The LD2450: who is nearest, which way, how many; what its field of view leaves out."""

from __future__ import annotations

import pytest

from drivers.lines.hilink import command
from firmware_sim.instruments.ld2450 import Ld2450, Person, report
from wired_instrument import Wired

NEAR, FAR, SIDE = Person(0.3, 0.4, -0.8), Person(-1.0, 5.0, 1.2), Person(2.0, -2.0)


def said(people: tuple[Person, ...], **options: str) -> dict[str, object]:
    wire = Wired("ld2450", Ld2450(people), **options).run(0.5)
    assert wire.language.counts.bad_frames == 0
    return {fact.resource: fact.value for _, fact in wire.said[-4:]}


@pytest.mark.parametrize(
    ("people", "count", "distance_m", "speed_m_per_s"),
    [
        ((), 0, 0.0, 0.0),
        ((NEAR,), 1, 0.5, 0.8),
        ((FAR, NEAR), 2, 0.5, 0.8),
        ((FAR,), 1, 5.099, -1.2),
        ((Person(0.0, 3.0),), 1, 3.0, 0.0),
        ((FAR, FAR, FAR, NEAR), 3, 5.099, -1.2),
        ((SIDE,), 0, 0.0, 0.0),
        ((Person(0.0, 6.5),), 0, 0.0, 0.0),
    ],
)
def test_who_is_seen(people: tuple[Person, ...], count: int, distance_m: float, speed_m_per_s: float) -> None:
    assert said(people) == {
        "presence/state": count > 0,
        "presence/count": count,
        "presence/distance": distance_m,
        "presence/speed": speed_m_per_s,
    }


def test_the_other_sign_of_coming_nearer() -> None:
    assert said((NEAR,), nearer="positive")["presence/speed"] == -0.8


@pytest.mark.parametrize(("slot", "shown"), [(0, 1), (1, 1), (2, 1)])
def test_anybody_in_any_slot(slot: int, shown: int) -> None:
    body = report((NEAR,))[4:12]
    frame = report(())[:4] + bytes(8 * slot) + body + bytes(16 - 8 * slot) + report(())[-2:]
    language = Wired("ld2450", Ld2450()).language
    assert [fact.value for fact in language.feed(frame, 0.0)] == [True, shown, 0.5, 0.8]


@pytest.mark.parametrize("slot", ["00 00 00 00 00 00 68 01", "00 80 00 80 00 80 00 00", "00 00 00 80 10 00 00 00"])
def test_a_slot_without_a_place_is_empty(slot: str) -> None:
    frame = report(())[:4] + bytes.fromhex(slot) + bytes(16) + report(())[-2:]
    language = Wired("ld2450", Ld2450()).language
    assert language.feed(frame, 0.0)[0].value is False


@pytest.mark.parametrize(
    "slot",
    [
        "00 00 11 A7 00 00 00 00",  # y 10.001 m
        "00 00 01 00 00 00 00 00",  # 1 mm behind it
        "11 27 00 90 00 00 00 00",  # x 10.001 m to the left
        "FF FF 00 90 00 00 00 00",
    ],
)
@pytest.mark.parametrize("place", range(3))
def test_a_place_that_it_cannot_see_is_no_report(slot: str, place: int) -> None:
    frame = report(())[:4] + bytes(8 * place) + bytes.fromhex(slot) + bytes(16 - 8 * place) + report(())[-2:]
    language = Wired("ld2450", Ld2450()).language
    assert language.feed(frame, 0.0) == []
    assert language.counts.bad_frames == 1
    assert "cannot see" in language.counts.last_error


def test_one_that_is_told_to_follow_one_only_does() -> None:
    radar = Ld2450((NEAR, FAR))
    radar.arrived(command(0xFF, b"\1\0") + command(0x80) + command(0x91) + command(0xFE), 0.0)
    assert bytes.fromhex("FD FC FB FA 06 00 91 01 00 00 01 00 04 03 02 01") in radar.due(0.02)
    assert Wired("ld2450", radar).run(1).good("presence/count")[-1][1] == 1
    radar.arrived(command(0xFF, b"\1\0") + command(0x90) + command(0xFE), 5.0)
    assert not radar.single
