"""Lamps on pins: one act for direction and level, control that dies, pins that are somebody else's, what is left behind."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from bus_sink import Sink
from drivers.errors import LinkLost
from drivers.gpio.factory import Chip
from drivers.gpio.lamps import GpioLamps, LampPin
from drivers.points import Quality
from pin_chip import PinChip

RELAY = LampPin(device="relay", pin=5, drive="switch", active_high=False, hz=0, feedback=6, feedback_active_high=False)
BARE = LampPin(device="bare", pin=7, drive="switch", active_high=True, hz=0, feedback=None, feedback_active_high=False)
DIMMED = LampPin(
    device="dimmed", pin=18, drive="pwm", active_high=True, hz=500, feedback=None, feedback_active_high=False
)
INVERTED = LampPin(
    device="inverted", pin=19, drive="pwm", active_high=False, hz=500, feedback=None, feedback_active_high=False
)
ALL = (RELAY, BARE, DIMMED, INVERTED)


class Pole:
    """Lamps, their chip, and a time that stands still until it is moved."""

    def __init__(self, *specs: LampPin) -> None:
        self.chip: PinChip | None = PinChip()
        self.pins = self.chip
        self.now_s = 100.0
        self.sink = Sink()
        self.lamps = GpioLamps(self._open, specs or ALL, safe_pct=80.0, now=lambda: self.now_s, sink=self.sink)

    def _open(self) -> Chip:
        if self.chip is None:
            raise LinkLost("no pins: there is no chip")
        return self.chip

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Everything has been looked at once when this begins."""
        self.lamps.feed(self.now_s + 2)
        looked = asyncio.Event()
        self.lamps.beat = looked.set
        task = asyncio.create_task(self.lamps.run())
        await self.sink.until(lambda: bool(self.sink.readings))
        yield
        task.cancel()
        await asyncio.wait([task])

    def reads(self, device: str) -> tuple[object, Quality]:
        reading = self.sink.readings[f"{device}/lamp/dimming_level"]
        return reading.value, reading.quality

    def look(self) -> None:
        self.lamps.look()


async def test_a_pins_direction_and_first_level_are_one_act() -> None:
    pole = Pole()
    pole.lamps.set_level("bare", 0.0)
    async with pole.running():
        setups = [done for done in pole.pins.done if done[0] == "setup"]
    out, inp, up = PinChip.OUT, PinChip.IN, PinChip.PUD_UP
    assert setups == [
        ("setup", 5, out, 0),  # lit at first, as it is safe; active low
        ("setup", 6, inp, up),
        ("setup", 7, out, 0),  # what was wanted before there was a chip
        ("setup", 18, out, 1),
        ("setup", 19, out, 0),
    ]
    assert pole.pins.waves == {18: 80.0, 19: 20.0}


async def test_levels_are_driven_at_once() -> None:
    pole = Pole()
    async with pole.running():
        for device in ("relay", "bare", "dimmed", "inverted"):
            pole.lamps.set_level(device, 30.0)
        assert (pole.pins.levels[5], pole.pins.levels[7]) == (0, 1)
        assert pole.pins.waves == {18: 30.0, 19: 70.0}
        assert pole.sink.levels[-4:] == [("relay", 100.0), ("bare", 100.0), ("dimmed", 30.0), ("inverted", 30.0)]
        pole.lamps.set_level("relay", 0.0)
        assert pole.pins.levels[5] == 1
        assert await pole.lamps.flush(1.0)


async def test_what_reads_back_is_as_good_as_what_reads_it() -> None:
    pole = Pole()
    async with pole.running():
        pole.lamps.set_level("dimmed", 30.0)
        pole.pins.levels[6] = 0  # the contact closes
        pole.look()
        assert pole.reads("relay") == (100.0, Quality.GOOD)
        assert pole.reads("bare") == (100.0, Quality.UNCERTAIN)
        assert pole.reads("dimmed") == (30.0, Quality.UNCERTAIN)
        pole.pins.levels[6] = 1  # a relay that does not hold
        pole.look()
        assert pole.reads("relay") == (0.0, Quality.GOOD)


