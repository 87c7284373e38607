"""A configuration that cuts off the lamps is taken back by itself."""

from __future__ import annotations

from pathlib import Path

from commanded_agent import Commanded

STRING = 12


def test_a_configuration_without_its_bus_comes_back_by_itself(tmp_path: Path) -> None:
    commanded = Commanded(tmp_path)
    try:
        commanded.start()
        its_bus_is_gone(commanded)
    finally:
        commanded.close()


def its_bus_is_gone(commanded: Commanded) -> None:
    street, platform = commanded.street, commanded.platform
    births, dark = len(platform.messages("NBIRTH")), commanded.text.replace('port = "lamps"', 'port = "nowhere"')
    commanded.node("c3", ("agent/configuration", STRING, dark))
    assert "no unit of the bus lamps answers" in commanded.told("c3", "written", "rejected")
    commanded.born_again(births + 1)
    assert street.config.read_text(encoding="utf-8") == commanded.text
