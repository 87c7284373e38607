"""A configuration that cuts off the lamps is taken back by itself; commands and replays over kills."""

from __future__ import annotations

from pathlib import Path

from command_kills import command_kills
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


def test_over_a_hundred_kills_each_command_comes_into_force_once(tmp_path: Path) -> None:
    judge = command_kills(tmp_path / "orders.lines", 100)
    assert len(judge.ever) > 500
    print(f"{len(judge.ever)} commands, half of what came were replays: none twice, none forgotten")
