"""A chip whose pins are driven through a unix socket, a line each way: `PIN LEVEL`. For demonstrations and tests.

Like RPi.GPIO it calls back on a thread of its own. It connects again by itself; until the other side has said a pin's
level, the pin shows what its pull resistor makes of it.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from pathlib import Path

_RETRY_S = 0.2
_PINS = 54


class SimulatedChip:
    """RPi.GPIO's interface, as far as it is used here."""

    BCM = 11
    OUT, IN = 0, 1
    PUD_OFF, PUD_DOWN, PUD_UP = 20, 21, 22
    BOTH = 33

    def __init__(self, path: Path) -> None:
        self._path = path
        self._levels: dict[int, int] = {}
        self._callbacks: dict[int, Callable[[int], None]] = {}
        self._ended = threading.Event()
        self._connection: socket.socket | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._listen, name="simulated-chip", daemon=True)
        self._thread.start()

    def setmode(self, mode: int) -> None:
        """Only BCM numbers are known. ValueError for others."""
        if mode != self.BCM:
            raise ValueError("a simulated chip knows BCM numbers only")

    def setwarnings(self, on: bool) -> None:
        """Nothing is warned of here."""

    def setup(self, channel: int, direction: int, pull_up_down: int = PUD_OFF) -> None:
        """Make a pin an input."""
        if direction != self.IN:
            raise ValueError("a simulated chip has inputs only")
        with self._lock:
            self._levels.setdefault(channel, int(pull_up_down == self.PUD_UP))

    def input(self, channel: int) -> int:
        """Return a pin's level. RuntimeError if it was not set up."""
        with self._lock:
            if channel not in self._levels:
                raise RuntimeError(f"pin {channel} was not set up")
            return self._levels[channel]

    def add_event_detect(self, channel: int, edge: int, callback: Callable[[int], None]) -> None:
        """Call back on each edge, on the chip's thread."""
        if edge != self.BOTH:
            raise ValueError("a simulated chip tells both edges only")
        with self._lock:
            self._callbacks[channel] = callback

    def cleanup(self) -> None:
        """Let the pins go."""
        self._ended.set()
        with self._lock:
            self._callbacks.clear()
            if self._connection is not None:
                with contextlib.suppress(OSError):
                    self._connection.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def _listen(self) -> None:
        while not self._ended.is_set():
            with contextlib.suppress(OSError, ValueError), socket.socket(socket.AF_UNIX) as connection:
                connection.connect(str(self._path))
                with self._lock:
                    self._connection = connection
                if self._ended.is_set():  # it ended before there was a connection to shut down
                    break
                with connection.makefile("r", encoding="ascii", errors="strict") as lines:
                    for line in lines:
                        self._take(line)
                        if self._ended.is_set():
                            break
            with self._lock:
                self._connection = None
            self._ended.wait(_RETRY_S)

    def _take(self, line: str) -> None:
        """Take `PIN LEVEL`. ValueError for anything else: the connection is made anew then."""
        pin, level = (int(word) for word in line.split())
        if not 0 <= pin < _PINS or level not in {0, 1}:
            raise ValueError(line)
        with self._lock:
            changed = self._levels.get(pin) != level
            self._levels[pin] = level
            callback = self._callbacks.get(pin) if changed else None
        if callback is not None:
            callback(pin)
