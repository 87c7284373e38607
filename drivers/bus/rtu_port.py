"""An RTU line's port: one exchange at a time, in a thread of its own, with the silences that the standard asks for.

Timers of an event loop are up to a millisecond late, which is half the silence between frames at 19200 baud: hence
blocking calls in a thread, which wakes within some 0.1 ms.
"""

from __future__ import annotations

import errno
import os
import select
import termios
import time

import serial

from drivers.bus.port import Answer, LineCounts
from drivers.bus.records import Link, RtuBus
from drivers.bus.use import Use
from drivers.errors import BadAnswer, LinkLost, NoAnswer
from drivers.modbus import rtu
from drivers.modbus.pdu import Request

_PARITY = {"none": serial.PARITY_NONE, "even": serial.PARITY_EVEN, "odd": serial.PARITY_ODD}
_READ_BYTES = 512
_GAP_S = 0.05  # a frame may pause so long inside: USB adapters hand on every 16 ms, kernels may be late
_LONGEST_NOISE_S = 1.0  # a line that never falls silent is not waited for longer than this, beyond the silence itself


class RtuPort:
    """The port of one line. Everything but the counters is for the line's own thread."""

    def __init__(self, spec: RtuBus) -> None:
        self._spec = spec
        self._serial: serial.Serial | None = None
        self._descriptor = -1
        self._quiet_from_s = 0.0
        self._distrusted = False
        self._use = Use()
        self.stray_bytes = 0

    def open(self) -> None:
        """Open the port. LinkLost if it is not there or not ours."""
        try:
            # Everything in one open: a pseudo-terminal refuses a later change of parity alone.
            self._serial = serial.Serial(
                str(self._spec.port),
                self._spec.link.baud,
                parity=_PARITY[self._spec.link.parity],
                stopbits=self._spec.link.stop_bits,
                timeout=0,
                exclusive=True,
            )
        except termios.error as error:
            setting = str(self._spec.link)
            raise LinkLost(f"{self._spec.port}: does not take {setting} ({error.args[-1]})") from None
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

    @property
    def counts(self) -> LineCounts:
        """What came that nobody asked for."""
        return LineCounts(stray_bytes=self.stray_bytes)

    def exchange(self, request: Request, timeout_s: float, link: Link | None = None) -> Answer:  # noqa: ARG002
        """Send a request and return the data of its answer.

        NoAnswer after the time-out; BadAnswer if other bytes came, after which nothing is believed until the line has
        been silent for a time-out; Refused; LinkLost.
        """
        try:
            self._settle(self._spec.timeout_s if self._distrusted else 0.0)
            self._distrusted = False
            sent_s = self._send(rtu.frame(request))
            answer, first_s = self._answer(request, sent_s, timeout_s)
            return Answer(rtu.check(request, answer), max(0.0, first_s - sent_s))
        except (NoAnswer, BadAnswer):
            self._distrusted = True
            raise

    def use_pct(self) -> float:
        """Return the share of the last 10 whole seconds in which characters were on the line."""
        return self._use.pct(time.monotonic())

    def _answer(self, request: Request, sent_s: float, timeout_s: float) -> tuple[bytes, float]:
        """Collect what answers a request that has left at `sent_s`, up to the length that it must have."""
        first_s = sent_s
        answer = bytearray()
        deadline_s = sent_s + timeout_s
        while len(answer) < (expected := rtu.answer_bytes(request, answer)):
            piece = self._receive(deadline_s)
            if not piece and not answer:
                raise NoAnswer(f"no answer within {timeout_s * 1000:.0f} ms")
            if not piece:
                raise BadAnswer(f"expected {expected} bytes, {len(answer)} came: {answer.hex(' ')}", "length")
            first_s = first_s if answer else time.monotonic()
            answer += piece
            deadline_s = time.monotonic() + (expected - len(answer)) * self._spec.link.char_s + _GAP_S
        self.stray_bytes += len(answer) - expected
        self._occupy(expected)
        return bytes(answer[:expected]), first_s

    def _send(self, frame: bytes) -> float:
        """Write a frame; return when its last character will have left."""
        try:
            os.write(self._descriptor, frame)
        except OSError as error:
            raise LinkLost(f"{self._spec.port}: {_reason(error)}") from None
        self._occupy(len(frame))
        self._quiet_from_s = time.monotonic() + len(frame) * self._spec.link.char_s
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

    def _settle(self, silent_s: float) -> None:
        """Drop what nobody asked for, until the line has been silent for `silent_s` and as long as between frames.

        BadAnswer if it does not fall silent.
        """
        now_s = time.monotonic()
        until_s = now_s + silent_s + _LONGEST_NOISE_S
        free_s = max(now_s + silent_s, self._quiet_from_s + self._spec.link.silence_s)
        while stray := self._receive(free_s):
            self.stray_bytes += len(stray)
            free_s = time.monotonic() + max(silent_s, self._spec.link.silence_s)
            if free_s > until_s:
                raise BadAnswer(f"the line does not fall silent: {len(stray)} bytes that nobody asked for", "noise")

    def _occupy(self, characters: int) -> None:
        self._use.add(time.monotonic(), characters * self._spec.link.char_s)


def _reason(error: Exception) -> str:
    number = getattr(error, "errno", None)
    return os.strerror(number) if isinstance(number, int) and number in errno.errorcode else str(error)
