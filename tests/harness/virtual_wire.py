"""A line in virtual time under the port of a bus: who answers what, and how it comes through, is said by the test."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from random import Random
from typing import Literal

from drivers.bus.records import Link
from drivers.errors import LinkLost

Way = Literal["whole", "bytes", "delayed", "lossy"]
WAYS: tuple[Way, ...] = ("whole", "bytes", "delayed", "lossy")

Coming = tuple[float, bytes]
"""So long after the last character of the request; what."""

Script = Callable[[bytes, float], Iterable[Coming]]
"""Called with each frame and the time at which it ended."""

LONGEST_DELAY_S = 0.01
LOST = 0.02  # of a lossy line's bytes, and as many changed


class VirtualWire:
    """The wire of a port, by the interface of `Wire`. `way`: how what comes is handed on."""

    gap_s = 0.05

    def __init__(
        self, script: Script, link: Link | None = None, *, way: Way = "whole", seed: int = 1, echo: bool = False
    ) -> None:
        self.script = script
        self.link = link
        self.way = way
        self.echo = echo
        self.frames: list[tuple[float, bytes]] = []
        self.links: list[Link] = []
        self.reads = 0
        self.gone = False
        self.time_s = 1000.0
        self._random = Random(seed)
        self._coming: list[tuple[float, int, bytes]] = []
        self._number = 0
        self._last_s = 0.0

    @property
    def char_s(self) -> float:
        return self.link.char_s if self.link is not None else 0.0

    def come(self, at_s: float, data: bytes) -> None:
        """Let bytes come whose first character begins at a time."""
        if self.way == "whole":
            self._put(at_s + len(data) * self.char_s, data)
            return
        for place in range(len(data)):
            at_s += self.char_s
            if self.way == "delayed":
                at_s = max(at_s, self._last_s) + self._random.choice((0.0, 0.0, 0.0, LONGEST_DELAY_S * self._random.random()))
            self._last_s = at_s
            piece = data[place : place + 1]
            if self.way == "lossy":
                chance = self._random.random()
                piece = b"" if chance < LOST else bytes([piece[0] ^ 0x10]) if chance < 2 * LOST else piece
            if piece:
                self._put(at_s, piece)

    def _put(self, at_s: float, data: bytes) -> None:
        self._number += 1
        heapq.heappush(self._coming, (at_s, self._number, data))

    # ---- What the port calls -----------------------------------------------------------------------------------------

    def open(self) -> None:
        if self.gone:
            raise LinkLost("virtual: not there")

    def close(self) -> None:
        self._coming.clear()

    def set_link(self, link: Link) -> None:
        self.links.append(link)

    def now(self) -> float:
        return self.time_s

    def nap(self, span_s: float) -> None:
        self.time_s += span_s

    def write(self, data: bytes) -> None:
        if self.gone:
            raise LinkLost("virtual: gone")
        self.frames.append((self.time_s, data))
        end_s = self.time_s + len(data) * self.char_s
        if self.echo:
            self.come(self.time_s, data)
        for after_s, what in self.script(data, end_s):
            self.come(end_s + after_s, what)

    def read(self, wait_s: float) -> bytes:
        if self.gone:
            raise LinkLost("virtual: gone")
        self.reads += 1
        until_s = self.time_s + max(0.0, wait_s)
        if not self._coming or self._coming[0][0] > until_s:
            self.time_s = until_s
            return b""
        self.time_s = max(self.time_s, self._coming[0][0])
        data = bytearray()
        while self._coming and self._coming[0][0] <= self.time_s and len(data) < 512:
            data += heapq.heappop(self._coming)[2]
        return bytes(data)
