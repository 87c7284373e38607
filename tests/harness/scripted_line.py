"""A real line, on a pty or a TCP port of loopback, at whose other end a script answers, as that of a `VirtualWire` does."""

from __future__ import annotations

import os
import select
import socket
import threading
import time
import tty
from pathlib import Path

from virtual_wire import Handing, Script, Way


class ScriptedLine:
    """A pty behind the link `path`, or without one a TCP port. `frames` keeps (arrival, frame)."""

    def __init__(
        self, script: Script, path: Path | None, *, way: Way = "whole", seed: int = 1, char_s: float = 1e-4
    ) -> None:
        self.script = script
        self.path = path
        self.handing = Handing(way, seed, char_s)
        self.frames: list[tuple[float, bytes]] = []
        self.port = 0
        self._coming: list[tuple[float, bytes]] = []
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def plug(self) -> None:
        """Let the port be there."""
        self._ended.clear()
        self._coming.clear()
        if self.path is None:
            listener = socket.create_server(("127.0.0.1", self.port))
            self.port = listener.getsockname()[1]
            self._thread = threading.Thread(target=self._accept, args=(listener,), daemon=True)
        else:
            master, slave = os.openpty()
            tty.setraw(slave)
            self.path.unlink(missing_ok=True)
            self.path.symlink_to(os.ttyname(slave))
            self._thread = threading.Thread(target=self._serve, args=(master, slave), daemon=True)
        self._thread.start()

    def pull(self) -> None:
        """Take the port away."""
        if self._thread is not None:
            if self.path is not None:
                self.path.unlink(missing_ok=True)
            self._ended.set()
            self._thread.join()
            self._thread = None

    def _accept(self, listener: socket.socket) -> None:
        with listener:
            while not self._ended.is_set():
                if select.select([listener], [], [], 0.005)[0]:
                    made, _ = listener.accept()
                    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self._serve(made.detach())

    def _serve(self, *descriptors: int) -> None:
        """Serve the first of these until it ends, then close all."""
        try:
            while not self._ended.is_set():
                due_s = min((due_s for due_s, _ in self._coming), default=time.monotonic() + 0.005)
                if select.select(descriptors[:1], [], [], max(0.0, min(0.005, due_s - time.monotonic())))[0]:
                    frame = os.read(descriptors[0], 512)
                    if not frame:
                        return
                    self._take(frame)
                for due in sorted(due for due in self._coming if due[0] <= time.monotonic()):
                    self._coming.remove(due)
                    os.write(descriptors[0], due[1])
        except OSError:
            return  # hung up
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def _take(self, frame: bytes) -> None:
        now_s = time.monotonic()
        self.frames.append((now_s, frame))
        for after_s, data in self.script(frame, now_s):
            self._coming.extend(self.handing.pieces(now_s + after_s, data))
