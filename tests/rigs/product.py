"""The product's pin drivers in a process of their own, for a check to watch from outside. It does as it is told, a line each.

`product.py lamps PIN DRIVE ACTIVE LEVEL`: a lamp; `level N` on its input sets it, `stop` ends it in order, the end of input
ends the process. Prints `ready` when its first level is driven, `done` after each line, and `lost REASON`.
"""

from __future__ import annotations

import asyncio
import sys
import time
from functools import cache

from drivers.gpio.factory import Chip, open_chip
from drivers.gpio.lamps import GpioLamps, LampPin
from drivers.points import Reading

_HZ = 100.0


@cache
def chip() -> Chip:
    return open_chip("rpi", None)


class Sink:
    """Says what happens."""

    def __init__(self) -> None:
        self.driven = asyncio.Event()

    def reading(self, key: str, reading: Reading) -> None: ...

    def sent(self, device_id: str, level_pct: float, mono_s: float) -> None:
        del device_id, level_pct, mono_s
        self.driven.set()

    def event(self, name: str, **keys: object) -> None:
        print("lost" if name == "pin_lost" else name, keys.get("reason", ""), flush=True)


async def lamps(pin: int, drive: str, active: str, level_pct: float) -> None:
    """Drive a lamp until the input ends."""
    sink = Sink()
    spec = LampPin(
        device="lamp",
        pin=pin,
        drive="pwm" if drive == "pwm" else "switch",
        active_high=active == "high",
        hz=_HZ,
        feedback=None,
        feedback_active_high=False,
    )
    driver = GpioLamps(chip, [spec], safe_pct=level_pct, now=time.monotonic, sink=sink)
    driver.feed(float("inf"))
    running = asyncio.create_task(driver.run())
    await sink.driven.wait()
    print("ready", flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        match line.split():
            case ["level", number]:
                driver.set_level("lamp", float(number))
            case ["stop"]:
                running.cancel()
                driver.stop()
        print("done", flush=True)
    running.cancel()


if __name__ == "__main__":
    _, _, of_pin, how, lit, first = sys.argv
    asyncio.run(lamps(int(of_pin), how, lit, float(first)))
