"""Bytes on their way over a line to the master."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from firmware_sim.link import Link

FIFO = 8
"""A UART hands on what it received in groups of at most so many characters."""

Noise = Callable[[int], bytes]


@dataclass(slots=True)
class Sending:
    """The first byte begins at `start_s`; the first `handed` ones the master has."""

    frame: bytes
    start_s: float
    link: Link
    gap_s: float = 0.0
    on_the_wire: bool = True  # an echo is made by the adapter and disturbs nobody
    handed: int = 0

    @property
    def pitch_s(self) -> float:
        """From the start of one byte to the start of the next."""
        return self.link.char_s + self.gap_s

    @property
    def end_s(self) -> float:
        """When the last byte is through."""
        return self.start_s + len(self.frame) * self.pitch_s

    @property
    def _group(self) -> int:
        return 1 if self.gap_s else FIFO  # a gap ends a group

    def group_s(self) -> float:
        """When the next group of characters is through."""
        return self.start_s + min(self.handed + self._group, len(self.frame)) * self.pitch_s

    def take(self) -> bytes:
        """The next group of characters."""
        group = self.frame[self.handed : self.handed + self._group]
        self.handed += len(group)
        return group

    def meets(self, start_s: float, end_s: float) -> bool:
        """Whether it is on the wire at some time between."""
        return self.on_the_wire and self.start_s < end_s and start_s < self.end_s

    def garble(self, noise: Noise) -> None:
        """What is still to be said becomes noise."""
        self.frame = self.frame[: self.handed] + noise(len(self.frame) - self.handed)


def joined(other: Sending, new: Sending, noise: Noise) -> None:
    """Make of two that overlap one, in `other`: clean until the second begins, noise from there to the end of both."""
    first, second = (other, new) if other.start_s <= new.start_s or other.handed else (new, other)
    clean = max(first.handed, int(max(0.0, second.start_s - first.start_s) / first.pitch_s + 1e-6))
    size = math.ceil((max(first.end_s, second.end_s) - first.start_s) / first.pitch_s - 1e-9)
    frame = first.frame[:clean] + noise(size - len(first.frame[:clean]))
    other.start_s, other.link, other.gap_s, other.frame = first.start_s, first.link, first.gap_s, frame
