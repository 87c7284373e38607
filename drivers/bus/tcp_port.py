"""A Modbus TCP connection: answers known by their transaction, as many under way as the other end takes.

Sockets, not streams: a reader with its buffers and time-out contexts costs more than the exchange itself.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections import deque
from typing import cast

from drivers.bus.port import Answer, LineCounts
from drivers.bus.recorder import Recorder
from drivers.bus.records import Link, TcpBus
from drivers.bus.use import Use
from drivers.errors import BadAnswer, LinkLost, NoAnswer, WireError
from drivers.modbus import tcp
from drivers.modbus.pdu import Request

_CONNECT_S = 3.0
_UNHEARD_MS = 10_000  # what is sent and not acknowledged by the other end's kernel for so long: the link is gone
_BUFFER_BYTES = 16 * tcp.LONGEST_FRAME_BYTES
_REMEMBERED = 64  # transactions that were given up: an answer to one of them is late, any other was never asked for


class TcpPort:
    """The port of one address and the units behind it, by the interface of `Port`."""

    def __init__(self, spec: TcpBus) -> None:
        self._spec = spec
        self._stream: _Stream | None = None
        self._transaction = 0
        self.recorder = Recorder()
        self._use = Use()
        self._busy_until_s = 0.0
        self._before = LineCounts(echo=False)  # of the connections that have ended

    @property
    def counts(self) -> LineCounts:
        """What came that nobody asked for."""
        before, stream = self._before, self._stream
        if stream is None:
            return before
        return LineCounts(
            stray_bytes=before.stray_bytes + stream.stray_bytes,
            foreign_frames=before.foreign_frames + stream.foreign_frames,
            late_frames=before.late_frames + stream.late_frames,
            echo=False,
        )

    async def open(self) -> None:
        """Connect. LinkLost if nobody answers there."""
        loop, spec = asyncio.get_running_loop(), self._spec
        try:
            async with asyncio.timeout(_CONNECT_S):
                _, self._stream = await loop.create_connection(
                    lambda: _Stream(spec, loop, self.recorder), spec.host, spec.port
                )
        except TimeoutError:
            raise LinkLost(f"{spec.place}: no connection within {_CONNECT_S:g} s") from None
        except (OSError, UnicodeError) as error:  # UnicodeError: a name that cannot be one
            raise LinkLost(f"{spec.place}: {_reason(error)}") from None

    async def close(self) -> None:
        """Close the connection; nothing if there is none."""
        if self._stream is not None:
            self._before = self.counts
            stream, self._stream = self._stream, None
            await stream.close()

    async def exchange(self, request: Request, timeout_s: float, link: Link | None = None) -> Answer:
        """Send a request and return its answer; for a broadcast an empty one at once.

        NoAnswer after the time-out, which leaves the connection as it is: what comes later is known by its
        transaction and dropped. BadAnswer, Refused. LinkLost if the connection is gone or its bytes are no frames.
        """
        if link is not None:
            raise ValueError(f"{self._spec.place}: an address has no speed")
        if self._stream is None:
            raise LinkLost(f"{self._spec.place}: not connected")
        stream, loop = self._stream, asyncio.get_running_loop()
        began_s = loop.time()
        self._transaction = transaction = self._transaction + 1 & 0xFFFF
        try:
            answer = stream.ask(transaction, request, began_s, began_s + timeout_s)
            if answer is None:
                return Answer(b"", 0.0)
            frame = await answer
            self._busy(began_s, stream.came_s)
            return Answer(tcp.check(request, frame), stream.came_s - began_s)
        except _Overdue:
            self._busy(began_s, loop.time())
            raise self._noted(request, NoAnswer(f"no answer within {timeout_s * 1000:.0f} ms")) from None
        except WireError as error:
            raise self._noted(request, error) from None
        finally:
            stream.forget(transaction)

    def _busy(self, from_s: float, until_s: float) -> None:
        """Note that an answer was waited for; what others have waited for at the same time counts once."""
        self._use.add(until_s, until_s - max(from_s, self._busy_until_s))
        self._busy_until_s = until_s

    def _noted(self, request: Request, error: WireError) -> WireError:
        self.recorder.note(asyncio.get_running_loop().time(), "!", f"unit {request.unit}: {error}".encode())
        return error

    def use_pct(self) -> float:
        """Return the share of the last 10 whole seconds in which an answer was waited for."""
        return self._use.pct(asyncio.get_running_loop().time())


class _Overdue(Exception):
    """The time of an answer is over."""


class _Stream(asyncio.BufferedProtocol):
    """One connection: cuts what comes into frames and gives the one that is waited for to whoever asked.

    Bytes that are no frame end it: where the next frame begins is not known any more.
    """

    def __init__(self, spec: TcpBus, loop: asyncio.AbstractEventLoop, recorder: Recorder) -> None:
        self.stray_bytes = self.late_frames = self.foreign_frames = 0
        self._spec = spec
        self._loop = loop
        self._recorder = recorder
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray(_BUFFER_BYTES)
        self._view = memoryview(self._buffer)
        self._filled = 0
        self._outgoing: list[bytes] = []
        self._waiting: dict[int, tuple[float, asyncio.Future[bytes]]] = {}
        self._given_up: deque[int] = deque(maxlen=_REMEMBERED)
        self._alarm: asyncio.TimerHandle | None = None
        self._lost: LinkLost | None = None
        self._ended: asyncio.Future[None] = loop.create_future()
        self.came_s = loop.time()

    def ask(self, transaction: int, request: Request, now_s: float, until_s: float) -> asyncio.Future[bytes] | None:
        """Send a request; what is returned becomes the frame that answers its transaction. None if nobody answers it.

        It fails with _Overdue after `until_s` of the loop's time; with BadAnswer or LinkLost. LinkLost also at once.
        """
        if self._lost is not None or self._transport is None:
            raise self._lost or LinkLost(f"{self._spec.place}: not connected")
        frame = tcp.frame(request, transaction)
        self._recorder.note(now_s, ">", frame)
        self._send(frame)
        if not request.answered:
            return None
        answer: asyncio.Future[bytes] = self._loop.create_future()
        self._waiting[transaction] = (until_s, answer)
        if self._alarm is None or self._alarm.when() > until_s:
            self._ring(until_s)
        return answer

    def forget(self, transaction: int) -> None:
        """Nobody waits for the answer any more, or it has come."""
        if self._waiting.pop(transaction, None) is not None:
            self._given_up.append(transaction)
        if not self._waiting and self._alarm is not None:  # it would wake the process for nothing
            self._alarm.cancel()
            self._alarm = None

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
        self.came_s = self._loop.time()
        self._recorder.note(self.came_s, "<", bytes(self._view[self._filled : self._filled + nbytes]))
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

    def _send(self, frame: bytes) -> None:
        """Send a frame; where several may be under way, together with what else is asked in the same moment."""
        if self._spec.in_flight == 1:
            cast("asyncio.Transport", self._transport).write(frame)
            return
        if not self._outgoing:
            self._loop.call_soon(self._flush)
        self._outgoing.append(frame)

    def _flush(self) -> None:
        outgoing, self._outgoing = self._outgoing, []
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(b"".join(outgoing))

    def _take(self, transaction: int, at: int, size: int) -> None:
        waiting = self._waiting.pop(transaction, None)
        if waiting is not None and not waiting[1].done():
            waiting[1].set_result(bytes(self._view[at : at + size]))
            return
        self.stray_bytes += size
        if transaction in self._given_up:
            self.late_frames += 1
        else:
            self.foreign_frames += 1

    def _ring(self, at_s: float) -> None:
        """Look at who waits at that time: one alarm for all costs less than one each that is seldom needed."""
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = self._loop.call_at(at_s, self._look)

    def _look(self) -> None:
        """Tell those whose time is over."""
        self._alarm = None
        now_s = self._loop.time()
        for until_s, answer in self._waiting.values():
            if until_s <= now_s and not answer.done():
                answer.set_exception(self._overdue())
        left = [until_s for until_s, answer in self._waiting.values() if not answer.done()]
        if left:
            self._ring(min(left))

    def _overdue(self) -> Exception:
        if not self._filled:
            return _Overdue()
        came = self._view[: self._filled].hex(" ")
        return BadAnswer(f"expected a whole frame, {self._filled} bytes came: {came}", "length")

    def _lose(self, reason: str) -> None:
        if self._lost is None:
            self._lost = LinkLost(f"{self._spec.place}: {reason}")
            if self._alarm is not None:
                self._alarm.cancel()
            for _, answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(LinkLost(str(self._lost)))
            if self._transport is not None:
                self._transport.abort()


def _reason(error: Exception) -> str:
    number = getattr(error, "errno", None)
    if isinstance(number, int) and number in errno.errorcode:
        return os.strerror(number)
    return getattr(error, "strerror", None) or str(error)
