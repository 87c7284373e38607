"""A command's life: accepted, written, verified; superseded, expired; refused with the lamp as it was."""

from __future__ import annotations

import pytest

from agent.control.gear import Gear
from agent.control.leases import Demand
from agent.uplink.wishes import Unwanted, Wish
from commanded_street import CommandedStreet


@pytest.fixture
def street() -> CommandedStreet:
    return CommandedStreet()


def test_accepted_written_verified(street: CommandedStreet) -> None:
    assert street.take("lum-03", Wish("a1", 55.0))
    assert street.told() == [("lum-03", "a1", "accepted")]
    street.run(3.0)
    assert (street.control.winner(2), street.control.kernel.level(2)) == ("operator", 55.0)
    assert street.told() == []
    street.acknowledged("lum-03", 55.0)
    assert street.told() == [("lum-03", "a1", "written")]
    street.run(0.5)
    street.reads("lum-03", 54.0)
    assert "54 %" in street.answers[0].reason
    assert street.told() == [("lum-03", "a1", "verified")]
    assert not street.commands.pending
    assert (street.commands.accepted, street.commands.refused) == (1, 0)


def test_a_level_between_two_arc_power_levels_is_proven_by_the_nearest() -> None:
    street = CommandedStreet(gear=Gear("dali"))
    street.take("lum-03", Wish("a1", 98.0))
    street.run(3.0)
    street.acknowledged("lum-03", 97.31)  # 253; 254 is 100 %
    street.run(0.5)
    street.reads("lum-03", 97.31)
    assert [status for _, _, status in street.told()] == ["accepted", "written", "verified"]


def test_an_old_reading_proves_nothing(street: CommandedStreet) -> None:
    street.acknowledged("lum-03", 55.0)
    street.reads("lum-03", 55.0)
    street.take("lum-03", Wish("a1", 55.0))
    street.run(2.0)
    assert [status for _, _, status in street.told()] == ["accepted", "written"]
    street.reads("lum-03", 55.0)
    assert [status for _, _, status in street.told()] == ["verified"]


def test_a_dead_unit_proves_nothing_and_it_is_said_so(street: CommandedStreet) -> None:
    street.take("lum-03", Wish("a1", 55.0))
    street.run(1.0)
    street.acknowledged("lum-03", 55.0)
    street.reads("lum-03", None, "no answer within 100 ms")
    street.run(16.0)
    last = street.answers[-1]
    assert (last.status, last.reason) == ("written", "no proof within 15 s: no answer within 100 ms")
    assert street.commands.pending  # the demand is in force, and the proof may still come
    street.reads("lum-03", 55.0)
    assert street.told()[-1] == ("lum-03", "a1", "verified")


def test_the_floor_keeps_an_operator_from_the_dark(street: CommandedStreet) -> None:
    street.take("lum-01", Wish("a1", 0.0))
    street.run(5.0)
    street.acknowledged("lum-01", 5.0)
    street.run(0.1)
    street.reads("lum-01", 5.0)
    assert [answer.status for answer in street.answers] == ["accepted", "written", "verified"]
    assert street.answers[-1].reason == "the lamp reads back 5 %; the floor keeps it from 0 %"


def test_the_next_command_supersedes(street: CommandedStreet) -> None:
    street.take("lum-01", Wish("a1", 50.0))
    street.take("lum-01", Wish("a2", 60.0))
    assert street.told() == [("lum-01", "a1", "accepted"), ("lum-01", "a1", "superseded"), ("lum-01", "a2", "accepted")]


def test_a_technician_at_the_pole_wins(street: CommandedStreet) -> None:
    street.control.leases.take(0, "technician", Demand("cli", 40.0, 600.0), street.now_s)
    street.take("lum-01", Wish("a1", 50.0))
    street.run(1.0)
    assert street.answers[-1].reason == "technician holds the lamp; the demand waits under it"
    assert street.told() == [("lum-01", "a1", "accepted"), ("lum-01", "a1", "superseded")]
    assert street.control.kernel.level(0) != 50.0


def test_a_demand_ends_by_itself(street: CommandedStreet) -> None:
    street.take("lum-01", Wish("a1", 50.0, for_s=2.0))
    street.run(3.0)
    assert street.told() == [("lum-01", "a1", "accepted"), ("lum-01", "a1", "expired")]
    assert street.control.winner(0) != "operator"


def test_unless_said_it_holds_for_the_configured_time() -> None:
    street = CommandedStreet(operator_s=5.0)
    street.take("lum-01", Wish("a1", 50.0))
    street.run(4.5)
    assert street.control.winner(0) == "operator"
    street.run(1.0)
    assert street.control.winner(0) != "operator"


def test_release(street: CommandedStreet) -> None:
    street.take("lum-01", Wish("a1", 50.0))
    street.take("lum-01", Wish("a2", None))
    street.run(0.1)
    assert street.control.winner(0) != "operator"
    assert street.told() == [("lum-01", "a1", "accepted"), ("lum-01", "a1", "superseded"), ("lum-01", "a2", "verified")]


@pytest.mark.parametrize(
    ("wish", "names"),
    [
        (Wish("a1", 101.0), "lamp/dimming_level: expected 0 to 100, found 101"),
        (Wish("a1", -0.1), "lamp/dimming_level: expected 0 to 100"),
        (Wish("a1", 50.0, for_s=0.0), "command/for_s: expected 1 to 86400"),
        (Wish("a1", 50.0, for_s=86401.0), "command/for_s: expected 1 to 86400"),
    ],
)
def test_out_of_bounds_is_refused_and_the_lamp_stays(street: CommandedStreet, wish: Wish, names: str) -> None:
    before = [(street.control.winner(lamp), street.control.kernel.target(lamp)) for lamp in range(3)]
    assert not street.take("lum-03", wish)
    street.run(1.0)
    assert [(street.control.winner(lamp), street.control.kernel.target(lamp)) for lamp in range(3)] == before
    assert names in street.answers[0].reason
    assert street.told() == [("lum-03", "a1", "rejected")]
    assert (street.commands.refused, street.commands.last_refusal.partition(":")[0]) == (1, "lum-03")


def test_who_is_no_lamp_is_answered_by_the_node(street: CommandedStreet) -> None:
    assert not street.take("lum-99", Wish("a1", 50.0))
    assert "lum-01, lum-02, lum-03" in street.answers[0].reason
    assert street.told() == [("", "a1", "rejected")]


def test_a_refusal_by_others_is_counted(street: CommandedStreet) -> None:
    street.commands.refuse("lum-01", Unwanted("it is too old", "a1", "expired"))
    assert street.told() == [("lum-01", "a1", "expired")]
    assert street.commands.last_refusal == "lum-01: it is too old"
