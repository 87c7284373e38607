"""Units from a file: what is read from it, what a hand can do to them, and mistakes."""

from __future__ import annotations

import pytest

from firmware_sim.cabinet import DEMO, Placed, UnitsError, names, put, read_units, step, values
from firmware_sim.link import Link
from firmware_sim.units import PRODUCTS, Mtdx62


def placed(text: str) -> list[Placed]:
    return read_units(text, "units.toml")


def test_the_demonstration_is_eight_products_at_two_speeds() -> None:
    line = [one for one in placed(DEMO) if one.on == "line"]
    assert len({one.product.name for one in line}) == 8
    assert len({one.unit.address for one in line}) == 8
    assert {one.unit.link.baud for one in line if one.unit.link} == {4800, 9600}
    assert {one.on for one in placed(DEMO)} == {"line", "rtu-tcp", "tcp"}


def test_a_unit_with_everything() -> None:
    (one,) = placed(
        """
        [[units]]
        product = "wtvb01-485"
        name = "bridge"
        address = 9
        baud = 19200
        on = "rtu-tcp"
        values = {temperature_cel = -3.5}
        """
    )
    assert (one.name, one.on, one.unit.address, one.unit.link) == ("bridge", "rtu-tcp", 9, Link(19200))
    assert one.unit.answer(bytes.fromhex("03 0040 0001"), 1.0) == bytes.fromhex("03 02 FEA2")


def test_a_unit_with_nothing_is_as_it_left_the_factory() -> None:
    (one,) = placed('[[units]]\nproduct = "thc-s"')
    assert (one.name, one.on, one.unit.address, one.unit.link) == ("thc-s-1", "line", 1, Link(4800))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[units]", "units.toml: "),
        ("units = 3", r"units.toml: expected \[\[units\]\]"),
        ("", r"units.toml: expected \[\[units\]\]"),
        ("[[unit]]", r"units.toml: expected \[\[units\]\]"),
        ('[[units]]\nproduct = "sdm12"', "unit 1: product: expected one of arlight-dali"),
        ("[[units]]\nproduct = 3", "unit 1: product: expected a text"),
        ('[[units]]\nproduct = "sdm120"\nadress = 3', "unit 1: adress: expected one of product"),
        ('[[units]]\nproduct = "sdm120"\naddress = 0', "unit 1: address: expected 1 to 255"),
        ('[[units]]\nproduct = "sdm120"\naddress = true', "unit 1: address: expected 1 to 255"),
        ('[[units]]\nproduct = "sdm120"\nparity = "mark"', "unit 1: parity: expected none, even, odd"),
        ('[[units]]\nproduct = "sdm120"\nstop_bits = 3', "unit 1: stop_bits: expected 1 to 2"),
        ('[[units]]\nproduct = "thc-s"\nbaud = 115200', "unit 1: baud: expected one of 2400, 4800, 9600, not 115200"),
        ('[[units]]\nproduct = "sdm120"\non = "usb"', "unit 1: on: expected line, rtu-tcp or tcp"),
        ('[[units]]\nproduct = "arlight-dali"\non = "line"', "unit 1: on: expected tcp"),
        ('[[units]]\nproduct = "sdm120"\nvalues = 3', "unit 1: values: expected a table"),
        ('[[units]]\nproduct = "sdm120"\nvalues = {power = 3}', "unit 1: power: expected voltage_v or"),
        ('[[units]]\nproduct = "sdm120"\nvalues = {power_w = "3"}', "unit 1: power_w: expected a number"),
        ('[[units]]\nproduct = "sdm120"\nvalues = {power_w = nan}', "unit 1: power_w: expected a number"),
        ('[[units]]\nproduct = "thc-s"\n[[units]]\nproduct = "thc-s"', "unit 2: name: another one is called thc-s-1"),
    ],
)
def test_mistakes(text: str, message: str) -> None:
    with pytest.raises(UnitsError, match=message):
        placed(text)


def test_a_hand_on_every_product() -> None:
    for product in PRODUCTS.values():
        unit = product.make(product.address)
        for name in names(unit):
            put(unit, name, 1, 50.0)
            put(unit, name, False, 50.0)
        assert isinstance(values(unit, 50.0), dict)
        with pytest.raises(ValueError, match="nothing there: expected"):
            put(unit, "nothing there", 1, 50.0)


def test_what_the_hand_did_is_seen() -> None:
    thc, gateway, inputs = (PRODUCTS[name].make(1) for name in ("thc-s", "ecodim-gw2", "waveshare-io8"))
    put(thc, "moisture_pct", 40, 50.0)
    assert values(thc, 50.0)["moisture_pct"] == 40
    put(thc, "moisture_pct", False, 50.0)
    assert values(thc, 50.0)["moisture_pct"] is None
    put(gateway, "lamp-2-failed", True, 50.0)
    assert values(gateway, 50.0)["lamp-2-light_pct"] == 0.0
    put(gateway, "dali", False, 50.0)
    assert gateway.answer(bytes.fromhex("03 001D 0001"), 50.0) == bytes.fromhex("03 02 0001")
    put(gateway, "dali", True, 50.0)
    assert gateway.answer(bytes.fromhex("03 001D 0001"), 50.0) == bytes.fromhex("03 02 0000")
    put(inputs, "input-3", True, 50.0)
    assert inputs.answer(bytes.fromhex("02 0000 0008"), 50.0) == bytes.fromhex("02 01 04")
    inputs.answer(bytes.fromhex("05 0001 FF00"), 50.0)
    assert values(inputs, 50.0)["output-2"] is True
    ao8 = PRODUCTS["waveshare-ao8-b"].make(1)
    ao8.answer(bytes.fromhex("06 0000 1388"), 50.0)
    assert values(ao8, 50.0)["output-1"] == 0.5


def test_somebody_comes_by_now_and_then() -> None:
    radar = Mtdx62(31)
    seen = []
    for tenth in range(600):
        step([radar], tenth / 10)
        seen.append(radar.present(tenth / 10))
    assert 0 < sum(seen) < 600
    assert values(radar, 1.0)["lux"] == 12.3
    put(radar, "movement", True, 100.0)
    assert radar.present(101.0)
