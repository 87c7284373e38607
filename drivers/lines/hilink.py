"""What HLK-LD24xx radars have in common: commands in `FD FC FB FA … 04 03 02 01`, and how one is asked who it is. Pure.

Source: the makers' serial protocols of LD2410, LD2450 and LD2451, as the ESPHome and Tasmota drivers read them. While a
radar is being configured it reports nothing: so it is let go after each question, whatever it has answered, and again
whenever it is mute, whoever made it so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from drivers.lines.framer import Form, Framer
from drivers.lines.instrument import Counts, Fact

_HEAD, _TAIL = b"\xfd\xfc\xfb\xfa", b"\x04\x03\x02\x01"
_ENABLE, _LEAVE = 0xFF, 0xFE
FIRMWARE = 0xA0
_ENABLE_VALUE = b"\x01\x00"

_PATIENCE_S = 0.3  # answers come after about 10 ms
_AGAIN_S = 1.0
_TIMES = 3
_MUTE_S = 1.0  # they report ten times a second

Answers = Mapping[int, bytes]  # what came back, less its status, by command


class _Answer:
    """`FD FC FB FA`, length, command, 01, status, data, `04 03 02 01`."""

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


def firmware(answers: Answers) -> str:
    """Return what a radar says of its firmware: type, then numbers in hexadecimal (`firmware 1.07.22091516`)."""
    data = answers.get(FIRMWARE, b"")
    return f"firmware {data[3]:x}.{data[2]:02x}.{int.from_bytes(data[4:8], 'little'):08x}" if len(data) >= 8 else ""


class Radar:
    """Reports by itself, is asked who it is, and is let go where it is mute."""

    def __init__(
        self,
        form: Form,
        facts: Callable[[bytes], list[Fact]],
        *,
        questions: Sequence[int] = (FIRMWARE,),
        named: Callable[[Answers], str] = firmware,
        empty: tuple[int, Callable[[], list[Fact]]] | None = None,
    ) -> None:
        """`facts` of a report. `empty`: what is asked where no report comes, and the facts if it is answered."""
        self.counts = Counts()
        self.identity = ""
        self._reports = Framer(form, self.counts)
        self._facts = facts
        self._named = named
        self._empty = empty
        self._inquiry = Inquiry(self.counts, questions, None if empty is None else empty[0])

    def opened(self, now_s: float) -> None:
        """Forget half a frame; ask who it is, since it may be another one."""
        self._reports.clear()
        self.identity = ""
        self._inquiry.begin(now_s)

    def feed(self, data: bytes, now_s: float) -> list[Fact]:
        """Return what reports say."""
        facts: list[Fact] = []
        for frame in self._reports.feed(data):
            facts += self._facts(frame)
        if facts:
            self._inquiry.reported(now_s)
        if answered := self._inquiry.heard(data, now_s):
            self.identity = self._named(self._inquiry.answers)
            if self._empty is not None and self._inquiry.quiet and self._empty[0] in answered:
                self.counts.frames += 1
                facts += self._empty[1]()
        return facts

    def due(self, now_s: float) -> bytes:
        """Return the command that is due."""
        return self._inquiry.due(now_s)

    def next_s(self) -> float:
        """Return when one is due next."""
        return self._inquiry.next_s()


class Inquiry:
    """Asks a radar some questions once, three times at most; lets it go, or asks it once more, whenever it is mute."""

    def __init__(self, counts: Counts, questions: Sequence[int], when_mute: int | None = None) -> None:
        """What it hears is no stray byte of `counts`."""
        self.answers: dict[int, bytes] = {}
        self.quiet = False  # it was let go, and has not reported all the same
        self._counts = counts
        self._framer = Framer(_Answer(), Counts())
        self._questions = questions
        self._when_mute = when_mute
        self._steps: list[int] = []  # of this round: it is enabled, asked, let go
        self._waits = False  # for the answer to the first of them
        self._tries = 0
        self._due_s = math.inf
        self._let_go = False
        self._reported_s = -math.inf
        self._mute_s = math.inf  # when it is looked whether it is mute
        self._known_bytes = 0  # of answers, that are not yet taken from the stray ones

    def begin(self, now_s: float) -> None:
        """The port has been opened."""
        self.answers.clear()
        self.quiet = self._let_go = False
        self._framer.clear()
        self._tries = self._known_bytes = 0
        self._reported_s = -math.inf
        self._steps, self._waits, self._due_s = self._round(), False, now_s

    def heard(self, data: bytes, now_s: float) -> list[int]:
        """Take what has come, reports too; return the commands that it has answered well."""
        answered: list[int] = []
        if self._steps:
            for frame in self._framer.feed(data):
                self._known_bytes += len(frame)
                answered += self._answer(frame, now_s)
        if self._known_bytes:
            known = min(self._known_bytes, self._counts.stray_bytes)
            self._known_bytes -= known
            self._counts.stray_bytes -= known
        return answered

    def reported(self, now_s: float) -> None:
        """It reports; if it stops, that is believed only after it was let go once more."""
        self._reported_s = now_s
        self.quiet = self._let_go = False

    def due(self, now_s: float) -> bytes:
        """Return the command that is due."""
        if self._steps:
            return self._step(now_s) if now_s >= self._due_s else b""
        if now_s < self._mute_s:
            return b""
        if self._reported_s + _MUTE_S > now_s:
            self._mute_s = self._reported_s + _MUTE_S
            return b""
        self._mute_s = now_s + _MUTE_S
        if self._when_mute is None:
            return command(_LEAVE)
        self._framer.clear()
        self.quiet = self._let_go
        self._steps, self._waits, self._due_s = [_ENABLE, self._when_mute, _LEAVE], False, now_s
        return self._step(now_s)

    def next_s(self) -> float:
        """Return when `due` is to be asked next."""
        return self._due_s if self._steps else self._mute_s

    def _answer(self, frame: bytes, now_s: float) -> list[int]:
        word, refused = frame[6], any(frame[8:10])
        if word in self._questions and not refused:
            self.answers[word] = frame[10:-4]
        if self._waits and self._steps and self._steps[0] == word:
            del self._steps[0]
            self._waits, self._due_s = False, now_s
            self._let_go = self._let_go or (word == _LEAVE and not refused)
            if not self._steps:
                self._ended(now_s)
        return [] if refused else [word]

    def _step(self, now_s: float) -> bytes:
        if self._waits:  # in vain
            self._waits = False
            if self._steps[0] == _LEAVE:
                self._ended(now_s)
                return b""
            self._steps = [_LEAVE]  # it may have heard what it was told, though its answer was not
        self._waits, self._due_s = True, now_s + _PATIENCE_S
        word = self._steps[0]
        return command(word, _ENABLE_VALUE if word == _ENABLE else b"")

    def _round(self) -> list[int]:
        return [_ENABLE, *(word for word in self._questions if word not in self.answers), _LEAVE]

    def _ended(self, now_s: float) -> None:
        """A round is over: another in a second, if not all was answered."""
        self._tries += 1
        again = self._tries < _TIMES and len(self.answers) < len(self._questions)
        self._steps, self._due_s = (self._round(), now_s + _AGAIN_S) if again else ([], math.inf)
        self._mute_s = now_s + _MUTE_S
