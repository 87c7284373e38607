"""What a bus asks of the port that its line hangs on. Pure."""

from __future__ import annotations

from typing import Protocol

from drivers.modbus.pdu import Request


class Port(Protocol):
    """One line, one exchange at a time. All methods are for the event loop."""

    @property
    def stray_bytes(self) -> int:
        """How many bytes came that nobody asked for, since the start."""

    async def open(self) -> None:
        """Open the port. LinkLost if it is not there or not ours."""

    async def close(self) -> None:
        """Close the port; nothing if it is closed."""

    async def exchange(self, request: Request) -> bytes:
        """Send a request and return the data of its answer. NoAnswer, BadAnswer, Refused, LinkLost."""

    def use_pct(self) -> float:
        """Return the share of the last 10 whole seconds in which the line was busy."""
