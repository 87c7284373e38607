"""Whole, checked frames out of a stream of bytes: what a bad frame has swallowed is looked through again. Pure.

For any bytes, in any pieces: no error, and each sound frame that no other frame's bytes lie across is found.
"""

from __future__ import annotations

from typing import Protocol

from drivers.lines.instrument import Counts


class Form(Protocol):
    """How an instrument's frames look."""

    head: bytes  # what each begins with
    longest: int  # bytes of the longest one, head and all

    def length(self, start: bytes) -> int | None:
        """Return how long a frame is that begins like this; none while that cannot be said; 0 if it is none."""

    def fault(self, frame: bytes) -> str:
        """Return what is wrong with a frame of that length; nothing if it is sound."""


class Framer:
    """Frames of one form in a stream. At most one frame's length of bytes is kept."""

    def __init__(self, form: Form, counts: Counts) -> None:
        self._form = form
        self._counts = counts
        self._rest = b""

    def clear(self) -> None:
        """Forget the beginning of a frame."""
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes; return the frames that they complete."""
        form, counts = self._form, self._counts
        rest = self._rest + data if self._rest else data
        frames = []
        at = 0
        while True:
            found = rest.find(form.head, at)
            if found < 0:
                kept = _overlap(rest, form.head, at)
                counts.stray_bytes += len(rest) - kept - at
                at = len(rest) - kept
                break
            counts.stray_bytes += found - at
            at = found
            length = form.length(rest[at : at + form.longest])
            if length is not None and length > form.longest:
                length = 0
            if length is None or at + length > len(rest):
                break  # the rest of it is still to come
            frame = rest[at : at + length]
            if length and not (fault := form.fault(frame)):
                frames.append(frame)
                counts.frames += 1
                at += length
                continue
            if length:
                counts.bad_frames += 1
                counts.last_error = f"{fault}: {shown(frame)}"
            counts.stray_bytes += 1
            at += 1
        self._rest = rest[at:]
        return frames


class TextLines:
    """Lines of text in a stream, ended by CR, LF or both, without their ends; of a longer one nothing is left."""

    def __init__(self, longest: int, counts: Counts) -> None:
        self._longest = longest
        self._counts = counts
        self._rest = b""
        self._lost = False  # the beginning of this line was too long, or came before we listened

    def clear(self) -> None:
        """Forget the beginning of a line; what comes up to the next end is not a whole one."""
        self._rest = b""
        self._lost = True

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes; return the lines that they complete, empty ones left out. Whether they are sound says the reader."""
        *ended, rest = (self._rest + data).replace(b"\r", b"\n").split(b"\n")
        lines = []
        for line in ended:
            if self._lost or len(line) > self._longest:
                self._counts.stray_bytes += len(line)
            elif line:
                lines.append(line)
            self._lost = False
        if len(rest) > self._longest:
            self._counts.stray_bytes += len(rest)
            self._lost, rest = True, b""
        self._rest = rest
        return lines


def shown(data: bytes) -> str:
    """Return bytes as people read them, the first 40 of them."""
    return data[:40].hex(" ").upper() + (" …" if len(data) > 40 else "")


def _overlap(data: bytes, head: bytes, at: int) -> int:
    """Return how many of the last bytes, from `at` on, may be the beginning of a head."""
    for size in range(min(len(head) - 1, len(data) - at), 0, -1):
        if data.endswith(head[:size]):
            return size
    return 0
