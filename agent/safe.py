"""`gadelys safe`: light the lamps whose units would not do so themselves; what a service manager calls after a crash."""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime
from functools import cache
from pathlib import Path

from agent import logs, parts
from agent.clock import SystemClock
from agent.config import Config, ConfigError, load_file
from agent.control.street import safe_pct
from agent.pins import chip_of, lamps
from agent.trial import TrialFiles
from drivers.bus import FieldBus

_FLUSH_S = 1.5


def safe(config_path: Path, *, street_time: datetime | None = None) -> int:
    """Write the safe level to the lamps whose units would not do so themselves; for a service manager, after a crash.

    While a configuration is on trial, by the one of before: the new one may be what cut the lamps off.
    Returns 0 when all acknowledged, 1 if not, 2 for a configuration that cannot be read.
    """
    logs.configure("warning")
    try:
        config = load_file(TrialFiles(config_path).proven())
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return asyncio.run(_write_safe(config, street_time))


async def _write_pins(config: Config, clock: SystemClock, level_pct: float) -> bool:
    """Drive the lamps on pins. False if one cannot be driven."""
    on_pins = lamps(config, cache(lambda: chip_of(config)), clock, parts.Sink())
    if on_pins is None:
        return True
    for device in config.devices:
        if device.kind == "luminaire" and device.pin is not None:
            on_pins.set_level(device.id, level_pct)
    task = asyncio.create_task(on_pins.run())
    driven = await on_pins.flush(_FLUSH_S)
    task.cancel()
    await asyncio.wait([task])
    on_pins.stop()
    return driven


async def _write_safe(config: Config, street_time: datetime | None) -> int:
    clock = SystemClock(config.controller.clock, street_time)
    level_pct = safe_pct(parts.night(clock, parts.astronomical_clock(config)), config.lighting.class_pct)
    bare = [
        device
        for device in config.devices
        if device.kind == "luminaire" and device.unit is not None and not parts.device_safety(config, device)
    ]
    written = await _write_pins(config, clock, level_pct)
    for spec, units in parts.lines(config, bare).values():
        if not units:
            continue
        bus = FieldBus(spec, units, now=clock.mono_s, sink=parts.Sink())
        task = asyncio.create_task(bus.run())
        for device in bare:
            if any(unit.id == device.unit for unit in units):
                bus.set_level(device.id, parts.output(config, device).gear.told_pct(level_pct))
        written &= await bus.flush(_FLUSH_S)
        task.cancel()
        await asyncio.wait([task])
    return 0 if written else 1
