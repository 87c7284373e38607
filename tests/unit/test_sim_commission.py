"""How simulated units get another address or speed, step by step, and what a loss of supply before the last step does."""

from __future__ import annotations

import pytest

from firmware_sim.link import Link
from firmware_sim.units import PRODUCTS, Mtdx62, Unit, WbMao4


def made(product: str) -> Unit:
    return PRODUCTS[product].make(PRODUCTS[product].address)


def write(unit: Unit, register: int, value: int, now_s: float = 1.0) -> None:
    """Written, and answered as done, whether it was or not."""
    request = b"\x06" + register.to_bytes(2, "big") + value.to_bytes(2, "big")
    assert unit.answer(request, now_s) == request


def read(unit: Unit, register: int, now_s: float = 1.0) -> int:
    answer = unit.answer(b"\x03" + register.to_bytes(2, "big") + b"\0\1", now_s)
    assert answer is not None
    assert answer[0] == 3
    return int.from_bytes(answer[2:], "big")


@pytest.mark.parametrize(
    ("product", "address_at", "baud_at", "code", "link"),
    [
        ("jxct-illuminance", 0x0100, 0x0101, 1, Link(4800)),
        ("jxct-rain", 0x0100, 0x0101, 0, Link(2400)),
        ("jxbs-3001-npk", 0x0100, 0x0101, 1, Link(4800)),
        ("thc-s", 0x07D0, 0x07D1, 2, Link(9600)),
        ("sen0676", 0x03F4, 0x03F6, 96, Link(9600)),
        ("waveshare-ao8-b", 0x4000, 0x2000, 0x0005, Link(115200)),
        ("waveshare-relay8", 0x4000, 0x2000, 0x0107, Link(256000, "even")),
        ("wb-mao4", 128, 110, 192, Link(19200, "none", 2)),
        ("wb-ms-v2", 128, 110, 1152, Link(115200, "none", 2)),
    ],
)
def test_at_once_and_for_ever(product: str, address_at: int, baud_at: int, code: int, link: Link) -> None:
    unit = made(product)
    write(unit, address_at, 77)
    assert unit.address == 77
    write(unit, baud_at, code)
    assert unit.link == link
    unit.power_up(2.0)
    assert (unit.address, unit.link, read(unit, address_at), read(unit, baud_at)) == (77, link, 77, code)


@pytest.mark.parametrize(
    ("product", "address_at", "baud_at", "code", "link"),
    [
        ("nhzd210", 0x0042, 0x0040, 4, Link(19200)),
        ("mtdx62-mb", 0x07, 0x08, 57600, Link(57600)),
    ],
)
def test_after_a_restart(product: str, address_at: int, baud_at: int, code: int, link: Link) -> None:
    unit = made(product)
    before = unit.address
    write(unit, address_at, 77)
    write(unit, baud_at, code)
    assert (unit.address, unit.link) == (before, None)
    assert (read(unit, address_at), read(unit, baud_at)) == (77, code)
    unit.power_up(2.0)
    assert (unit.address, unit.link) == (77, link)


def test_parity_is_a_register_too() -> None:
    unit = Mtdx62(1)
    write(unit, 0x09, 1)
    unit.power_up(2.0)
    assert unit.link == Link(9600, "odd")
    assert unit.answer(bytes.fromhex("06 0009 0003"), 3.0) == bytes.fromhex("86 03")


def test_qdy30a_is_volatile_until_saved() -> None:
    unit = made("qdy30a")
    write(unit, 0x0000, 9)
    write(unit, 0x0001, 1)
    assert (unit.address, unit.link) == (9, Link(2400))
    unit.power_up(2.0)  # the supply went before the save
    assert (unit.address, unit.link, read(unit, 0), read(unit, 1)) == (1, None, 1, 3)
    write(unit, 0x0000, 9)
    write(unit, 0x000F, 1)  # not the value that saves
    unit.power_up(3.0)
    assert unit.address == 1
    write(unit, 0x0000, 9)
    write(unit, 0x000F, 0)
    unit.power_up(4.0)
    assert (unit.address, read(unit, 0)) == (9, 9)


