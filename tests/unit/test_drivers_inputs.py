"""Inputs on pins: what is told of pins that cannot be had or read, of chips that see no edges, of noise."""

from __future__ import annotations

import asyncio
import time

from structlog.testing import capture_logs

from drivers.errors import LinkLost
from drivers.gpio.factory import Chip
from drivers.gpio.inputs import GpioInputs, InputSpec
from pin_chip import PinChip

PIR = InputSpec(key="pir", pin=17, pull="down", active_high=True)
DOOR = InputSpec(key="door", pin=27, pull="up", active_high=False)


class Ear:
    """Inputs on a chip, and what is told of them. It looks when it is told to."""

    def __init__(self, chip: PinChip | None) -> None:
        self.chip = chip
        self.levels: list[tuple[str, bool]] = []
        self.lost: list[tuple[str, str]] = []
        self.somebody = asyncio.Event()
        self.inputs = GpioInputs(
            self._open,
            [PIR, DOOR],
            self._level,
            lambda key, reason, _: self.lost.append((key, reason)),
        )

    def _level(self, key: str, active: bool, _: float) -> None:
        self.levels.append((key, active))
        if active:
            self.somebody.set()

    def _open(self) -> Chip:
        if self.chip is None:
            raise LinkLost("no pins")
        return self.chip


async def handed_on() -> None:
    """Let the loop take what threads gave it."""
    for _ in range(3):
        await asyncio.sleep(0)


async def test_a_pin_that_somebody_else_has_is_told_once_and_the_others_are_heard() -> None:
    chip = PinChip()
    chip.busy.add(17)
    ear = Ear(chip)
    ear.inputs.start()
    now_s = time.monotonic()
    assert ear.lost == [("pir", "pin 17: GPIO busy. Another program has it: gpioinfo says which")]
    assert ear.levels == [("door", False)]
    chip.drive(27, 0)
    await handed_on()
    assert ear.levels == [("door", False), ("door", True)]
    ear.inputs.look(now_s + 3)
    assert len(ear.lost) == 1
    chip.busy.clear()
    ear.inputs.look(now_s + 6)
    chip.drive(17, 1)
    ear.inputs.look(now_s + 7)
    assert ear.levels[2:] == [("pir", False), ("pir", True)]
    ear.inputs.stop()
    assert chip.done[-1] == ("cleanup", [17, 27])


async def test_without_a_chip_every_pin_says_so_until_there_is_one() -> None:
    ear = Ear(None)
    ear.inputs.start()
    assert ear.lost == [("pir", "no pins"), ("door", "no pins")]
    ear.chip = PinChip()
    ear.inputs.look(time.monotonic() + 3)
    assert ear.levels == [("pir", False), ("door", False)]
    ear.inputs.stop()


async def test_a_pin_that_cannot_be_read_any_more_is_told_let_go_and_had_again() -> None:
    chip = PinChip()
    ear = Ear(chip)
    ear.inputs.start()
    now_s = time.monotonic()
    chip.busy.add(17)
    chip.drive(17, 1)  # an edge whose level cannot be read harms nobody
    await handed_on()
    ear.inputs.look(now_s + 1)
    assert [key for key, _ in ear.lost] == ["pir"]
    assert ("cleanup", [17]) in chip.done
    chip.busy.clear()
    ear.inputs.look(now_s + 4)
    assert ear.levels == [("pir", False), ("door", False), ("pir", False)]
    ear.inputs.stop()


async def test_noise_on_a_pin_is_bounded_said_once_and_ends_with_the_right_level() -> None:
    chip = PinChip()
    ear = Ear(chip)
    ear.inputs.start()
    now_s = time.monotonic()
    with capture_logs() as logs:
        for _ in range(5000):
            chip.drive(17, 1)
            chip.drive(17, 0)
        chip.drive(17, 1)
        await handed_on()
        told = [active for key, active in ear.levels if key == "pir"]
        assert told[-1] is True
        assert len(told) <= 1 + 64
        for later_s in (1, 2, 3):
            ear.inputs.look(now_s + later_s)
    assert [(entry["event"], entry["dropped"]) for entry in logs] == [("gpio_noisy", 10_001 - 64), ("gpio_calm", 0)]
    ear.inputs.stop()


async def test_without_edge_detection_pins_are_looked_at_and_that_is_said_once() -> None:
    chip = PinChip(edges=False)
    ear = Ear(chip)
    with capture_logs() as logs:
        ear.inputs.start()
    assert [entry["event"] for entry in logs] == ["gpio_edges_polled"]
    chip.drive(17, 1)
    async with asyncio.timeout(10):
        await ear.somebody.wait()
    ear.inputs.stop()
