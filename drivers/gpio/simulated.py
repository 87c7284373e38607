"""A chip whose pins are driven through a unix socket. For demonstrations and tests.

A line each way: `PIN LEVEL` (`17 1`); of a pulse width that goes out `PIN LEVEL HZ DUTY` (`18 0 500 40`: 40 % of the time
high, 500 times a second; the level is what the pin had before). Like RPi.GPIO it calls back on a thread of its own. It
connects again by itself and then tells its outputs anew; until the other side has said a pin's level, the pin shows what
its pull resistor makes of it.
"""

from __future__ import annotations

import atexit
import contextlib
import socket
import threading
from collections.abc import Callable
from pathlib import Path

_RETRY_S = 0.2
_FAREWELL_S = 1.0
_PINS = 54


class SimulatedChip:
    """RPi.GPIO's interface, as far as it is used here."""

    BCM = 11
    OUT, IN = 0, 1
    PUD_OFF, PUD_DOWN, PUD_UP = 20, 21, 22
    RISING, FALLING, BOTH = 31, 32, 33

    def __init__(self, path: Path) -> None:
        self._path = path
        self._levels: dict[int, int] = {}
        self._outputs: dict[int, str] = {}  # what the other side is told of each
        self._callbacks: dict[int, tuple[int, Callable[[int], None]]] = {}
        self._ended = threading.Event()
        self._connected = threading.Event()
        self._connection: socket.socket | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._listen, name="simulated-chip", daemon=True)
        self._thread.start()
        atexit.register(self._connected.wait, _FAREWELL_S)  # a process that only sets pins and ends must be heard

    def setmode(self, mode: int) -> None:
        """Only BCM numbers are known. ValueError for others."""
        if mode != self.BCM:
            raise ValueError("a simulated chip knows BCM numbers only")

    def setwarnings(self, on: bool) -> None:
        """Nothing is warned of here."""

    def setup(self, channel: int, direction: int, pull_up_down: int = PUD_OFF, initial: int = 0) -> None:
        """Make a pin an input, or an output with its first level. ValueError for a pin or direction that there is not."""
        if not 0 <= channel < _PINS:
            raise ValueError("The channel sent is invalid on a Raspberry Pi")
        if direction == self.OUT:
            self._put(channel, int(bool(initial)))
        elif direction == self.IN:
            with self._lock:
                self._levels.setdefault(channel, int(pull_up_down == self.PUD_UP))
        else:
            raise ValueError("An invalid direction was passed to setup()")

    def input(self, channel: int) -> int:
        """Return a pin's level. RuntimeError if it was not set up."""
        with self._lock:
            if channel not in self._levels:
                raise RuntimeError("You must setup() the GPIO channel first")
            return self._levels[channel]

    def output(self, channel: int, value: int) -> None:
        """Drive an output. RuntimeError if it is none."""
        if channel not in self._outputs:
            raise RuntimeError("The GPIO channel has not been set up as an OUTPUT")
        self._put(channel, int(bool(value)))

    def PWM(self, channel: int, frequency: float) -> SimulatedWave:  # noqa: N802 - RPi.GPIO's name
        """Return what makes a pulse width on an output. RuntimeError if it is none."""
        if channel not in self._outputs:
            raise RuntimeError("You must setup() the GPIO channel as an output first")
        return SimulatedWave(self, channel, frequency)

    def add_event_detect(self, channel: int, edge: int, callback: Callable[[int], None], bouncetime: int = 0) -> None:
        """Call back on each such edge, on the chip's thread. What the socket says does not bounce."""
        if edge not in {self.RISING, self.FALLING, self.BOTH} or bouncetime < 0:
            raise ValueError("The edge must be set to RISING, FALLING or BOTH")
        with self._lock:
            self._callbacks[channel] = (edge, callback)

    def cleanup(self, chanlist: list[int] | int | None = None) -> None:
        """Let these pins go, or all of them, and then the other side too."""
        if chanlist is not None:
            with self._lock:
                for channel in [chanlist] if isinstance(chanlist, int) else chanlist:
                    self._callbacks.pop(channel, None)
                    self._levels.pop(channel, None)
                    self._outputs.pop(channel, None)
            return
        atexit.unregister(self._connected.wait)
        self._ended.set()
        with self._lock:
            self._callbacks.clear()
            if self._connection is not None:
                with contextlib.suppress(OSError):
                    self._connection.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def wave(self, channel: int, hz: float, duty_pct: float) -> None:
        """Let an output's level go up and down."""
        self._tell(channel, f"{channel} {self._levels[channel]} {hz:g} {duty_pct:g}")

    def _put(self, channel: int, level: int) -> None:
        with self._lock:
            self._levels[channel] = level
        self._tell(channel, f"{channel} {level}")

    def _tell(self, channel: int, line: str) -> None:
        with self._lock:
            self._outputs[channel] = line
            self._send(line)

    def _send(self, line: str) -> None:
        """Send a line; one that does not get through is told when there is a connection again."""
        if self._connection is not None:
            with contextlib.suppress(OSError):
                self._connection.sendall(line.encode("ascii") + b"\n")

    def _listen(self) -> None:
        while not self._ended.is_set():
            with contextlib.suppress(OSError, ValueError), socket.socket(socket.AF_UNIX) as connection:
                connection.connect(str(self._path))
                with self._lock:
                    self._connection = connection
                    for line in self._outputs.values():
                        self._send(line)
                self._connected.set()
                if self._ended.is_set():  # it ended before there was a connection to shut down
                    break
                with connection.makefile("r", encoding="ascii", errors="strict") as lines:
                    for line in lines:
                        self._take(line)
                        if self._ended.is_set():
                            break
            with self._lock:
                self._connection = None
            self._connected.clear()
            self._ended.wait(_RETRY_S)

    def _take(self, line: str) -> None:
        """Take `PIN LEVEL`. ValueError for anything else: the connection is made anew then."""
        pin, level = (int(word) for word in line.split())
        if not 0 <= pin < _PINS or level not in {0, 1}:
            raise ValueError(line)
        with self._lock:
            if pin in self._outputs:
                return  # it drives that one itself
            changed = self._levels.get(pin) != level
            self._levels[pin] = level
            edge, callback = self._callbacks.get(pin, (0, None))
            wanted = edge in {self.BOTH, self.RISING if level else self.FALLING}
        if callback is not None and changed and wanted:
            callback(pin)


class SimulatedWave:
    """A pulse width on one output."""

    def __init__(self, chip: SimulatedChip, channel: int, frequency: float) -> None:
        self._chip = chip
        self._channel = channel
        self._hz = frequency

    def start(self, dc: float) -> None:
        """Begin, so much of the time high (per cent)."""
        self._chip.wave(self._channel, self._hz, dc)

    def ChangeDutyCycle(self, dc: float) -> None:  # noqa: N802 - RPi.GPIO's name
        """Go on with another one."""
        self._chip.wave(self._channel, self._hz, dc)

    def stop(self) -> None:
        """End; the pin is low then."""
        self._chip.output(self._channel, 0)
