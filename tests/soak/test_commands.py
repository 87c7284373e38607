"""A configuration that cuts off the lamps is taken back by itself; commands and replays over kills and power cuts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import orders_bugs
from command_kills import command_kills
from commanded_agent import Commanded
from orders_cuts import orders_cuts

STRING = 12
KILLS, AT_ONCE = 1000, 4
CUTS = 10_000


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


def test_over_a_thousand_kills_each_command_comes_into_force_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(AT_ONCE) as agents:
        paths = [tmp_path / str(number) / "orders.lines" for number in range(AT_ONCE)]
        for path in paths:
            path.parent.mkdir()
        judges = list(agents.map(command_kills, paths, [KILLS // AT_ONCE] * AT_ONCE))
    commands = sum(len(judge.ever) for judge in judges)
    assert commands > 5 * KILLS
    print(f"{KILLS} kills in {commands} commands, half of what came were replays: none twice, none forgotten")


@pytest.mark.parametrize("bug", list(orders_bugs.BUGS))
def test_power_cuts_see_a_planted_bug(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bug: str) -> None:
    if bug == "a torn line is believed":
        monkeypatch.setattr("agent.orders.log.read", orders_bugs.torn_believed)
    with pytest.raises(AssertionError):
        orders_cuts(tmp_path, CUTS, bug=bug)


def test_ten_thousand_power_cuts(tmp_path: Path) -> None:
    done = orders_cuts(tmp_path, CUTS)
    print(
        f"{done.cuts} power cuts in {done.commands} commands: none twice, none forgotten, no override longer than ordered"
    )
