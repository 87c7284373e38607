"""An RTU line's port: one exchange at a time, in a thread of its own, with the silences that the standard asks for.

Timers of an event loop are up to a millisecond late, which is half the silence between frames at 19200 baud: hence
blocking calls in a thread, which wakes within some 0.1 ms.
"""

from __future__ import annotations

import errno
import os
import select
import time

import serial

from drivers.bus.records import BusSpec
from drivers.errors import LinkLost, NoAnswer
from drivers.modbus.rtu import Request

_PARITY = {"none": serial.PARITY_NONE, "even": serial.PARITY_EVEN, "odd": serial.PARITY_ODD}
_READ_BYTES = 512
_GAP_S = 0.05  # a frame may pause so long inside: USB adapters hand on every 16 ms, kernels may be late
_WINDOW_S = 10
_MOST_DRAINED_S = 3.0  # a line that never falls silent is not waited for longer than this


class RtuPort:
    """The port of one line. Everything but the counters is for the line's own thread."""

    def __init__(self, spec: BusSpec) -> None:
        self._spec = spec
        self._serial: serial.Serial | None = None
        self._descriptor = -1
        self._quiet_from_s = 0.0
        self._distrusted = False
        self._busy_s = [0.0] * (_WINDOW_S + 1)
        self._busy_second = 0
        self.stray_bytes = 0

    def open(self) -> None:
        """Open the port. LinkLost if it is not there or not ours."""
        try:
            # Everything in one open: a pseudo-terminal refuses a later change of parity alone.
            self._serial = serial.Serial(
                str(self._spec.port),
                self._spec.baud,
                parity=_PARITY[self._spec.parity],
                stopbits=self._spec.stop_bits,
                timeout=0,
                exclusive=True,
            )
        except (serial.SerialException, OSError, ValueError) as error:
            raise LinkLost(f"{self._spec.port}: {_reason(error)}") from None
        self._descriptor = self._serial.fileno()
        self._quiet_from_s = time.monotonic()
        self._distrusted = True  # who knows what is still under way from before

    def close(self) -> None:
        """Close the port; nothing if it is closed."""
        if self._serial is not None:
            port, self._serial = self._serial, None
            try:
                port.close()
            except OSError:
                return  # it is gone already

    def exchange(self, request: Request) -> bytes:
        """Send a request and return what answers it, unchecked. NoAnswer after the time-out; LinkLost."""
        self._drain(self._spec.timeout_s if self._distrusted else 0.0)
        self._distrusted = False
        self._keep_silence()
        sent_s = self._send(request.frame)
        answer = bytearray()
        deadline_s = sent_s + self._spec.timeout_s
        while len(answer) < (expected := request.expected_bytes(answer)):
            piece = self._receive(deadline_s)
            if not piece:
                self._distrusted = True
                came = f"{len(answer)} of {expected} bytes came" if answer else "no answer"
                raise NoAnswer(f"{came} within {self._spec.timeout_s * 1000:.0f} ms")
            answer += piece
            deadline_s = time.monotonic() + (expected - len(answer)) * self._spec.char_s + _GAP_S
        self._occupy(len(answer))
        self.stray_bytes += len(answer) - expected
        return bytes(answer[:expected])

    def distrust(self) -> None:
        """Let the line fall silent before the next answer is believed: what came was not what was asked for."""
        self._distrusted = True

    def use_pct(self) -> float:
        """Return the share of the last 10 whole seconds in which characters were on the line."""
        self._turn()
        current = int(time.monotonic()) % len(self._busy_s)
        return min(100.0, 100 * (sum(self._busy_s) - self._busy_s[current]) / _WINDOW_S)

    def _send(self, frame: bytes) -> float:
        """Write a frame; return when its last character will have left."""
        try:
            os.write(self._descriptor, frame)
        except OSError as error:
            raise LinkLost(f"{self._spec.port}: {_reason(error)}") from None
        self._occupy(len(frame))
        self._quiet_from_s = time.monotonic() + len(frame) * self._spec.char_s
        return self._quiet_from_s

    def _receive(self, deadline_s: float) -> bytes:
        """Return the next bytes, empty if none come in time."""
        wait_s = max(0.0, deadline_s - time.monotonic())
        try:
            ready, _, _ = select.select([self._descriptor], [], [], wait_s)
            if not ready:
                return b""
            data = os.read(self._descriptor, _READ_BYTES)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise LinkLost(f"{self._spec.port}: {_reason(error)}") from None
        if not data:
            raise LinkLost(f"{self._spec.port}: hung up")
        self._quiet_from_s = max(self._quiet_from_s, time.monotonic())
        return data

    def _drain(self, silent_s: float) -> None:
        """Drop what nobody asked for, until nothing has come for `silent_s` seconds."""
        until_s = time.monotonic() + _MOST_DRAINED_S
        while data := self._receive(min(until_s, time.monotonic() + silent_s)):
            self.stray_bytes += len(data)

    def _keep_silence(self) -> None:
        while (left_s := self._quiet_from_s + self._spec.silence_s - time.monotonic()) > 0:
            self.stray_bytes += len(self._receive(time.monotonic() + left_s))

    def _occupy(self, characters: int) -> None:
        self._turn()
        self._busy_s[self._busy_second % len(self._busy_s)] += characters * self._spec.char_s

    def _turn(self) -> None:
        """Clear the seconds that have passed since the last look."""
        second = int(time.monotonic())
        for passed in range(self._busy_second + 1, min(second, self._busy_second + len(self._busy_s)) + 1):
            self._busy_s[passed % len(self._busy_s)] = 0.0
        self._busy_second = second


def _reason(error: Exception) -> str:
    number = getattr(error, "errno", None)
    return os.strerror(number) if isinstance(number, int) and number in errno.errorcode else str(error)