async def test_where_control_is_dead_lamps_go_to_their_safe_level() -> None:
    pole = Pole()
    async with pole.running():
        for spec in ALL:
            pole.lamps.set_level(spec.device, 0.0)
        pole.now_s += 1.9
        pole.look()
        assert pole.pins.waves == {18: 0.0, 19: 100.0}
        pole.now_s += 0.2
        pole.look()
        assert pole.pins.waves == {18: 80.0, 19: 20.0}
        assert (pole.pins.levels[5], pole.pins.levels[7]) == (0, 1)


async def test_a_pin_that_somebody_else_has_is_said_once_and_tried_again() -> None:
    pole = Pole(BARE)
    pole.pins.busy.add(7)
    async with pole.running():
        assert pole.sink.events == ["pin_lost"]
        assert pole.sink.readings["bare/lamp/dimming_level"].reason == (
            "pin 7: GPIO busy. Another program has it: gpioinfo says which"
        )
        assert not await pole.lamps.flush(0.01)
        pole.now_s += 2
        pole.look()
        pole.pins.busy.clear()
        pole.look()  # too soon
        assert pole.sink.events == ["pin_lost"]
        pole.now_s += 2
        pole.look()
        assert pole.sink.events == ["pin_lost", "pin_back"]
        assert pole.pins.levels[7] == 1
        assert pole.reads("bare") == (100.0, Quality.UNCERTAIN)


async def test_a_lamp_whose_pin_cannot_be_had_keeps_no_other_from_its_level() -> None:
    pole = Pole()
    pole.pins.busy.add(5)
    async with pole.running():
        for spec in ALL:
            pole.lamps.set_level(spec.device, 30.0)
        assert pole.pins.waves == {18: 30.0, 19: 70.0}
        assert pole.pins.levels[7] == 1
        assert pole.reads("relay") == (None, Quality.BAD)
        assert pole.reads("bare") == (100.0, Quality.UNCERTAIN)


async def test_a_pin_that_is_lost_has_no_value_and_gets_its_latest_level_when_it_is_back() -> None:
    pole = Pole()
    async with pole.running():
        pole.pins.busy.add(18)
        pole.lamps.set_level("dimmed", 30.0)
        assert pole.reads("dimmed") == (None, Quality.BAD)
        pole.lamps.set_level("dimmed", 40.0)
        pole.pins.busy.clear()
        pole.now_s += 2
        pole.look()
        assert pole.pins.waves[18] == 40.0
        assert pole.sink.levels[-1] == ("dimmed", 40.0)
        assert pole.sink.events == ["pin_lost", "pin_back"]
        assert await pole.lamps.flush(1.0)


async def test_without_its_contact_a_relay_is_driven_all_the_same() -> None:
    pole = Pole(RELAY)
    pole.pins.busy.add(6)
    async with pole.running():
        pole.lamps.set_level("relay", 0.0)
        assert pole.pins.levels[5] == 1
        pole.look()
        assert pole.reads("relay") == (0.0, Quality.UNCERTAIN)
        assert pole.sink.readings["relay/lamp/dimming_level"].reason.startswith("pin 6: GPIO busy. Another program")
        assert pole.sink.events == ["feedback_lost"]
        pole.pins.busy.clear()
        pole.now_s += 2
        pole.look()
        assert pole.reads("relay") == (0.0, Quality.GOOD)
        assert await pole.lamps.flush(1.0)


async def test_without_a_chip_there_is_no_value() -> None:
    pole = Pole(BARE)
    pole.chip = None
    async with pole.running():
        assert pole.sink.readings["bare/lamp/dimming_level"].reason == "no pins: there is no chip"


async def test_what_is_left_behind_is_steady_and_still_an_output() -> None:
    pole = Pole()
    async with pole.running():
        for spec in ALL:
            pole.lamps.set_level(spec.device, 80.0)
        pole.pins.done.clear()
    pole.lamps.stop()
    assert pole.pins.done == [
        ("output", 5, 0),
        ("cleanup", [6]),  # the contact alone
        ("output", 7, 1),
        ("stop", 18),
        ("output", 18, 1),
        ("stop", 19),
        ("output", 19, 0),
    ]
