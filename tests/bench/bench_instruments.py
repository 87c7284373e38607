"""Instruments: what reading them costs at their full rates, how soon a reading is there, noise, and pulses."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
import tty
from collections.abc import AsyncIterator
from pathlib import Path
from statistics import median

from agent.image import Image
from drivers.gpio.counters import CounterSpec, GpioCounters
from drivers.gpio.factory import open_chip
from drivers.lines import MODELS, load_model
from drivers.lines.port import InstrumentPort, InstrumentSpec
from drivers.points import Reading
from figures import Figure, figure, percentile

NAME = "instruments"
TITLE = (
    "Instruments: bytes to readings at full rate, the last byte to its reading, noise at full line rate; pulses on pins"
)
SECONDS = 10.0
NOISE_S = 60.0
NOISE_MODEL = "ld2450"  # the quickest line: 256000 baud
PIECE_S = 0.004  # noise comes in pieces, as a UART's buffer hands it on
WRITER = Path(__file__).with_name("instrument_writer.py")
PULSE_WRITER = Path(__file__).with_name("pulse_writer.py")
METERS, PULSES, PULSE_HZ = 10, 10_000, 100.0
FIRST_S = 1.0  # of a run: the port is opened, the instrument is asked who it is


def run() -> list[Figure]:
    """Each instrument by itself, then noise."""
    rows: list[Figure] = []
    for name in MODELS:
        with tempfile.TemporaryDirectory(prefix="gadelys-bench-") as folder:
            rows += asyncio.run(_speaking(name, Path(folder)))
    with tempfile.TemporaryDirectory(prefix="gadelys-bench-") as folder:
        rows += asyncio.run(_noise(Path(folder)))
    with tempfile.TemporaryDirectory(prefix="gadelys-bench-") as folder:
        rows += asyncio.run(_pulses(Path(folder)))
    return rows


class _Sink:
    """The image, and when each reading was there."""

    def __init__(self) -> None:
        self.image: Image | None = None
        self.came_s: list[float] = []

    def reading(self, key: str, reading: Reading) -> None:
        if self.image is not None:
            self.image.put(key, reading)
        self.came_s.append(time.monotonic())

    def event(self, name: str, **keys: object) -> None:
        """Nobody hears it."""


@contextlib.asynccontextmanager
async def _reading(name: str, folder: Path) -> AsyncIterator[tuple[InstrumentPort, _Sink, int]]:
    """An instrument's port on a pty, running; the pty's other end."""
    master, slave = os.openpty()
    tty.setraw(slave)
    path = folder / "head"
    path.symlink_to(os.ttyname(slave))
    model = load_model(name)
    spec = InstrumentSpec(
        id="head",
        model=model,
        port=path,
        baud=model.baud,
        options={option.name: option.default for option in model.options},
        devices=tuple((kind, kind) for kind in model.kinds),
    )
    sink = _Sink()
    port = InstrumentPort(spec, now=time.monotonic, sink=sink)
    sink.image = Image(port.points())
    task = asyncio.create_task(port.run())
    try:
        yield port, sink, master
    finally:
        task.cancel()
        await asyncio.wait([task])
        os.close(master)
        os.close(slave)


async def _speaking(name: str, folder: Path) -> list[Figure]:
    model = load_model(name)
    async with _reading(name, folder) as (port, sink, master):
        writer = await asyncio.create_subprocess_exec(
            sys.executable, WRITER, name, str(master), str(FIRST_S + SECONDS), stdout=subprocess.PIPE, pass_fds=[master]
        )
        await asyncio.sleep(FIRST_S)
        began_s, frames, since_s = time.process_time(), port.state().frames, time.monotonic()
        await asyncio.sleep(SECONDS)
        cpu_s, frames = time.process_time() - began_s, port.state().frames - frames
        out, _ = await writer.communicate()
    said = [said_s for row in out.split() if (said_s := float(row)) > since_s]
    late_ms = _lateness_ms(said, sink.came_s)
    note = f"{frames / SECONDS:.1f} frames a second at {model.baud} baud"
    rows = [figure(f"{name}: CPU", 100 * cpu_s / SECONDS, "%", 2.0, f"of one core; {note}")]
    if late_ms:
        rows.append(
            figure(
                f"{name}: last byte to reading, p99",
                percentile(late_ms, 0.99),
                "ms",
                5.0,
                f"median {median(late_ms):.2f}",
            )
        )
    return rows


def _lateness_ms(said_s: list[float], came_s: list[float]) -> list[float]:
    """Return how long after each thing that was said the next reading was there; what brings no reading is left out."""
    late, at = [], 0
    for place, said in enumerate(said_s):
        until_s = said_s[place + 1] if place + 1 < len(said_s) else float("inf")
        while at < len(came_s) and came_s[at] < said - 0.001:  # a reader may be quicker than the writer's clock
            at += 1
        if at < len(came_s) and came_s[at] < until_s:
            late.append(max(0.0, 1000 * (came_s[at] - said)))
    return late


async def _noise(folder: Path) -> list[Figure]:
    """Random bytes without a pause, as fast as the line carries them."""
    model = load_model(NOISE_MODEL)
    chance = random.Random(1)
    size = round(model.baud / 10 * PIECE_S)
    async with _reading(NOISE_MODEL, folder) as (port, sink, master):
        lag = asyncio.create_task(_lags_ms())
        await asyncio.sleep(FIRST_S)
        gc.collect()
        before_kb, began_s = _resident_kb(), time.process_time()
        next_s = time.monotonic()
        end_s = next_s + NOISE_S
        while next_s < end_s:
            os.write(master, chance.randbytes(size))
            next_s += PIECE_S
            await asyncio.sleep(max(0.0, next_s - time.monotonic()))
        cpu_s = time.process_time() - began_s
        gc.collect()
        grown_kb = _resident_kb() - before_kb
        lag.cancel()
        await asyncio.wait([lag])
    lags_ms = _LAGS
    note = f"{NOISE_S:.0f} s of random bytes at {model.baud} baud, {NOISE_MODEL}"
    believed = sum(sink.image.raw(point.key).value is not None for point in port.points()) if sink.image else 0
    return [
        figure("noise: event-loop lag, p99.9", percentile(lags_ms, 0.999), "ms", 50.0, note),
        figure("noise: event-loop lag, longest", max(lags_ms), "ms", 500.0),
        figure("noise: CPU, making the noise included", 100 * cpu_s / NOISE_S, "%"),
        figure("noise: memory grown", grown_kb / 1000, "MB", 2.0),
        figure("noise: frames believed", port.state().frames, "", 0.0, f"of chance; {believed} points have a value"),
    ]


async def _pulses(folder: Path) -> list[Figure]:
    """Meters on the simulated chip, all of them at 100 Hz."""
    pins = range(2, 2 + METERS)
    socket = folder / "gpio.sock"
    writer = await asyncio.create_subprocess_exec(
        sys.executable, PULSE_WRITER, socket, str(PULSES), str(PULSE_HZ), *map(str, pins),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    if writer.stdin is None or writer.stdout is None:
        raise RuntimeError("no pipes")
    await writer.stdout.readline()
    chip = open_chip("simulated", socket)
    specs = [
        CounterSpec(
            device=f"m{pin}", kind="meter", pin=pin, pull="up", active_high=False, debounce_s=0.0, per_pulse=1.0
        )
        for pin in pins
    ]
    sink = _Sink()
    counters = GpioCounters(lambda: chip, specs, sink.reading, {})
    task = asyncio.create_task(counters.run())
    await asyncio.sleep(FIRST_S)
    began_s, cpu_s = time.monotonic(), time.process_time()
    writer.stdin.write(b"\n")
    await writer.stdout.readline()
    took_s, cpu_s = time.monotonic() - began_s, time.process_time() - cpu_s
    await asyncio.sleep(FIRST_S)
    counted = sum(counters.counts().values())
    task.cancel()
    await asyncio.wait([task])
    counters.stop()
    writer.stdin.write(b"\n")
    await writer.wait()
    await asyncio.to_thread(chip.cleanup)
    cpu = f"{100 * cpu_s / took_s:.1f} % of one core"
    note = f"{METERS} meters at {PULSES / took_s:.1f} Hz each, edges of the simulated chip; {cpu}"
    return [figure("pulses lost", METERS * PULSES - counted, "", 0.0, f"of {METERS * PULSES:,}; {note}")]


_LAGS: list[float] = []


async def _lags_ms() -> None:
    """Note how late the loop comes to a timer, every 10 ms."""
    _LAGS.clear()
    while True:
        due_s = time.monotonic() + 0.01
        await asyncio.sleep(0.01)
        _LAGS.append(1000 * (time.monotonic() - due_s))


def _resident_kb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1000
