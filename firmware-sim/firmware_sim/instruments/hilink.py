"""The command side that LD24xx radars share: enabled, asked, let go. While it is enabled a radar reports nothing."""

from __future__ import annotations

import math
from collections.abc import Callable

START, END = bytes((0xFD, 0xFC, 0xFB, 0xFA)), bytes((4, 3, 2, 1))
LATENCY_S = 0.01
LONGEST = 64

Answer = Callable[[int, bytes], bytes | None]


class Commands:
    """Takes commands, keeps answers until they are due. `answer`: what a command is answered with (status and data)."""

    def __init__(self, answer: Answer) -> None:
        self.enabled = False
        self._answer = answer
        self._heard = b""
        self._ready: list[tuple[float, bytes]] = []

    def arrived(self, data: bytes, now_s: float) -> None:
        """Take bytes of the port."""
        self._heard += data
        while (start := self._heard.find(START)) >= 0:
            self._heard = self._heard[start:]
            if len(self._heard) < 6:
                return
            end = 10 + (self._heard[4] | self._heard[5] << 8)
            if end > LONGEST:
                self._heard = self._heard[1:]
                continue
            if len(self._heard) < end:
                return
            packet, self._heard = self._heard[:end], self._heard[end:]
            if packet[-4:] == END and end >= 12:
                self._take(packet[6] | packet[7] << 8, packet[8:-4], now_s)
        self._heard = self._heard[-3:]

    @property
    def waiting(self) -> bool:
        """Whether an answer is still to be given."""
        return bool(self._ready)

    def due(self, now_s: float) -> bytes:
        """Return the answers that are due."""
        out = b"".join(packet for at_s, packet in self._ready if at_s <= now_s)
        self._ready = [(at_s, packet) for at_s, packet in self._ready if at_s > now_s]
        return out

    def next_s(self) -> float:
        """Return when the next is due."""
        return min((at_s for at_s, _ in self._ready), default=math.inf)

    def _take(self, word: int, value: bytes, now_s: float) -> None:
        if word == 0xFF:
            self.enabled = True
            answer: bytes | None = bytes((0, 0, 1, 0, 0x40, 0))
        elif word == 0xFE:
            answer = bytes(2)
            self.enabled = False
        elif self.enabled:
            answer = self._answer(word, value)
        else:
            answer = bytes((1, 0))
        if answer is not None:
            body = bytes((word, 1)) + answer
            packet = START + bytes((len(body), 0)) + body + END
            self._ready.append((now_s + LATENCY_S, packet))
