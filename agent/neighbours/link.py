"""What carries messages between neighbours: the interface that every way has to fulfil. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol

import msgspec

MOST_WAITING = 64  # messages, each way; what comes on top is dropped and counted


class LinkState(msgspec.Struct, frozen=True):
    """How the way is: open or not, why not, and how many messages it dropped since its start."""

    state: Literal["opening", "open", "waiting", "off"]
    last_error: str
    dropped_in: int
    dropped_out: int


class Link(Protocol):
    """A way to the neighbours. It may lose, double, delay and change the order of messages, and never waits for anybody.

    `heard` is called with each message that came, on the loop (or thread) that the owner lives on.
    """

    heard: Callable[[bytes], None]

    def send(self, to: str, data: bytes) -> None:
        """Send a message to a neighbour by its id; dropped where that cannot be done at once."""

    def state(self) -> LinkState:
        """Return how it is."""

    async def run(self) -> None:
        """Hold it open until cancelled, and open it again when it breaks."""
