"""A serial device as the port of a line uses it: bytes out, bytes in, each wait to the point."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import termios
import threading
import time
from pathlib import Path

import serial
from serial.rs485 import RS485Settings

from drivers.bus.records import Link, RtuBus
from drivers.errors import LinkLost

_PARITY = {"none": serial.PARITY_NONE, "even": serial.PARITY_EVEN, "odd": serial.PARITY_ODD}
_READ_BYTES = 512


class SerialWire:
    """The device of one line, for the line's own thread."""

    gap_s = 0.05  # a frame may pause so long inside: USB adapters hand on every 16 ms, kernels may be late

    def __init__(self, spec: RtuBus) -> None:
        self._spec = spec
        self._serial: serial.Serial | None = None
        self._descriptor = -1

    @property
    def link(self) -> Link:
        """How characters stand on the line, if nothing else is said."""
        return self._spec.link

    def open(self) -> None:
        """Open the device by its name. LinkLost if it is not there, not ours, or does not do what it is asked."""
        wake_on_time()
        link = self._spec.link
        try:
            # Everything in one open: a pseudo-terminal refuses a later change of parity alone.
            self._serial = serial.Serial(
                str(self._spec.port),
                link.baud,
                parity=_PARITY[link.parity],
                stopbits=link.stop_bits,
                timeout=0,
                exclusive=True,
            )
        except termios.error as error:
            raise LinkLost(f"{self._spec.port}: does not take {link} ({error.args[-1]})") from None
        except (serial.SerialException, OSError, ValueError) as error:
            raise LinkLost(f"{self._spec.port}: {reason(error)}") from None
        self._descriptor = self._serial.fileno()
        with contextlib.suppress(ValueError):  # a driver that has no such mode hands on at once, or never will
            self._serial.set_low_latency_mode(True)
        if self._spec.rs485:
            self._turn_by_kernel(self._serial)

    def close(self) -> None:
        """Close the device; nothing if it is closed."""
        if self._serial is not None:
            port, self._serial = self._serial, None
            self._descriptor = -1
            with contextlib.suppress(OSError):  # it is gone already
                port.close()

    def set_link(self, link: Link) -> None:
        """Let characters stand otherwise from now on. ValueError if the device does not take it; LinkLost."""
        port = self._opened()
        try:
            port.is_open = False  # the settings are kept until the last of them, and then made in one call
            port.parity = _PARITY[link.parity]
            port.stopbits = link.stop_bits
            port.is_open = True
            port.baudrate = link.baud
        except (termios.error, ValueError, OverflowError) as error:
            raise ValueError(f"{self._spec.port}: does not take {link} ({error.args[-1]})") from None
        except (serial.SerialException, OSError) as error:
            raise LinkLost(f"{self._spec.port}: {reason(error)}") from None
        finally:
            port.is_open = True

    def now(self) -> float:
        """Return the monotonic time in seconds."""
        return time.monotonic()

    def nap(self, span_s: float) -> None:
        """Wait so long, whatever comes."""
        select.select([], [], [], span_s)

    def write(self, data: bytes) -> None:
        """Send. LinkLost."""
        self._opened()
        try:
            sent = os.write(self._descriptor, data)
        except OSError as error:
            raise LinkLost(f"{self._spec.port}: {reason(error)}") from None
        if sent != len(data):
            raise LinkLost(f"{self._spec.port}: takes {sent} of {len(data)} bytes, as if nothing left it any more")

    def read(self, wait_s: float) -> bytes:
        """Return what has come, or what comes first in so many seconds, empty if nothing does. LinkLost."""
        self._opened()
        try:
            ready, _, _ = select.select([self._descriptor], [], [], max(0.0, wait_s))
            if not ready:
                return b""
            data = os.read(self._descriptor, _READ_BYTES)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise LinkLost(f"{self._spec.port}: {reason(error)}") from None
        if not data:
            raise LinkLost(f"{self._spec.port}: hung up")
        return data

    def _opened(self) -> serial.Serial:
        if self._serial is None:
            raise LinkLost(f"{self._spec.port}: not open")
        return self._serial

    def _turn_by_kernel(self, port: serial.Serial) -> None:
        """Let the kernel raise RTS while it sends."""
        try:
            port.rs485_mode = RS485Settings()
        except (ValueError, NotImplementedError, OSError):
            self.close()
            remedy = 'its driver cannot turn an RS-485 line by itself; leave out "rs485" if the adapter does that'
            raise LinkLost(f"{self._spec.port}: {remedy}") from None


def wake_on_time() -> None:
    """Let this thread wake when a wait ends: the kernel may add 50 us to each, to save wake-ups."""
    name = Path(f"/proc/{threading.get_native_id()}/timerslack_ns")
    with contextlib.suppress(OSError):  # a kernel that keeps this for itself: waits end later, and never too early
        name.write_text("1", encoding="ascii")


def reason(error: Exception) -> str:
    """Return what an error of the system says, without its place."""
    number = getattr(error, "errno", None)
    return os.strerror(number) if isinstance(number, int) and number in errno.errorcode else str(error)
