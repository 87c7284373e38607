"""The other side of the pins: of a kernel's gpio-sim chip, or of the registers that RPi.GPIO is given. It uses nothing of ours.

By itself: `outside.py pulses PIN COUNT [MS]` makes pulses of 5 ms (or MS) with as much between them and prints how many a
second; `outside.py square PIN COUNT` makes edges 0.1 s apart and prints when each was made.
"""

from __future__ import annotations

import mmap
import os
import re
import struct
import sys
import threading
import time
from pathlib import Path
from typing import Protocol

from board import Board

REGISTERS = "GADELYS_RIG_REGISTERS"  # where the registers are; without it the chip is the kernel's
BOARD = "GADELYS_RIG_BOARD"  # the port on which an emulated board is told what its pins are like (pi3b_far.py)
_LINES = Path("/run/line")
_TRACE = Path("/sys/kernel/tracing")
_MODES, _SET, _CLEAR, _LEVELS = 0x00, 0x1C, 0x28, 0x34  # registers.c plays them
_PUT_HIGH, _PUT_LOW = 0xFF8, 0xFFC  # what drives inputs: not of the chip, which has nothing there
_EVENT = re.compile(r" (\d+\.\d+): gpio_(?:value|direction): (\d+) +(?:set (\d)|(in|out))")


class Outside(Protocol):
    """A pin from outside: what drives an input, what an output drives."""

    def drive(self, pin: int, level: int) -> None: ...

    def level(self, pin: int) -> int: ...


class Lines:
    """Lines of the kernel's chip."""

    def drive(self, pin: int, level: int) -> None:
        """Drive an input by the pull of what is wired to it."""
        descriptor = os.open(_LINES / str(pin) / "pull", os.O_WRONLY)
        os.write(descriptor, b"pull-up" if level else b"pull-down")
        os.close(descriptor)

    def level(self, pin: int) -> int:
        """Return a line's level."""
        return int((_LINES / str(pin) / "value").read_text())


class Registers:
    """The registers of a BCM2835, as far as pins below 32 need them."""

    slack_pct = 5.0  # of a pulse width

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), 4096)

    def drive(self, pin: int, level: int) -> None:
        """Drive an input."""
        self._put(_PUT_HIGH if level else _PUT_LOW, 1 << pin)
        while self._get(_PUT_HIGH) | self._get(_PUT_LOW):
            os.sched_yield()

    def level(self, pin: int) -> int:
        """Return a pin's level, with what has been written and not been played yet."""
        levels = (self._get(_LEVELS) | self._get(_SET)) & ~self._get(_CLEAR)
        return levels >> pin & 1

    def is_output(self, pin: int) -> bool:
        """Return whether a pin is an output."""
        return self._get(_MODES + 4 * (pin // 10)) >> 3 * (pin % 10) & 7 == 1

    def high_pct(self, pin: int, for_s: float) -> float:
        """Look at a pin all the time; return what part of it the pin is high."""
        high_s = span_s = 0.0
        before_s = time.monotonic()
        while span_s < for_s:
            level, now_s = self.level(pin), time.monotonic()
            high_s, span_s, before_s = high_s + level * (now_s - before_s), span_s + now_s - before_s, now_s
        return 100 * high_s / span_s

    def _get(self, register: int) -> int:
        return int(struct.unpack_from("<I", self._map, register)[0])

    def _put(self, register: int, value: int) -> None:
        struct.pack_into("<I", self._map, register, value)


class Trace:
    """What the kernel notes of its pins: each level that is set, each direction; nothing that happens is missed."""

    def __init__(self) -> None:
        (_TRACE / "buffer_size_kb").write_text("4096")
        (_TRACE / "trace_clock").write_text("mono")  # the first one tells whole ticks here
        (_TRACE / "trace").write_text("")
        for event in ("gpio_value", "gpio_direction"):
            (_TRACE / "events/gpio" / event / "enable").write_text("1")

    def of(self, pin: int) -> list[tuple[float, str]]:
        """Return what was done to a pin, in order: seconds, and the level set ("0", "1") or "in", "out"."""
        base = int(re.findall(r"gpiochip0: GPIOs (\d+)-", Path("/sys/kernel/debug/gpio").read_text())[0])
        events = _EVENT.findall((_TRACE / "trace").read_text())
        return [
            (float(at), level or way)
            for at, number, level, way in events
            if int(number) - base == pin and (level or way)
        ]


def outside() -> Outside:
    """Return the other side of the pins that this process sees."""
    if board := os.environ.get(BOARD):
        return Board(board)
    registers = os.environ.get(REGISTERS)
    return Registers(Path(registers)) if registers else Lines()


def _pulses(pin: int, count: int, level_s: float) -> None:
    side, pause = outside(), threading.Event()
    if isinstance(side, Board):
        print(side.pulses(pin, count, level_s))
        return
    begin_s = time.monotonic()
    for _ in range(count):
        for level in (0, 1):  # active low, as an S0 meter on a pull-up
            at_s = time.monotonic()
            side.drive(pin, level)
            pause.wait(at_s + level_s - time.monotonic())  # hardly less, whoever is late
    print(f"{count / (time.monotonic() - begin_s):.1f}")


def _square(pin: int, count: int) -> None:
    side, pause = outside(), threading.Event()
    for edge in range(count):
        pause.wait(0.1)
        at_s = time.monotonic()
        side.drive(pin, 1 - edge % 2)
        print(f"{at_s:.6f}")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["pulses", pin, count]:
            _pulses(int(pin), int(count), 0.005)
        case ["pulses", pin, count, level_ms]:
            _pulses(int(pin), int(count), int(level_ms) / 1000)
        case ["square", pin, count]:
            _square(int(pin), int(count))
        case _:
            sys.exit(__doc__)
