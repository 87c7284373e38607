"""Finds the answer to one request in what comes on an RTU line. Pure.

What is looked for must match unit, function, byte count, exception form, echo of a write, and CRC. All else is told apart
and counted: the line's echo of the request, answers to earlier requests, frames of others, noise.
"""

from __future__ import annotations

from collections.abc import Sequence

from drivers.errors import BadAnswer
from drivers.modbus import pdu, rtu
from drivers.modbus.pdu import Request

_STEP_BYTES = 256  # no more is looked at together than the longest frame, and so much again that came with it
_TOLD_BYTES = 32  # of what came, in a message


class Framer:
    """One hunt: fed with what comes, it has an `answer` or not. Nothing that is fed raises.

    `request`: whose answer is looked for, none if nobody's; `sent`: the frame that the line may give back; `echo`: whether
    it does, or may, so that what could be its own answer is the line's and not the unit's; `pending`: earlier requests that may
    still be answered. An exception that a pending one may have caused is `doubtful`, and no answer.
    """

    def __init__(
        self, request: Request | None, sent: bytes = b"", *, echo: bool = False, pending: Sequence[Request] = ()
    ) -> None:
        self.answer: bytes | None = None
        self.rest = b""  # what came after it
        self.echoed = False
        self.late: list[Request] = []  # whose answers they are, the oldest that fits
        self.foreign_frames = 0
        self.stray_bytes = 0
        self.crc_errors = 0
        self.trouble: BadAnswer | None = None  # what to say if no answer is found
        self.spoilt = False  # the unit has answered, and badly: no other answer is to be expected
        self._request = request
        self._sent = sent
        self._echo = echo
        self._may_echo = bool(sent) and (echo or request is None or not rtu.mirrors(request))
        self._pending = pending
        self._buffer = bytearray()
        self._noise = bytearray()
        self._shut = False
        self._last_place = 0  # after `shut`: how many more bytes may begin an answer

    @property
    def begun(self) -> bool:
        """Return whether what came last may be the beginning of a frame."""
        return bool(self._buffer)

    @property
    def over(self) -> bool:
        """Return whether an answer can come no more: the time is over, and nothing that came before it is one."""
        return self._shut and self._last_place <= 0

    @property
    def missing(self) -> int:
        """Return how many bytes the answer needs that has begun, as far as it tells; 0 if none has."""
        buffer = self._buffer
        if self._request is None or not self._is_ours(buffer):
            return 0
        return max(0, rtu.answer_bytes(self._request, buffer) - len(buffer))

    def feed(self, data: bytes) -> bool:
        """Take what came; return whether the answer is found. What comes after it is kept in `rest`."""
        for at in range(0, len(data), _STEP_BYTES):
            self._buffer += data[at : at + _STEP_BYTES]
            self._parse(paused=False)
            if self.answer is not None:
                self.rest += data[at + _STEP_BYTES :]
                return True
        return False

    def pause(self) -> bool:
        """The line has been silent for longer than a frame may be: what is not whole is none. As `feed`."""
        self._parse(paused=True)
        return self.answer is not None

    def shut(self) -> None:
        """The time is over: what comes from now on can end an answer, but not begin one."""
        if not self._shut:
            self._shut = True
            self._last_place = len(self._buffer)

    def verdict(self) -> BadAnswer | None:
        """Return what came instead of the answer; none if nothing did, or only frames that are known to be others'."""
        if self.trouble is None and self._noise:
            came = f"{self.stray_bytes} bytes: {self._noise.hex(' ')}"
            return BadAnswer(
                f"expected an answer, {came}{' …' if self.stray_bytes > len(self._noise) else ''}", "noise"
            )
        return self.trouble

    def _parse(self, *, paused: bool) -> None:
        buffer = self._buffer
        at = 0
        while at < len(buffer) and self.answer is None and not self.over:
            size = self._take(bytes(buffer[at : at + rtu.LONGEST_FRAME_BYTES]), paused=paused)
            if not size:
                break
            at += size
            self._last_place -= size
        if self.answer is not None:
            self.rest = bytes(buffer[at:])
            at = len(buffer)
        elif self.over:
            self._stray(buffer[at:])
            at = len(buffer)
        del buffer[:at]

    def _take(self, begin: bytes, *, paused: bool) -> int:
        """Judge what begins here; return how many bytes are dealt with, 0 if more must come.

        A sound frame stays one when a zero is added to it or, if it ends with one, taken away: so an echo is looked for before
        answers, which could be a part of it, and an answer before requests, which could be a part of that.
        """
        may_echo = self._may_echo and not self.echoed
        if may_echo and begin.startswith(self._sent):
            self.echoed = True
            return len(self._sent)
        if may_echo and not paused and self._sent.startswith(begin):
            return 0
        for size in rtu.lengths(begin):
            if size <= len(begin) and rtu.sound(begin[:size]):
                if may_echo and self._echo and self._sent.startswith(begin[:size]):
                    return self._drop(begin, size)  # of an echo that was cut short
                self._sort(begin[:size])
                return size
            if size > len(begin) and not paused:
                return 0
        return self._drop(begin, 1)

    def _drop(self, begin: bytes, size: int) -> int:
        """So many bytes are no frame."""
        self._blame(begin)
        self._stray(begin[:size])
        return size

    def _sort(self, frame: bytes) -> None:
        """Say whose a sound frame is."""
        request = self._request
        if request is not None and rtu.fits(request, frame):
            if frame[1] & 0x80 and any(rtu.fits(earlier, frame) for earlier in self._pending):
                text = f"exception {frame[2]} came, and could be the answer to an earlier request"
                self.trouble = BadAnswer(text, "function")
            else:
                self.answer = frame
        elif (late := next((earlier for earlier in self._pending if rtu.fits(earlier, frame)), None)) is not None:
            self.late.append(late)
        else:
            self.foreign_frames += 1
            self._wonder(frame)

    def _wonder(self, frame: bytes) -> None:
        """A sound frame that is no answer: keep what is wrong with it, if it could have been meant as one."""
        request = self._request
        if request is None or len(frame) not in rtu.answer_lengths(frame):
            return
        if frame[0] != request.unit and (
            frame[1] != request.function or len(frame) != rtu.answer_bytes(request, frame)
        ):
            return
        try:
            pdu.check(request, frame[0], frame[1:-2])
        except BadAnswer as error:
            self.trouble = error

    def _blame(self, begin: bytes) -> None:
        """Nothing sound begins here: keep what is wrong if it began as the answer does."""
        request = self._request
        if request is None or self.spoilt or not self._is_ours(begin):
            return
        expected = rtu.answer_bytes(request, begin)
        if len(begin) < expected:
            self.trouble = BadAnswer(f"expected {expected} bytes, {len(begin)} came: {begin.hex(' ')}", "length")
        else:
            self.crc_errors += 1
            self.trouble = BadAnswer(f"CRC of {expected} bytes is wrong: {begin[:expected].hex(' ')}", "crc")
        self.spoilt = True

    def _is_ours(self, begin: bytes | bytearray) -> bool:
        """Return whether these bytes, some at least, begin as the answer or its exception does."""
        request = self._request
        if request is None or not begin or begin[0] != request.unit:
            return False
        return len(begin) < 2 or begin[1] & 0x7F == request.function

    def _stray(self, data: bytes | bytearray) -> None:
        self.stray_bytes += len(data)
        self._noise += data[: max(0, _TOLD_BYTES - len(self._noise))]
