"""How quick this board is: timers, the control kernel, the storage."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Iterator
from math import inf
from pathlib import Path

from agent.cli.selftest.records import Check, Outcome, spread
from cext import lighting

_TIMERS = 200
_TIMER_S = 0.005
_LATEST_MS = 20.0
_LAMPS = 256
_STEPS = 2000
_SLOWEST_NS = 100.0  # ten times what a step may cost on a workstation
_WRITES = 20
_BLOCK = bytes(4096)
_SLOWEST_WRITE_MS = 500.0


def timers() -> Check:
    """Measure how late timers of the event loop are."""
    return spread("timing", "timer lateness", "ms", asyncio.run(_lateness_ms()), _LATEST_MS)


async def _lateness_ms() -> list[float]:
    late = []
    for _ in range(_TIMERS):
        due_s = time.monotonic() + _TIMER_S
        await asyncio.sleep(_TIMER_S)
        late.append(1000 * (time.monotonic() - due_s))
    return late


def kernel() -> Check:
    """Measure the control kernel: a luminaire's step at 256 luminaires, one in ten moving."""
    street = lighting.Street(_LAMPS, (100.0, 60.0, 20.0, 100.0))
    for lamp in range(_LAMPS):
        street.set_lease(lamp, lighting.SCHEDULE, 10.0, inf)
        street.set_limits(lamp, 5.0, 100.0)
        street.set_fade(lamp, 1e6, 1e6)
        street.set_level(lamp, 10.0)
    for lamp in range(0, _LAMPS, 10):
        street.set_need(lamp, 0, inf)
    street.step(0.0)
    began_ns = time.perf_counter_ns()
    for step in range(_STEPS):
        street.step(step * 0.05)
    took_ns = (time.perf_counter_ns() - began_ns) / _STEPS / _LAMPS
    outcome: Outcome = "ok" if took_ns <= _SLOWEST_NS else "note"
    return Check(
        "timing", "control kernel", outcome, f"{took_ns:.1f} ns a luminaire", {"luminaire_ns": round(took_ns, 2)}
    )


def storage(folder: Path) -> Iterator[Check]:
    """Measure how long a write takes until it is on the storage: 20 of 4 KiB in a folder; they are removed."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            took_ms = []
            for _ in range(_WRITES):
                began_s = time.monotonic()
                os.write(file.fileno(), _BLOCK)
                os.fsync(file.fileno())
                took_ms.append(1000 * (time.monotonic() - began_s))
    except OSError as error:
        yield Check("timing", "storage", "wrong", f"{folder}: {error.strerror}")
        return
    yield spread("timing", f"write to {folder}", "ms", took_ms, _SLOWEST_WRITE_MS)
    left = os.statvfs(folder)
    yield Check(
        "timing",
        "space",
        "ok",
        f"{left.f_bavail * left.f_frsize / 1e9:.1f} GB free",
        {"free_gb": round(left.f_bavail * left.f_frsize / 1e9, 2)},
    )
