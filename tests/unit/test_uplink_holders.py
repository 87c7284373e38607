"""Who holds which lamp until when goes up, and that nobody does any more."""

from __future__ import annotations

from agent.control.leases import Demand, lease_of
from uplinked_street import UplinkedStreet


def lit() -> UplinkedStreet:
    street = UplinkedStreet()
    for lamp in ("lum-01", "lum-03"):
        street.put(f"{lamp}/lamp/dimming_level", 10.0)
    return street


def told(street: UplinkedStreet) -> list[tuple[str, object, object]]:
    """What was told of holders since the last call: lamp, holder, until (ms)."""
    street.push()
    return [
        (device, values["lamp/control_holder"], values["lamp/control_until"])
        for _, device, values in street.session.take()
        if "lamp/control_holder" in values
    ]


def test_the_highest_lease_is_told_and_its_end() -> None:
    street = lit()
    street.connect()
    street.push()
    street.session.take()
    book, now_s = street.street.control.leases, street.clock.now_s
    wall_ms = round(street.clock.wall().utc.timestamp() * 1000)
    book.put(2, lease_of("operator", Demand("platform", 50.0, 600.0), now_s))
    assert told(street) == [("lum-03", "platform", wall_ms + 600_000)]
    book.put(2, lease_of("technician", Demand("anna", 50.0, 60.0), now_s))
    assert told(street) == [("lum-03", "anna", wall_ms + 60_000)]
    assert told(street) == []
    street.clock.now_s += 61.0
    assert told(street) == [("lum-03", "platform", wall_ms + 600_000)]
    book.drop(2, "operator")
    assert told(street) == [("lum-03", None, None)]


def test_without_a_trusted_clock_the_end_is_not_told_as_a_time() -> None:
    street = lit()
    street.clock.trusted = False
    street.connect()
    street.push()
    street.session.take()
    street.street.control.leases.put(0, lease_of("operator", Demand("platform", 50.0, 600.0), street.clock.now_s))
    street.push()
    values = [values for _, device, values in street.session.take() if device == "lum-01"]
    assert [(one.get("lamp/control_holder"), one.get("lamp/control_until")) for one in values] == [("platform", None)]
