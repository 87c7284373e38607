"""Which brokers there are, and for whom the births are told."""

from __future__ import annotations

from agent.config import Place
from config_reading import POLE, read_text

LIST = 'fallbacks = ["b.example", "c.example:1884"]'


def test_a_fallback_has_the_first_ones_port_unless_said() -> None:
    uplink = read_text(POLE).uplink
    assert uplink is not None
    assert uplink.fallbacks == (Place("b.example", 1883), Place("c.example", 1884))
    assert (uplink.primary_host, uplink.profile) == ("", "compatible")


def test_addresses_of_both_kinds() -> None:
    uplink = read_text(POLE.replace(LIST, 'fallbacks = ["[fd00::7]:8883", "[fe80::1%eth0]", "10.0.0.7:1"]')).uplink
    assert uplink is not None
    assert uplink.fallbacks == (Place("fd00::7", 8883), Place("fe80::1%eth0", 1883), Place("10.0.0.7", 1))


def test_a_primary_host_may_have_any_name_that_is_one_part_of_a_topic() -> None:
    uplink = read_text(POLE.replace('# primary_host = "scada"', 'primary_host = "SCADA øst 1"')).uplink
    assert uplink is not None
    assert uplink.primary_host == "SCADA øst 1"
