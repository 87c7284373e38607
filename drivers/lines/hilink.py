"""What HLK-LD24xx radars have in common: commands in `FD FC FB FA … 04 03 02 01`, and how one is asked who it is. Pure.

Source: the makers' serial protocols of LD2410, LD2450 and LD2451, as the ESPHome and Tasmota drivers read them. While a
radar is being configured it reports nothing: so it is let go after each question, whatever it has answered.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from drivers.lines.framer import Framer
from drivers.lines.instrument import Counts

_HEAD, _TAIL = b"\xfd\xfc\xfb\xfa", b"\x04\x03\x02\x01"
_ENABLE, _LEAVE = 0xFF, 0xFE
FIRMWARE = 0xA0
_ENABLE_VALUE = b"\x01\x00"

_PATIENCE_S = 0.3  # answers come after about 10 ms
_AGAIN_S = 1.0
_TIMES = 3
_MUTE_S = 1.0  # without a report for so long after it was let go, it is let go again


class _Answers:
    """`FD FC FB FA`, length, command, 01, data, `04 03 02 01`."""

    head = _HEAD
    longest = 64

    def length(self, start: bytes) -> int | None:
        """Return the frame's length."""
        if len(start) < 6:
            return None
        size = int.from_bytes(start[4:6], "little")
        return 10 + size if size >= 4 else 0

    def fault(self, frame: bytes) -> str:
        """Return what is wrong with it."""
        return "" if frame.endswith(_TAIL) and frame[7] == 1 else "no answer to a command"


def command(word: int, value: bytes = b"") -> bytes:
    """Return a command."""
    return _HEAD + (2 + len(value)).to_bytes(2, "little") + word.to_bytes(2, "little") + value + _TAIL


def version(data: bytes) -> str:
    """Return what a radar says of its firmware: type, then numbers in hexadecimal (`1.07.22091516`)."""
    if len(data) < 8:
        return ""
    return f"firmware {data[3]:x}.{data[2]:02x}.{int.from_bytes(data[4:8], 'little'):08x}"


class Inquiry:
    """Asks a radar some questions once, three times at most; `answers` by command, without its status."""

    def __init__(self, counts: Counts, questions: Sequence[int]) -> None:
        """What it hears is no stray byte of `counts`."""
        self.answers: dict[int, bytes] = {}
        self._counts = counts
        self._framer = Framer(_Answers(), Counts())
        self._questions = questions
        self._steps: list[int] = []
        self._tries = 0
        self._due_s = math.inf
        self._waits = False  # for the answer to the first of the steps
        self._let_go_s = math.inf  # when it is let go again, if it does not report

    def begin(self, now_s: float) -> None:
        """The port has been opened."""
        self._framer.clear()
        self._tries = 0
        self._steps, self._waits, self._due_s = self._round(), False, now_s

    def heard(self, data: bytes, now_s: float) -> None:
        """Take what has come, reports too."""
        if math.isinf(self._due_s) and math.isinf(self._let_go_s):
            return  # nothing is asked any more
        for frame in self._framer.feed(data):
            self._counts.stray_bytes -= len(frame)  # they were no report, and make sense all the same
            word, refused = frame[6], any(frame[8:10])
            if word in self._questions and not refused:
                self.answers[word] = frame[10:-4]
            if self._waits and self._steps and self._steps[0] == word:
                del self._steps[0]
                self._waits, self._due_s = False, now_s
                if not self._steps:
                    self._ended(now_s)

    def reported(self) -> None:
        """It reports, so it has been let go."""
        self._let_go_s = math.inf

    def due(self, now_s: float) -> bytes:
        """Return the command that is due."""
        if now_s >= self._let_go_s:
            self._let_go_s = now_s + _MUTE_S
            return command(_LEAVE)
        if now_s < self._due_s:
            return b""
        if self._waits:  # in vain
            self._waits = False
            if self._steps[0] in {_ENABLE, _LEAVE}:
                self._ended(now_s)
                return b""
            self._steps = [_LEAVE]
        self._waits, self._due_s = True, now_s + _PATIENCE_S
        word = self._steps[0]
        if word == _LEAVE:
            self._let_go_s = now_s + _MUTE_S
        return command(word, _ENABLE_VALUE if word == _ENABLE else b"")

    def next_s(self) -> float:
        """Return when `due` is to be asked next."""
        return min(self._due_s, self._let_go_s)

    def _round(self) -> list[int]:
        return [_ENABLE, *(word for word in self._questions if word not in self.answers), _LEAVE]

    def _ended(self, now_s: float) -> None:
        """A round is over: if not all was answered once more in a second, else it is let go."""
        self._tries += 1
        again = self._tries < _TIMES and len(self.answers) < len(self._questions)
        self._steps, self._due_s = (self._round(), now_s + _AGAIN_S) if again else ([], math.inf)
        self._let_go_s = math.inf if again else now_s + _MUTE_S
