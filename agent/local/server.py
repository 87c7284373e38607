"""The local API's socket: connections, lines, subscriptions. What the methods do is in `methods`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Coroutine
from pathlib import Path

import msgspec
import structlog

from agent.local import protocol
from agent.local.methods import Methods, Subscription
from agent.local.protocol import Fault

_MOST_CONNECTIONS = 16
_MOST_SUBSCRIPTIONS = 8
_MOST_UNDER_WAY = 8
_MOST_BUFFERED_BYTES = 1 << 20  # a reader that is so far behind is let go

log = structlog.get_logger()


class LocalServer:
    """Serves the local API on a unix socket (file mode 0660) until cancelled."""

    def __init__(self, path: Path, methods: Methods) -> None:
        self._path = path
        self._methods = methods
        self._connections: set[asyncio.Task[None]] = set()
        self._listener: socket.socket | None = None

    def open(self) -> None:
        """Take the path, before anything else is done. OSError if it cannot be had or another agent answers there."""
        self._listener = _bind(self._path)

    async def run(self) -> None:
        """Serve, on the path taken by `open`, or taken anew after a failure."""
        listener, self._listener = self._listener or _bind(self._path), None
        server = await asyncio.start_unix_server(self._accept, sock=listener, limit=protocol.LONGEST_LINE_BYTES)
        try:
            await asyncio.Event().wait()  # serve_forever would wait for its clients when cancelled
        finally:
            server.close()
            for task in self._connections:
                task.cancel()
            self._path.unlink(missing_ok=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("connection handler outside a task")
        self._connections.add(task)
        try:
            if len(self._connections) > _MOST_CONNECTIONS:
                writer.write(
                    protocol.refusal(None, Fault(protocol.TOO_MANY, f"at most {_MOST_CONNECTIONS} connections"))
                )
                await writer.drain()
                return
            await _Connection(reader, writer, self._methods).run()
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._connections.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()


class _Connection:
    """One client: its requests in turn, what takes its time beside the others, and its subscriptions."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, methods: Methods) -> None:
        self._reader = reader
        self._writer = writer
        self._methods = methods
        self._feeds: dict[int, asyncio.Task[None]] = {}
        self._under_way: set[asyncio.Task[None]] = set()
        self._next_id = 1

    async def run(self) -> None:
        try:
            while line := await self._line():
                if reply := self._reply(line):
                    self._writer.write(reply)
                    await self._writer.drain()
        finally:
            for number in list(self._feeds):
                self._end(number)
            for task in self._under_way:
                task.cancel()  # nobody is there to be answered

    async def _line(self) -> bytes:
        """Return the next line, empty at the end; a line that is too long ends the connection with a clear message."""
        try:
            return await self._reader.readuntil(b"\n")
        except asyncio.IncompleteReadError:
            return b""
        except asyncio.LimitOverrunError:
            fault = Fault(protocol.TOO_MANY, f"a line has at most {protocol.LONGEST_LINE_BYTES} bytes")
            self._writer.write(protocol.refusal(None, fault))
            await self._writer.drain()
            return b""

    def _reply(self, line: bytes) -> bytes:
        request_id: int | str | None = None
        try:
            request = protocol.parse(line)
            if request.id is not msgspec.UNSET:
                request_id = request.id
            result = self._call(request)
            if isinstance(result, Coroutine):
                self._set_out(request.id, result)
                return b""
        except Fault as fault:
            return protocol.refusal(request_id, fault)
        return b"" if request.id is msgspec.UNSET else protocol.answer(request_id, result)

    def _call(self, request: protocol.Request) -> object:
        if request.method == "points.unsubscribe":
            number = self._methods.unsubscribe_parameters(request.params)
            if number not in self._feeds:
                raise Fault(protocol.NOT_FOUND, f"subscription: there is no {number} on this connection")
            self._end(number)
            return {}
        result = self._methods.call(request)
        if isinstance(result, Subscription):
            return self._begin(result)
        return result

    def _set_out(
        self, request_id: int | str | msgspec.UnsetType | None, call: Coroutine[object, object, object]
    ) -> None:
        """Let a call take its time; it is answered when it has ended."""
        if len(self._under_way) >= _MOST_UNDER_WAY:
            call.close()
            raise Fault(protocol.TOO_MANY, f"at most {_MOST_UNDER_WAY} calls of a connection may be under way")
        task = asyncio.create_task(self._answer(request_id, call), name="api-call")
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _answer(
        self, request_id: int | str | msgspec.UnsetType | None, call: Coroutine[object, object, object]
    ) -> None:
        known_id = None if request_id is msgspec.UNSET else request_id
        answered = False
        try:
            try:
                reply = protocol.answer(known_id, await call)
            except Fault as fault:
                reply = protocol.refusal(known_id, fault)
            answered = True
        finally:
            if not answered:
                self._writer.transport.abort()  # nobody waits for ever
        if request_id is not msgspec.UNSET:
            self._writer.write(reply)
            with contextlib.suppress(ConnectionError):
                await self._writer.drain()  # under way until it is read: who never reads asks no more

    def _begin(self, subscription: Subscription) -> object:
        if len(self._feeds) >= _MOST_SUBSCRIPTIONS:
            subscription.close()
            raise Fault(protocol.TOO_MANY, f"at most {_MOST_SUBSCRIPTIONS} subscriptions a connection")
        number, self._next_id = self._next_id, self._next_id + 1
        first = subscription.snapshot()
        self._feeds[number] = asyncio.create_task(self._feed(number, subscription), name=f"api-subscription-{number}")
        return {"subscription": number, "points": first}

    async def _feed(self, number: int, subscription: Subscription) -> None:
        try:
            while True:
                await asyncio.sleep(subscription.interval_s)
                if points := subscription.changes():
                    self._writer.write(
                        protocol.notification("points.changed", {"subscription": number, "points": points})
                    )
                    if self._writer.transport.get_write_buffer_size() > _MOST_BUFFERED_BYTES:
                        log.warning("api_reader_too_slow", subscription=number)
                        self._writer.transport.abort()
        finally:
            subscription.close()

    def _end(self, number: int) -> None:
        self._feeds.pop(number).cancel()


def _bind(path: Path) -> socket.socket:
    """Bind the listening socket, replacing one that a dead agent left; OSError if an agent answers there."""
    if path.is_socket():
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(0.2)
            try:
                probe.connect(os.fspath(path))
            except (ConnectionRefusedError, FileNotFoundError):
                path.unlink(missing_ok=True)
            else:
                raise OSError(
                    f"{path}: another agent answers there; stop it first, or give this one another [api] socket"
                )
    listener = socket.socket(socket.AF_UNIX)
    mask = os.umask(0o117)  # the socket is made with mode 0660, never open for a moment
    try:
        listener.bind(os.fspath(path))
    except OSError as error:
        listener.close()
        raise OSError(f"{path}: cannot listen there ({error.strerror}); [api] socket names the place") from error
    finally:
        os.umask(mask)
    listener.setblocking(False)
    return listener