def test_witmotion_without_the_unlock_answers_and_does_nothing() -> None:
    unit = made("wtvb01-485")
    write(unit, 0x1A, 2)
    write(unit, 0x00, 0)
    assert (unit.address, read(unit, 0x1A)) == (0x50, 0x50)
    write(unit, 0x69, 0x1234)
    write(unit, 0x1A, 2)
    assert read(unit, 0x1A) == 0x50


def test_witmotion_unlock_write_save() -> None:
    unit = made("wtvb01-485")
    write(unit, 0x69, 0xB588, 1.0)
    write(unit, 0x1A, 2, 1.5)
    write(unit, 0x04, 6, 2.0)
    assert (unit.address, unit.link, read(unit, 0x1A)) == (0x50, None, 2)  # it still listens where it was
    write(unit, 0x00, 0, 2.5)
    assert (unit.address, unit.link) == (2, Link(115200))
    unit.power_up(3.0)
    assert (unit.address, unit.link) == (2, Link(115200))


def test_witmotion_locks_itself_after_ten_seconds() -> None:
    unit = made("wt901c485")
    write(unit, 0x69, 0xB588, 1.0)
    write(unit, 0x1A, 2, 10.9)
    write(unit, 0x00, 0, 11.0)  # too late
    assert (unit.address, read(unit, 0x1A)) == (0x50, 2)
    unit.power_up(12.0)
    assert (unit.address, read(unit, 0x1A)) == (0x50, 0x50)


def test_witmotion_power_lost_before_the_save() -> None:
    unit = made("wtvb01-485")
    write(unit, 0x69, 0xB588, 1.0)
    write(unit, 0x1A, 2, 1.5)
    unit.power_up(2.0)
    assert (unit.address, read(unit, 0x1A)) == (0x50, 0x50)
    write(unit, 0x1A, 2, 2.5)  # the unlock is gone as well
    assert read(unit, 0x1A) == 0x50


@pytest.mark.parametrize(
    ("product", "register", "value"),
    [
        ("jxct-illuminance", 0x0100, 0),
        ("jxct-illuminance", 0x0101, 3),
        ("thc-s", 0x07D1, 7),
        ("sen0676", 0x03F6, 97),
        ("waveshare-ao8-b", 0x2000, 0x0008),
        ("waveshare-ao8-b", 0x2000, 0x0301),
        ("wb-mao4", 110, 97),
        ("wb-mao4", 128, 248),
    ],
)
def test_what_it_cannot_be_set_to_is_refused(product: str, register: int, value: int) -> None:
    unit = made(product)
    before = unit.address
    request = b"\x06" + register.to_bytes(2, "big") + value.to_bytes(2, "big")
    assert unit.answer(request, 1.0) == bytes.fromhex("86 03")
    assert (unit.address, unit.link) == (before, None)


def test_an_installed_unit_reads_as_it_was_set() -> None:
    unit = made("wtvb01-485")
    unit.place(7, Link(19200))
    assert (unit.address, unit.link, read(unit, 0x1A), read(unit, 0x04)) == (7, Link(19200), 7, 3)
    unit.power_up(1.0)
    assert (unit.address, unit.link) == (7, Link(19200))


@pytest.mark.parametrize(
    ("address", "link", "what"),
    [(0, Link(9600), "address"), (1, Link(2401), "baud"), (1, Link(9600, "odd"), None)],
)
def test_what_a_unit_cannot_be_placed_at(address: int, link: Link, what: str | None) -> None:
    unit = made("thc-s")
    if what is None:
        unit.place(address, link)  # it has no register for parity: whoever places it knows
        assert unit.link == link
        return
    with pytest.raises(ValueError, match=what):
        unit.place(address, link)
    assert unit.address == 1


def test_a_dimmer_keeps_its_address_over_a_power_cut() -> None:
    unit = WbMao4(11, 0.0)
    write(unit, 128, 12)
    unit.power_up(5.0)
    assert unit.address == 12
