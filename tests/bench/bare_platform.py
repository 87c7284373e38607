"""A platform on a bare socket (MQTT 3.1.1, QoS 0): what comes is stamped before it is read, so its work is in no figure."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

_CONNECT = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x00\x00\x00"  # a clean session, no keep-alive, no name
_CONNECTED = b"\x20\x02\x00\x00"
_SUBSCRIBED = b"\x90\x03\x00\x01\x00"
_PUBLISH = 0x30
_AT_ONCE_BYTES = 1 << 18


class Heard(NamedTuple):
    """A message, and when its last byte came (monotonic ns)."""

    ns: int
    topic: str
    payload: bytes


class BarePlatform:
    """Hears all that matches a filter, from its start on."""

    def __init__(self, port: int, topic_filter: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(_CONNECT)
        assert self._socket.recv(len(_CONNECTED), socket.MSG_WAITALL) == _CONNECTED
        self._socket.sendall(b"\x82" + _sized(b"\x00\x01" + _text(topic_filter) + b"\x00"))
        assert self._socket.recv(len(_SUBSCRIBED), socket.MSG_WAITALL) == _SUBSCRIBED
        self._came: list[tuple[int, bytes]] = []
        self._news = threading.Condition()
        self._heard: list[Heard] = []
        self._rest = b""
        self._thread = threading.Thread(target=self._hear, daemon=True)
        self._thread.start()

    def send(self, topic: str, payload: bytes) -> int:
        """Publish; return the moment before (monotonic ns)."""
        packet = bytes([_PUBLISH]) + _sized(_text(topic) + payload)
        begin_ns = time.monotonic_ns()
        self._socket.sendall(packet)
        return begin_ns

    def heard(self) -> list[Heard]:
        """Return all messages so far."""
        with self._news:
            came, self._came = self._came, []
        for ns, some in came:
            self._rest += some
            self._heard += self._cut(ns)
        return self._heard

    def until(self, holds: Callable[[], bool], patience_s: float) -> None:
        """Wait until something holds of what was heard."""
        deadline_s = time.monotonic() + patience_s
        while not holds():
            with self._news:
                if not self._news.wait_for(lambda: bool(self._came), deadline_s - time.monotonic()):
                    raise TimeoutError(f"not within {patience_s:g} s")

    def close(self) -> None:
        """Hear no more."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def _hear(self) -> None:
        while some := self._socket.recv(_AT_ONCE_BYTES):
            ns = time.monotonic_ns()
            with self._news:
                self._came.append((ns, some))
                self._news.notify_all()

    def _cut(self, ns: int) -> Iterator[Heard]:
        while (found := _body(self._rest)) is not None:
            head, begin, end = self._rest[0], *found
            body, self._rest = self._rest[begin:end], self._rest[end:]
            if head & 0xF0 == _PUBLISH:
                split = 2 + int.from_bytes(body[:2], "big")
                yield Heard(ns, body[2:split].decode(), body[split:])


def _body(raw: bytes) -> tuple[int, int] | None:
    """Return where the body of the first packet begins and ends; none if it is not all there."""
    size = 0
    for place, byte in enumerate(raw[1:5]):
        size |= (byte & 127) << 7 * place
        if byte < 128:
            end = 2 + place + size
            return (2 + place, end) if end <= len(raw) else None
    return None


def _sized(body: bytes) -> bytes:
    size, packed = len(body), bytearray()
    while size > 127:
        packed.append(size & 127 | 128)
        size >>= 7
    return bytes(packed) + bytes([size]) + body


def _text(text: str) -> bytes:
    raw = text.encode()
    return len(raw).to_bytes(2, "big") + raw
