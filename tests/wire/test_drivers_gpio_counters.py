"""Pulse counters on the simulated chip: through a socket, a thread and edges, or by looking a thousand times a second."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path

from structlog.testing import capture_logs

from bus_sink import Sink
from drivers.errors import LinkLost
from drivers.gpio.counters import CounterSpec, GpioCounters
from drivers.gpio.factory import Chip, open_chip
from drivers.points import Quality
from firmware_sim.gpio_socket import PinBoard
from pin_chip import PinChip

METER = CounterSpec(device="supply", kind="meter", pin=22, pull="up", active_high=False, debounce_s=0.0, per_pulse=0.5)
BUCKET = CounterSpec(device="rain", kind="weather", pin=23, pull="up", active_high=False, debounce_s=0.0, per_pulse=0.2)
PULSES = 10_000


@contextlib.asynccontextmanager
async def counting(chip: Chip, *specs: CounterSpec) -> AsyncIterator[tuple[GpioCounters, Sink]]:
    sink = Sink()
    counters = GpioCounters(lambda: chip, specs, sink.reading, {"supply": 7})
    task = asyncio.create_task(counters.run())
    await sink.until(lambda: bool(sink.readings))
    try:
        yield counters, sink
    finally:
        task.cancel()
        await asyncio.wait([task])
        await asyncio.to_thread(counters.stop)


async def connected(chip: Chip, board: PinBoard) -> None:
    """Wait until the chip hears the board."""
    loop, heard = asyncio.get_running_loop(), asyncio.Event()
    chip.setup(9, chip.IN, chip.PUD_DOWN)

    def hear(_: int) -> None:
        loop.call_soon_threadsafe(heard.set)

    chip.add_event_detect(9, chip.BOTH, hear)
    board.set(9, 1)
    async with asyncio.timeout(10):
        await heard.wait()


async def test_no_pulse_is_lost(tmp_path: Path) -> None:
    board = PinBoard(tmp_path / "gpio.sock")
    await board.start()
    board.set(22, 1)
    chip = open_chip("simulated", board.path)
    async with counting(chip, METER) as (counters, sink), asyncio.timeout(60):
        await connected(chip, board)
        for pulse in range(PULSES):
            board.set(22, 0)
            board.set(22, 1)
            while pulse - counters.counts()["supply"] + 7 > 100:  # noqa: ASYNC110 - the board lets go who is far behind
                await asyncio.sleep(0)
        await sink.until(
            lambda: sink.readings["supply/meter/active_energy_import"].value == (7 + PULSES) * METER.per_pulse
        )
        power = sink.readings["supply/meter/active_power"]
        assert power.quality is Quality.GOOD
    await asyncio.to_thread(chip.cleanup)
    await board.stop()


async def test_a_bucket_does_not_tip_twice_within_a_tenth_of_a_second(tmp_path: Path) -> None:
    chip = PinChip()
    async with counting(chip, BUCKET) as (counters, sink):
        for _ in range(5):
            chip.drive(23, 0)
            chip.drive(23, 1)
        assert counters.counts() == {"rain": 1}
        await sink.until(lambda: sink.readings["rain/rain/accumulated"].value == 0.2)
        assert sink.readings["rain/rain/intensity"].reason == "no two pulses yet"


async def test_without_edges_the_level_is_looked_at_a_thousand_times_a_second() -> None:
    chip = PinChip(edges=False)
    with capture_logs() as logs:
        async with counting(chip, METER) as (counters, _):
            ended = threading.Event()

            def drive() -> None:  # 100 Hz
                for _ in range(100):
                    for level in (0, 1):
                        chip.levels[22] = level
                        ended.wait(0.005)

            await asyncio.to_thread(drive)
            assert counters.counts()["supply"] in {7 + 100, 7 + 99}  # the last one may not have been looked at yet
            before_s = time.monotonic()
        assert time.monotonic() - before_s < 5
    assert [entry["event"] for entry in logs] == ["gpio_pulses_polled"]


def looking(chip: PinChip | None, *specs: CounterSpec) -> tuple[GpioCounters, Sink, list[PinChip]]:
    """Counters that look when they are told to, and the place for the chip."""
    sink, chips = Sink(), [chip] if chip is not None else []

    def open_chip() -> Chip:
        if not chips:
            raise LinkLost("no pins")
        return chips[0]

    return GpioCounters(open_chip, specs, sink.reading, {"supply": 7}), sink, chips


def test_a_pin_that_cannot_be_had_has_no_value_is_tried_again_and_the_others_count() -> None:
    chip = PinChip()
    chip.busy.add(22)
    counters, sink, _ = looking(chip, METER, BUCKET)
    now_s = time.monotonic()
    counters.look(now_s)
    chip.drive(23, 0)
    assert counters.counts() == {"supply": 7, "rain": 1}
    assert sink.readings["supply/meter/active_power"].reason.startswith("pin 22: GPIO busy. Another program has it")
    chip.busy.clear()
    counters.look(now_s + 2)
    chip.drive(22, 0)
    counters.look(now_s + 3)
    assert sink.readings["supply/meter/active_energy_import"].value == 8 * METER.per_pulse
    counters.stop()
    assert chip.done[-1] == ("cleanup", [22, 23])


def test_a_counter_whose_pin_is_lost_says_so_and_goes_on_from_its_count() -> None:
    chip = PinChip()
    counters, sink, _ = looking(chip, METER)
    now_s = time.monotonic()
    counters.look(now_s)
    chip.drive(22, 0)
    chip.drive(22, 1)
    chip.busy.add(22)
    counters.look(now_s + 1)
    assert sink.readings["supply/meter/active_energy_import"].quality is Quality.BAD
    assert chip.done[-1] == ("cleanup", [22])
    chip.busy.clear()
    counters.look(now_s + 4)
    chip.drive(22, 0)
    counters.look(now_s + 5)
    assert sink.readings["supply/meter/active_energy_import"].value == (7 + 2) * METER.per_pulse
    counters.stop()


def test_without_a_chip_counters_say_so_until_there_is_one() -> None:
    counters, sink, chips = looking(None, METER)
    now_s = time.monotonic()
    counters.look(now_s)
    assert sink.readings["supply/meter/active_power"].reason == "no pins"
    assert counters.counts() == {"supply": 7}
    chips.append(PinChip())
    counters.look(now_s + 2)
    assert sink.readings["supply/meter/active_energy_import"].quality is Quality.GOOD
    counters.stop()


async def test_a_level_that_cannot_be_looked_at_does_not_end_the_looking() -> None:
    chip = PinChip(edges=False)
    counters, sink, _ = looking(chip, METER, BUCKET)
    now_s = time.monotonic()
    counters.look(now_s)
    chip.busy.add(22)

    def tip() -> None:
        for level in (0, 1):
            chip.levels[23] = level
            threading.Event().wait(0.02)

    await asyncio.to_thread(tip)
    assert counters.counts() == {"supply": 7, "rain": 1}
    counters.look(now_s + 1)
    assert sink.readings["supply/meter/active_power"].quality is Quality.BAD
    chip.busy.clear()
    counters.look(now_s + 4)
    chip.levels[22] = 0
    await asyncio.to_thread(threading.Event().wait, 0.02)
    assert counters.counts() == {"supply": 8, "rain": 1}
    counters.stop()


async def test_levels_that_were_looked_at_too_late_are_told_once_a_minute() -> None:
    class SlowChip(PinChip):
        hold = threading.Event()

        def input(self, channel: int) -> int:
            if threading.current_thread().name == "pulse-sampler" and not self.hold.is_set():
                self.hold.wait(0.05)
                self.hold.set()
            return super().input(channel)

    chip = SlowChip(edges=False)
    counters, _, _ = looking(chip, METER)
    now_s = time.monotonic()
    with capture_logs() as logs:
        counters.look(now_s)
        await asyncio.to_thread(chip.hold.wait, 10)
        await asyncio.to_thread(threading.Event().wait, 0.05)
        counters.look(now_s + 1)
        late = [entry["longest_ms"] >= 50 for entry in logs if entry["event"] == "gpio_looked_late"]
        counters.look(now_s + 2)
    assert late == [True]
    assert [entry["event"] for entry in logs].count("gpio_looked_late") == 1
    counters.stop()
