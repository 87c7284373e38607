"""An agent whose lamps, meter and rain gauge are on pins: what it drives, counts, keeps and leaves behind."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pinned_agent import CONFIG, Json, PinnedAgent

NIGHT_PCT = 10.0  # its lamps rest at the night minimum: pins have no safety of their own


@pytest.fixture
async def pinned(tmp_path: Path) -> AsyncIterator[PinnedAgent]:
    made = PinnedAgent(tmp_path)
    await made.start()
    yield made
    await made.stop()


def lamp(status: Json, name: str) -> Json:
    return next(one for one in status["lamps"] if one["id"] == name)


async def test_lamps_on_pins_follow_somebody_who_walks_in(pinned: PinnedAgent) -> None:
    await pinned.until_pins(lambda board: board.waves.get(18) == (500.0, NIGHT_PCT))
    pinned.board.set(17, 1)
    await pinned.until_pins(lambda board: board.waves.get(18) == (500.0, 100.0))
    pinned.board.set(17, 0)
    await pinned.until_pins(lambda board: board.waves.get(18) == (500.0, NIGHT_PCT))


async def test_a_relay_is_proven_by_its_contact_and_a_pulse_width_by_nothing(pinned: PinnedAgent) -> None:
    await pinned.until_pins(lambda board: board.outputs.get(5) == 0)  # active low: lit
    before = await pinned.until_status(lambda status: lamp(status, "relay")["confirmed_pct"] == 0.0)
    assert lamp(before, "relay")["unit"] == "gpio5"
    pinned.board.set(6, 0)
    status = await pinned.until_status(lambda status: lamp(status, "relay")["confirmed_pct"] == 100.0)
    assert lamp(status, "relay")["sent_pct"] == 100.0
    assert lamp(status, "relay")["fault"] == ""
    assert lamp(status, "dimmed")["doubt"] == "what the pin is set to: nothing reads it back"
    assert lamp(status, "dimmed")["fault"] == ""


async def test_pulses_are_energy_power_and_rain_and_outlive_a_restart(pinned: PinnedAgent) -> None:
    for _ in range(3):
        for level in (0, 1):
            pinned.board.set(22, level)
    pinned.board.set(23, 0)
    await pinned.until_value("supply/meter/active_energy_import", 3.0)
    await pinned.until_value("rain/rain/accumulated", 0.2)
    assert await pinned.end_agent(signal.SIGTERM) == 0
    await pinned.start_agent()
    await pinned.until_value("supply/meter/active_energy_import", 3.0)


async def test_what_is_left_when_it_is_stopped_is_lit_and_steady(pinned: PinnedAgent) -> None:
    await pinned.until_pins(lambda board: 18 in board.waves)
    assert await pinned.end_agent(signal.SIGTERM) == 0
    await pinned.until_pins(lambda board: board.outputs == {5: 0, 18: 1} and not board.waves)


async def test_after_a_kill_the_pins_are_made_safe(pinned: PinnedAgent) -> None:
    await pinned.until_pins(lambda board: 18 in board.waves)
    answer = await pinned.call("lamp.dim", lamp="relay", level_pct=0)
    assert "result" in answer
    await pinned.until_pins(lambda board: board.outputs.get(5) == 1)
    await pinned.end_agent(signal.SIGKILL)
    assert await pinned.safe() == 0
    await pinned.until_pins(lambda board: board.outputs == {5: 0, 18: 1} and not board.waves)


async def test_without_a_chip_the_agent_lives_and_says_so(tmp_path: Path) -> None:
    here = CONFIG.replace('chip = "simulated"\nsocket = "gpio.sock"', 'chip = "rpi"')
    assert here != CONFIG
    pinned = PinnedAgent(tmp_path, here)
    await pinned.start()
    status = await pinned.until_status(lambda status: "no pins" in lamp(status, "relay")["fault"])
    assert status["sensors"][0]["quality"] == "bad"
    assert status["sensors"][0]["reason"].startswith("no pins: ")
    assert lamp(status, "dimmed")["commanded_pct"] == 90.0  # nobody can be seen there, so it is lit
    points: Json = await pinned.call("points.list", pattern="*/active_power")
    assert [point["quality"] for point in points["result"]] == ["bad"]
    assert await pinned.safe() == 1
    assert await pinned.end_agent(signal.SIGTERM) == 0
    await pinned.stop()
