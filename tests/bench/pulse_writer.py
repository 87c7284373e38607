"""A board on which meters pulse, in a process of its own: python pulse_writer.py SOCKET COUNT HZ PIN….

Prints `ready`, waits for a line on stdin, lets each pin fall and rise so often, and prints `done`.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

from firmware_sim.gpio_socket import PinBoard


async def main() -> None:
    """Pulse on time; a pulse is as long as the pause after it."""
    path, count, hz, pins = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), list(map(int, sys.argv[4:]))
    board = PinBoard(path)
    await board.start()
    for pin in pins:
        board.set(pin, 1)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    next_s = time.monotonic()
    for _ in range(count):
        for level in (0, 1):
            for pin in pins:
                board.set(pin, level)
            next_s += 0.5 / hz
            await asyncio.sleep(max(0.0, next_s - time.monotonic()))
    print("done", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    await board.stop()


asyncio.run(main())
