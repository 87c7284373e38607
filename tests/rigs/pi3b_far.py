"""The other side of an emulated board's pins, on its host: `pi3b_far.py PORT QTEST`, sockets of its port and of QEMU.

It answers what the board asks on the port, a line each: `drive PIN LEVEL` (done), `level PIN`, `output PIN` (0 or 1),
`pulses PIN COUNT SECONDS` (how many they were a second, low and high for so long), `high PIN SECONDS` (per cent of them).
The pins are those of the emulated registers themselves.
"""

from __future__ import annotations

import socket
import sys
import threading
import time

_BASE, _SET, _CLEAR, _LEVELS = 0x3F200000, 0x1C, 0x28, 0x34


class Board:
    """The registers of the emulated chip, through QEMU's socket for tests."""

    def __init__(self, path: str) -> None:
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(path)
        self._file = connection.makefile("rw", encoding="ascii")

    def drive(self, pin: int, level: int) -> None:
        """Drive an input: the emulated chip takes the level of one from these registers too."""
        self._ask(f"writel {_BASE + (_SET if level else _CLEAR):#x} {1 << pin:#x}")

    def level(self, pin: int) -> int:
        return self._read(_LEVELS) >> pin & 1

    def is_output(self, pin: int) -> int:
        return int(self._read(4 * (pin // 10)) >> 3 * (pin % 10) & 7 == 1)

    def pulses(self, pin: int, count: int, level_s: float) -> float:
        """Make pulses, low ones; return how many they were a second."""
        pause = threading.Event()
        begin_s = time.monotonic()
        for _ in range(count):
            for level in (0, 1):
                self.drive(pin, level)
                pause.wait(level_s)
        return count / (time.monotonic() - begin_s)

    def high_pct(self, pin: int, for_s: float) -> float:
        """Look at a pin all the time; return what part of it the pin is high."""
        high_s = span_s = 0.0
        before_s = time.monotonic()
        while span_s < for_s:
            level, now_s = self.level(pin), time.monotonic()
            high_s, span_s, before_s = high_s + level * (now_s - before_s), span_s + now_s - before_s, now_s
        return 100 * high_s / span_s

    def _read(self, register: int) -> int:
        return int(self._ask(f"readl {_BASE + register:#x}"), 16)

    def _ask(self, line: str) -> str:
        self._file.write(line + "\n")
        self._file.flush()
        while not (answer := self._file.readline()).startswith("OK"):  # it tells of interrupts in between
            if not answer.startswith("IRQ"):
                raise ConnectionError(f"{line}: {answer}")
        return answer.split()[-1]


def answer(board: Board, line: str) -> str:
    """Do what a line asks for; return the answer."""
    match line.split():
        case ["drive", pin, level]:
            board.drive(int(pin), int(level))
            return "done"
        case ["level", pin]:
            return str(board.level(int(pin)))
        case ["output", pin]:
            return str(board.is_output(int(pin)))
        case ["pulses", pin, count, level_s]:
            return f"{board.pulses(int(pin), int(count), float(level_s)):.1f}"
        case ["high", pin, for_s]:
            return f"{board.high_pct(int(pin), float(for_s)):.1f}"
    return "what?"


def serve(port: str, qtest: str) -> None:
    """Answer until the board is gone."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(port)
    board = Board(qtest)
    with connection.makefile("rw", encoding="ascii", errors="replace") as lines:
        for line in lines:
            lines.write(answer(board, line) + "\n")
            lines.flush()


if __name__ == "__main__":
    serve(*sys.argv[1:])
