"""A Doppler radar in virtual time: how it is set up, and that nobody is not taken from a dead one."""

from __future__ import annotations

from firmware_sim.instruments.ops243 import Ops243
from wired_instrument import Wired


def test_it_is_set_up_and_says_who_it_is() -> None:
    wire = Wired("ops243", Ops243(5.0)).run(3)
    assert [data for _, data in wire.sent][:6] == [b"OJ\n", b"UM\n", b"OM\n", b"OU\n", b"?P\n", b"?V\n"]
    assert wire.language.identity == "OPS243 1.3.2"
    assert [data for _, data in wire.sent][6:] == [b"U?\n"] * (len(wire.sent) - 6)
    assert wire.good("presence/speed")[-1][1] == 5.0
    assert wire.good("presence/magnitude")[-1][1] == 120.0


def test_before_it_is_set_up_nothing_absurd_is_believed() -> None:
    wire = Wired("ops243", Ops243(30.0)).run(3)  # 67 mph as text at first
    assert {value for _, value in wire.good("presence/speed")} == {30.0}


def test_when_nothing_moves_it_is_asked_and_nobody_is_there() -> None:
    radar = Ops243(-4.0)
    wire = Wired("ops243", radar).run(3)
    assert wire.good("presence/state")[-1][1] is True
    radar.speed_m_per_s = None
    wire.run(3)
    assert wire.good("presence/state")[-1] == (wire.good("presence/state")[-1][0], False)
    assert wire.good("presence/speed")[-1][1] == 0.0
    asked = [at_s for at_s, data in wire.sent if data == b"U?\n" and at_s > 3]
    assert len(asked) == 3


def test_a_dead_one_says_nothing_and_nobody_is_not_taken_from_that() -> None:
    radar = Ops243(4.0)
    wire = Wired("ops243", radar).run(3)
    radar.alive = False
    said = len(wire.said)
    wire.run(30)
    assert len(wire.said) == said


def test_zeros_are_nobody() -> None:
    radar = Ops243()
    radar.zeros = True
    wire = Wired("ops243", radar).run(3)
    assert wire.good("presence/state")[-1][1] is False


def test_one_that_has_lost_its_supply_is_set_up_again_and_nothing_is_believed_meanwhile() -> None:
    radar = Ops243(5.0)
    wire = Wired("ops243", radar).run(3)
    radar.power_up()  # it says mph now, as text
    wire.run(3)
    assert {value for _, value in wire.good("presence/speed")} == {5.0}
    assert wire.good("presence/speed")[-1][0] > 5.8


def test_commands_that_are_lost_are_made_good() -> None:
    radar = Ops243(5.0)
    wire = Wired("ops243", radar)
    arrived = radar.arrived

    def deaf_at_first(data: bytes, now_s: float) -> None:
        if data != b"UM\n" or now_s > 1:
            arrived(data, now_s)

    radar.arrived = deaf_at_first  # type: ignore[method-assign,assignment]
    wire.run(10)
    assert {value for _, value in wire.good("presence/speed")} <= {5.0}
    assert wire.good("presence/speed")[-1][0] > 9.8


def test_numbers_without_end_are_refused() -> None:
    wire = Wired("ops243", Ops243()).run(2)
    line = b'{"speed": ' + b"9" * 350 + b"}\n"
    assert wire.language.feed(line, 2.0) == []
