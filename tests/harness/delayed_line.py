"""A line to a broker with a delay, which can be cut, closed or frozen: a proxy on loopback, in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections import deque

AT_ONCE_BYTES = 4096


class DelayedLine:
    """`port` is where it listens. A delay in seconds, each way; and how many bytes a second go through."""

    def __init__(self, to_port: int, delay_s: float, bytes_per_s: float = float("inf")) -> None:
        self._to_port = to_port
        self._delay_s = delay_s
        self._bytes_per_s = bytes_per_s
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._loop = asyncio.new_event_loop()
        self._frozen = self._closed = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def cut(self) -> None:
        """End all connections."""
        self._loop.call_soon_threadsafe(self._end_all)

    def refuse(self, closed: bool) -> None:
        """End all connections, and each new one at once; or let them be again."""
        self._closed = closed
        if closed:
            self.cut()

    def freeze(self, frozen: bool) -> None:
        """Let nothing through any more, and tell nobody; or go on, with what was held back."""
        self._frozen = frozen

    def close(self) -> None:
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._accept, sock=self._listener))
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))

    def _end_all(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._closed:
            writer.transport.abort()
            return
        try:
            to_reader, to_writer = await asyncio.open_connection("127.0.0.1", self._to_port)
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, to_writer}
        self._writers |= ends
        for each in ends:
            each.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            ways = [asyncio.ensure_future(self._carry(*way)) for way in ((reader, to_writer), (to_reader, writer))]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
        finally:
            self._writers -= ends
            for each in ends:
                each.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry bytes one way, each as much later as the line is long."""
        under_way: deque[tuple[float, bytes]] = deque()
        reading = asyncio.ensure_future(reader.read(AT_ONCE_BYTES))
        free_s = 0.0  # when the line has let through what is before
        try:
            with contextlib.suppress(OSError):
                while True:
                    wait_s = under_way[0][0] - self._loop.time() if under_way else None
                    if wait_s is not None and self._frozen:
                        wait_s = 0.02
                    await asyncio.wait([reading], timeout=wait_s if wait_s is None else max(0.0, wait_s))
                    if reading.done():
                        some = reading.result()
                        if not some:
                            return
                        free_s = max(free_s, self._loop.time()) + len(some) / self._bytes_per_s
                        under_way.append((free_s + self._delay_s, some))
                        reading = asyncio.ensure_future(reader.read(AT_ONCE_BYTES))
                    while under_way and not self._frozen and under_way[0][0] <= self._loop.time():
                        writer.write(under_way.popleft()[1])
        finally:
            reading.cancel()
