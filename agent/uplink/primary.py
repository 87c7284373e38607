"""The STATE of the primary host, for which a node waits before its births. Pure.

Source: Sparkplug 3.0, chapter 5: JSON, retained, `online` and a timestamp that never goes back. One for each connection,
for each broker has a STATE of its own.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from agent.uplink import topics


class _State(msgspec.Struct, frozen=True):
    online: bool
    timestamp: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


_decode = msgspec.json.Decoder(_State).decode


class PrimaryHost:
    """What one broker says of the host. `online`: none before it has said anything; `refused`: how many said nothing."""

    def __init__(self, host_id: str) -> None:
        self.id = host_id
        self.topic = topics.state(host_id)
        self.online: bool | None = None
        self.refused = 0
        self._as_of_ms = -1  # before 1970 there is no time

    def take(self, payload: bytes) -> None:
        """Take a STATE. One that is older than the last is not heeded; one that is none is counted."""
        try:
            state = _decode(payload)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self.refused += 1
            return
        if state.timestamp >= self._as_of_ms:
            self.online, self._as_of_ms = state.online, state.timestamp
