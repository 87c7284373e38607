"""A minute of noise without a pause on every instrument's port at once; then each is understood again."""

from __future__ import annotations

import asyncio
import gc
import os
import resource
import time
from pathlib import Path

from bus_sink import Sink
from drivers.lines import MODELS, load_model
from drivers.lines.instrument import Model, Setting
from drivers.lines.port import InstrumentPort, InstrumentSpec
from drivers.points import Quality
from firmware_sim.faults import Faults
from firmware_sim.instruments import INSTRUMENTS
from firmware_sim.serial_stream import SerialStream
from firmware_sim.tty_end import TtyEnd
from instrument_facts import defaults

SECONDS = float(os.environ.get("GADELYS_NOISE_S", "60"))
WITHIN_S = 20.0


def resident_mb() -> float:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def awake(model: Model) -> dict[str, Setting]:
    """Return a model's options, with no sleep: one that sleeps is not heard, noise or not."""
    return {name: 0.0 if name == "period_min" else value for name, value in defaults(model).items()}


async def lags_ms(into: list[float]) -> None:
    while True:
        due_s = time.monotonic() + 0.01
        await asyncio.sleep(0.01)
        into.append(1000 * (time.monotonic() - due_s))


async def test_a_minute_of_noise_on_all_ports(tmp_path: Path) -> None:
    ends: dict[str, TtyEnd] = {}
    ports: dict[str, InstrumentPort] = {}
    sinks: dict[str, Sink] = {}
    for name in MODELS:
        model = load_model(name)
        ends[name] = TtyEnd(tmp_path / name, SerialStream(INSTRUMENTS[name]()))
        ends[name].plug()
        spec = InstrumentSpec(
            id=name,
            model=model,
            port=tmp_path / name,
            baud=model.baud,
            options=awake(model),
            devices=tuple((kind, kind) for kind in model.kinds),
        )
        sinks[name] = Sink()
        ports[name] = InstrumentPort(spec, now=time.monotonic, sink=sinks[name])
    tasks = [asyncio.create_task(port.run()) for port in ports.values()]
    try:
        for name, port in ports.items():
            await heard(port, sinks[name])
        for end in ends.values():
            end.suffer(Faults(babble=True, seed=1))
        lags: list[float] = []
        looking = asyncio.create_task(lags_ms(lags))
        await asyncio.sleep(SECONDS / 2)
        before_mb, frames = resident_mb(), {name: port.state().frames for name, port in ports.items()}
        await asyncio.sleep(SECONDS / 2)
        grown_mb = resident_mb() - before_mb
        looking.cancel()
        lags.sort()
        print(f"lag p99.9 {lags[len(lags) * 999 // 1000]:.1f} ms, longest {lags[-1]:.1f} ms, grown {grown_mb:.1f} MB")
        for name, port in ports.items():
            print(
                f"{name}: {port.state().frames - frames[name]} frames between the noise, {port.state().stray_bytes} stray bytes"
            )
        assert grown_mb < 5
        assert all(port.state().state in {"ok", "silent"} for port in ports.values())
        for name, end in ends.items():
            end.suffer(Faults())
            await heard(ports[name], sinks[name])
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        for end in ends.values():
            end.pull()


async def heard(port: InstrumentPort, sink: Sink) -> None:
    """Wait until something has been read since now."""
    since_s = time.monotonic()
    good = {Quality.GOOD, Quality.UNCERTAIN}
    async with asyncio.timeout(WITHIN_S):
        await sink.until(
            lambda: any(reading.mono_s > since_s and reading.quality in good for reading in sink.readings.values())
        )
    assert port.state().state == "ok"
