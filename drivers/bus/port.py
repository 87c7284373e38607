"""What a bus asks of the port that its line hangs on. Pure."""

from __future__ import annotations

from typing import Protocol

import msgspec

from drivers.bus.recorder import Recorder
from drivers.bus.records import Link
from drivers.modbus.pdu import Request


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What a unit answered: the data (registers, packed bits, nothing for a write), and how long it took to begin.

    `latency_s` runs from the last character of the request to the first of the answer; over TCP to all of it.
    """

    data: bytes
    latency_s: float


class LineCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What came on a line beside answers, since the start; `echo`: whether it gives back what is sent, none if not known."""

    stray_bytes: int = 0
    foreign_frames: int = 0
    late_frames: int = 0
    crc_errors: int = 0
    echo: bool | None = None


class Port(Protocol):
    """One line, one exchange at a time (over TCP as many as the bus says). All methods are for the event loop."""

    @property
    def counts(self) -> LineCounts:
        """What came that nobody asked for."""

    @property
    def recorder(self) -> Recorder:
        """The last of what went and came."""

    async def open(self) -> None:
        """Open the port. LinkLost if it is not there or not ours."""

    async def close(self) -> None:
        """Close the port; nothing if it is closed."""

    async def exchange(self, request: Request, timeout_s: float, link: Link | None = None) -> Answer:
        """Send a request and return its answer; an empty one at once for a broadcast.

        `timeout_s` is the longest wait for the first character of an answer, over TCP for all of it. `link` asks at
        another speed this once (ValueError if the port has none). NoAnswer, BadAnswer, Refused, LinkLost.
        """

    def use_pct(self) -> float:
        """Return the share of the last 10 whole seconds in which the line was busy."""
