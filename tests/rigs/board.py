"""The pins of an emulated board, as its host sees them: it is asked on one of the board's serial ports (pi3b_far.py)."""

from __future__ import annotations

import fcntl
import os
import threading


class Board:
    """The pins of an emulated board, as its host sees them."""

    slack_pct = 15.0  # of a pulse width: its sleeps of a millisecond last longer

    def __init__(self, port: str) -> None:
        self._port = os.open(port, os.O_RDWR | os.O_NOCTTY)
        self._lock = threading.Lock()

    def drive(self, pin: int, level: int) -> None:
        """Drive an input."""
        self._ask(f"drive {pin} {level}")

    def level(self, pin: int) -> int:
        """Return a pin's level."""
        return int(self._ask(f"level {pin}"))

    def is_output(self, pin: int) -> bool:
        """Return whether a pin is an output."""
        return self._ask(f"output {pin}") == "1"

    def high_pct(self, pin: int, for_s: float) -> float:
        """Have a pin looked at all the time; return what part of it the pin is high."""
        return float(self._ask(f"high {pin} {for_s}"))

    def pulses(self, pin: int, count: int, level_s: float) -> str:
        """Have pulses made; return how many they were a second."""
        return self._ask(f"pulses {pin} {count} {level_s}")

    def _ask(self, line: str) -> str:
        with self._lock:  # one question at a time, of whatever thread and process
            fcntl.flock(self._port, fcntl.LOCK_EX)
            try:
                os.write(self._port, line.encode("ascii") + b"\n")
                answer = b""
                while not answer.endswith(b"\n"):
                    answer += os.read(self._port, 100)
            finally:
                fcntl.flock(self._port, fcntl.LOCK_UN)
        return answer.decode("ascii").strip()
