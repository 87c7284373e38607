"""A Modbus TCP connection: one request in flight, answers known by their transaction.

Sockets, not streams: a reader with its buffers and time-out contexts costs more than the exchange itself.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from typing import cast

from drivers.bus.port import Answer, LineCounts
from drivers.bus.records import Link, TcpBus
from drivers.bus.use import Use
from drivers.errors import BadAnswer, LinkLost, NoAnswer
from drivers.modbus import tcp
from drivers.modbus.pdu import Request

_CONNECT_S = 3.0
_UNHEARD_MS = 10_000  # what is sent and not acknowledged by the other end's kernel for so long: the link is gone
_BUFFER_BYTES = 4 * tcp.LONGEST_FRAME_BYTES


class TcpPort:
    """The port of one address and the units behind it, by the interface of `Port`."""

    def __init__(self, spec: TcpBus) -> None:
        self._spec = spec
        self._stream: _Stream | None = None
        self._transaction = 0
        self._use = Use()
        self._stray_before = 0

    @property
    def counts(self) -> LineCounts:
        """What came that nobody asked for."""
        return LineCounts(
            stray_bytes=self._stray_before + (self._stream.stray_bytes if self._stream is not None else 0)
        )

    async def open(self) -> None:
        """Connect. LinkLost if nobody answers there."""
        loop, spec = asyncio.get_running_loop(), self._spec
        try:
            async with asyncio.timeout(_CONNECT_S):
                _, self._stream = await loop.create_connection(lambda: _Stream(spec, loop), spec.host, spec.port)
        except TimeoutError:
            raise LinkLost(f"{spec.place}: no connection within {_CONNECT_S:g} s") from None
        except (OSError, UnicodeError) as error:  # UnicodeError: a name that cannot be one
            raise LinkLost(f"{spec.place}: {_reason(error)}") from None

    async def close(self) -> None:
        """Close the connection; nothing if there is none."""
        if self._stream is not None:
            stream, self._stream = self._stream, None
            self._stray_before += stream.stray_bytes
            await stream.close()

    async def exchange(self, request: Request, timeout_s: float, link: Link | None = None) -> Answer:
        """Send a request and return its answer.

        NoAnswer after the time-out, which leaves the connection as it is: what comes later is known by its
        transaction and dropped. BadAnswer, Refused. LinkLost if the connection is gone or its bytes are no frames.
        """
        if link is not None:
            raise ValueError(f"{self._spec.place}: an address has no speed")
        if self._stream is None:
            raise LinkLost(f"{self._spec.place}: not connected")
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        self._transaction = self._transaction + 1 & 0xFFFF
        try:
            answer = await self._stream.ask(self._transaction, request, began_s, timeout_s)
            return Answer(tcp.check(request, answer), loop.time() - began_s)
        finally:
            now_s = loop.time()
            self._use.add(now_s, now_s - began_s)

    def use_pct(self) -> float:
        """Return the share of the last 10 whole seconds in which an answer was waited for."""
        return self._use.pct(asyncio.get_running_loop().time())


class _Stream(asyncio.BufferedProtocol):
    """One connection: cuts what comes into frames and gives the one that is waited for to whoever asked.

    Bytes that are no frame end it: where the next frame begins is not known any more.
    """

    def __init__(self, spec: TcpBus, loop: asyncio.AbstractEventLoop) -> None:
        self.stray_bytes = 0
        self._spec = spec
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray(_BUFFER_BYTES)
        self._view = memoryview(self._buffer)
        self._filled = 0
        self._transaction = -1
        self._answer: asyncio.Future[bytes] | None = None
        self._lost: LinkLost | None = None
        self._ended: asyncio.Future[None] = loop.create_future()

    async def ask(self, transaction: int, request: Request, now_s: float, timeout_s: float) -> bytes:
        """Send a request and return the frame that answers its transaction. NoAnswer, BadAnswer, LinkLost."""
        if self._lost is not None or self._transport is None:
            raise self._lost or LinkLost(f"{self._spec.place}: not connected")
        self._transaction = transaction
        answer: asyncio.Future[bytes] = self._loop.create_future()
        self._answer = answer
        alarm = self._loop.call_at(now_s + timeout_s, self._give_up, answer, timeout_s)
        self._transport.write(tcp.frame(request, transaction))
        try:
            return await answer
        finally:
            alarm.cancel()
            self._answer = None

    async def close(self) -> None:
        """End the connection at once."""
        if self._transport is not None:
            self._transport.abort()
            await self._ended

    # ---- Called by the event loop ------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        connection: socket.socket = transport.get_extra_info("socket")
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNHEARD_MS)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 (the interface)
        return self._view[self._filled :]

    def buffer_updated(self, nbytes: int) -> None:
        self._filled += nbytes
        at = 0
        try:
            while self._filled - at >= tcp.HEADER_BYTES:
                transaction, size = tcp.begin(self._buffer, at)
                if self._filled - at < size:
                    break
                self._take(transaction, at, size)
                at += size
        except LinkLost as error:
            self._lose(str(error))
            return
        self._filled -= at
        if at and self._filled:
            self._buffer[: self._filled] = self._buffer[at : at + self._filled]

    def connection_lost(self, exc: Exception | None) -> None:
        self._lose("closed by the other end" if exc is None else _reason(exc))
        self._ended.set_result(None)

    # ---- Inside ------------------------------------------------------------------------------------------------------

    def _take(self, transaction: int, at: int, size: int) -> None:
        if transaction == self._transaction and self._answer is not None and not self._answer.done():
            self._answer.set_result(bytes(self._view[at : at + size]))
        else:
            self.stray_bytes += size  # late, or never asked for

    def _give_up(self, answer: asyncio.Future[bytes], timeout_s: float) -> None:
        """Tell whoever waits that the time is over."""
        if answer.done():
            return
        if self._filled:
            came = self._view[: self._filled].hex(" ")
            answer.set_exception(BadAnswer(f"expected a whole frame, {self._filled} bytes came: {came}", "length"))
        else:
            answer.set_exception(NoAnswer(f"no answer within {timeout_s * 1000:.0f} ms"))

    def _lose(self, reason: str) -> None:
        if self._lost is None:
            self._lost = LinkLost(f"{self._spec.place}: {reason}")
            if self._answer is not None and not self._answer.done():
                self._answer.set_exception(self._lost)
            if self._transport is not None:
                self._transport.abort()


def _reason(error: Exception) -> str:
    number = getattr(error, "errno", None)
    if isinstance(number, int) and number in errno.errorcode:
        return os.strerror(number)
    return getattr(error, "strerror", None) or str(error)
