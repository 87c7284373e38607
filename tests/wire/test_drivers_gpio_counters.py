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
    async with counting(chip, METER) as (_, sink):
        await connected(chip, board)
        for _ in range(PULSES):
            board.set(22, 0)
            board.set(22, 1)
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


async def test_a_pin_that_cannot_be_had_has_no_value_and_the_others_count() -> None:
    chip = PinChip()
    chip.busy.add(22)
    async with counting(chip, METER, BUCKET) as (counters, sink):
        chip.drive(23, 0)
        assert counters.counts() == {"supply": 7, "rain": 1}
        assert sink.readings["supply/meter/active_power"].reason.startswith("pin 22: GPIO busy. Another program has it")
