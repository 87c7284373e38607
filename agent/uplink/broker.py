"""A broker, what comes from it, and what can go wrong with a connection to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from agent.identity.tls import TlsContext


class Broken(Exception):
    """The connection could not be had, or is gone. The text says why; the next move is a new one, after a while."""


class Refused(Broken):
    """TLS cannot be had: our files are wrong, or the broker's, or it does not take ours. Somebody has to do something."""


class Broker(msgspec.Struct, frozen=True):
    """Where the broker is, and how it is spoken to; `tls` makes what a connection's TLS is made with, none: plain TCP."""

    host: str
    port: int
    mqtt: Literal["5", "3.1.1"]
    keepalive_s: int
    client_id: str
    tls: Callable[[], TlsContext] | None = None


class Incoming(msgspec.Struct, frozen=True):
    """A message from the broker; with MQTT 5 also where its answer is wanted, and what that is to bear."""

    topic: str
    payload: bytes
    retained: bool
    response_topic: str = ""
    correlation: bytes | None = None
