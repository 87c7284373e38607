"""A serial device server (RTU frames in a TCP connection) as the port of a line uses it."""

from __future__ import annotations

import contextlib
import select
import socket
import time

from drivers.bus.records import Link, RtuTcpBus
from drivers.bus.serial_wire import reason
from drivers.errors import LinkLost

_CONNECT_S = 3.0
_UNHEARD_MS = 10_000  # what is sent and not acknowledged by the other end's kernel for so long: the link is gone
_READ_BYTES = 512


class SocketWire:
    """The connection to one device server, for the line's own thread.

    The silence between characters and frames is the device server's: what its line runs at is not known here.
    """

    gap_s = 0.1  # a frame may pause so long inside: the server packs by its own timer, the network delays
    link = None

    def __init__(self, spec: RtuTcpBus) -> None:
        self._spec = spec
        self._socket: socket.socket | None = None

    def open(self) -> None:
        """Connect. LinkLost if nobody answers there."""
        try:
            made = socket.create_connection((self._spec.host, self._spec.port), _CONNECT_S)
        except TimeoutError:
            raise LinkLost(f"{self._spec.place}: no connection within {_CONNECT_S:g} s") from None
        except (OSError, UnicodeError) as error:  # UnicodeError: a name that cannot be one
            raise LinkLost(f"{self._spec.place}: {reason(error)}") from None
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNHEARD_MS)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        made.setblocking(False)
        self._socket = made

    def close(self) -> None:
        """Close the connection; nothing if there is none."""
        if self._socket is not None:
            made, self._socket = self._socket, None
            with contextlib.suppress(OSError):
                made.close()

    def set_link(self, link: Link) -> None:
        """ValueError: the speed of the line is set at the device server."""
        raise ValueError(f"{self._spec.place}: an address has no speed, and {link} cannot be set there")

    def now(self) -> float:
        """Return the monotonic time in seconds."""
        return time.monotonic()

    def nap(self, span_s: float) -> None:
        """Wait so long, whatever comes."""
        select.select([], [], [], span_s)

    def write(self, data: bytes) -> None:
        """Send. LinkLost, also if the other end has not taken what was sent before."""
        try:
            sent = self._opened().send(data)
        except OSError as error:
            raise LinkLost(f"{self._spec.place}: {reason(error)}") from None
        if sent != len(data):
            raise LinkLost(f"{self._spec.place}: takes {sent} of {len(data)} bytes")

    def read(self, wait_s: float) -> bytes:
        """Return what has come, or what comes first in so many seconds, empty if nothing does. LinkLost."""
        made = self._opened()
        try:
            ready, _, _ = select.select([made], [], [], max(0.0, wait_s))
            if not ready:
                return b""
            data = made.recv(_READ_BYTES)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise LinkLost(f"{self._spec.place}: {reason(error)}") from None
        if not data:
            raise LinkLost(f"{self._spec.place}: closed by the other end")
        return data

    def _opened(self) -> socket.socket:
        if self._socket is None:
            raise LinkLost(f"{self._spec.place}: not connected")
        return self._socket
