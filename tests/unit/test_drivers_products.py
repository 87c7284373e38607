"""What profiles say of other ids and speeds, and how their products are asked."""

from __future__ import annotations

import pytest

from drivers.bus.records import Link, Parity
from drivers.modbus import rtu
from drivers.modbus.commission import Change, Place, Register, writes
from drivers.modbus.products import NotPossible, change_of_address, change_of_speed, known, probes
from drivers.modbus.questions import Probe
from drivers.profile import Profile, load_profile, parse_profile, shipped_names

SHIPPED = [load_profile(name) for name in shipped_names()]
AT_9600 = Place(1, Link(9600))


def named(name: str) -> Profile:
    return load_profile(name)


def frames(change: Change) -> list[str]:
    return [rtu.frame(ask.request).hex(" ").upper() for ask in writes(change)]


def test_the_makers_frames_of_a_sensor_that_is_unlocked_written_and_saved() -> None:
    """As printed in the manual of the WTVB01-485."""
    change = change_of_address(named("wtvb01-485"), Place(0x50, Link(9600)), 2)
    assert frames(change) == ["50 06 00 69 B5 88 22 A1", "50 06 00 1A 00 02 24 4D", "50 06 00 00 00 00 84 4B"]


@pytest.mark.parametrize(
    "profile", [one for one in SHIPPED if one.commission and one.commission.address], ids=lambda one: str(one.name)
)
def test_each_profile_that_says_how_gives_another_id(profile: Profile) -> None:
    for unit in (2, 247):
        change = change_of_address(profile, AT_9600, unit)
        assert change.new == Place(unit, Link(9600))
        assert change.registers[0].after == unit
        assert all(frame.startswith("01 ") for frame in frames(change)[: 1 + len(change.unlock)])


@pytest.mark.parametrize(
    "profile", [one for one in SHIPPED if one.commission and one.commission.baud], ids=lambda one: str(one.name)
)
def test_each_profile_that_says_how_gives_another_speed(profile: Profile) -> None:
    assert profile.commission is not None
    assert profile.commission.baud is not None
    can = (set(profile.commission.baud.codes or (profile.link.bauds if profile.link else ())) or {9600}) - {1200}
    assert can
    for baud in can:
        change = change_of_speed(profile, Place(1, Link(1200)), baud, None)
        assert change.new == Place(1, Link(baud))
        (register,) = change.registers
        assert register.before != register.after
    with pytest.raises(NotPossible, match="can "):
        change_of_speed(profile, AT_9600, 14450, None)


def test_baud_and_parity_in_one_register_are_written_at_once() -> None:
    change = change_of_speed(named("waveshare-relay8"), AT_9600, 19200, "even")
    assert change.registers == (
        Register("baud and parity", 0x2000, 0xFFFF, 0x0001, 0x0102, Place(1, Link(19200, "even"))),
    )
    change = change_of_speed(named("waveshare-relay8"), AT_9600, 19200, None)
    assert change.registers == (Register("baud", 0x2000, 0x00FF, 1, 2, Place(1, Link(19200))),)


def test_baud_and_parity_in_two_registers_come_into_force_one_after_the_other() -> None:
    change = change_of_speed(named("wb-msw-v3"), Place(1, Link(9600, "none", 2)), 19200, "even")
    assert [(one.address, one.before, one.after, one.then.link) for one in change.registers] == [
        (110, 96, 192, Link(19200, "none", 2)),
        (111, 0, 2, Link(19200, "even", 1)),
    ]
    assert [ask.link for ask in writes(change)] == [Link(9600, "none", 2), Link(19200, "none", 2)]


def test_parity_alone() -> None:
    change = change_of_speed(named("mtdx62-mb"), AT_9600, 9600, "odd")
    assert [(one.address, one.after) for one in change.registers] == [(9, 1)]
    assert change.new == Place(1, Link(9600, "odd"))
    assert change.effect == "restart"


@pytest.mark.parametrize(
    ("name", "unit", "says"),
    [
        ("eastron-sdm230", 2, "does not say how the id is changed"),
        ("mtdx62-mb", 0, "expected an id from 1 to 247"),
        ("mtdx62-mb", 248, "expected an id from 1 to 247"),
        ("mtdx62-mb", 1, "it has this id already"),
    ],
)
def test_ids_that_cannot_be(name: str, unit: int, says: str) -> None:
    with pytest.raises(NotPossible, match=says):
        change_of_address(named(name), AT_9600, unit)


@pytest.mark.parametrize(
    ("name", "baud", "parity", "says"),
    [
        ("eastron-sdm230", 19200, None, "does not say how the speed is changed"),
        ("mtdx62-mb", 115200, None, "115200 baud: mtdx62-mb can 1200, 2400, 4800, 9600, 19200, 38400, 57600"),
        ("wtvb01-485", 9600, "even", "does not say how the parity is changed"),
        ("mtdx62-mb", 9600, None, "it is at 9600 8N1 already"),
        ("mtdx62-mb", 9600, "none", "it is at 9600 8N1 already"),
    ],
)
def test_speeds_that_cannot_be(name: str, baud: int, parity: Parity | None, says: str) -> None:
    with pytest.raises(NotPossible, match=says):
        change_of_speed(named(name), AT_9600, baud, parity)


def test_no_speed_is_followed_behind_an_address() -> None:
    with pytest.raises(NotPossible, match="cannot be followed from here"):
        change_of_speed(named("mtdx62-mb"), Place(1, None), 19200, None)


def test_a_narrow_register_bounds_the_id() -> None:
    document = (
        'title = "t"\nsource = "s"\nkinds = ["meter"]\npoll_s = 1\nwrite = "multiple"\n'
        'points = [{point = "a/b", title = "c", space = "input", address = 3, type = "u32"}]\n'
        '[commission]\neffect = "at once"\naddress = {register = 5, mask = 0x1F}\n'
    )
    profile = parse_profile("mine", document)
    (frame,) = frames(change_of_address(profile, AT_9600, 31))
    assert frame.startswith("01 10 00 05 00 01 02 00 1F ")
    with pytest.raises(NotPossible, match="at most 31"):
        change_of_address(profile, AT_9600, 32)
    assert probes(profile) == (Probe(4, 3, 2), Probe(3, 0))
    assert known([profile]) == ()


@pytest.mark.parametrize(
    "profile", [one for one in SHIPPED if one.link and one.link.address], ids=lambda one: str(one.name)
)
def test_each_product_is_looked_for_as_it_leaves_the_factory(profile: Profile) -> None:
    (one,) = known([profile])
    assert profile.link is not None
    assert (one.unit, one.link.baud, one.link.parity) == (profile.link.address, profile.link.baud, profile.link.parity)
    assert one.probe == probes(profile)[0]
    assert one.probe.of(one.unit).pdu[0] in {1, 2, 3, 4}
