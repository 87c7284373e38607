"""The far end of a serial port: a pseudo-terminal, and a thread that gives and takes characters at their moments.

Time-outs of an event loop run 0.1 to 0.4 ms late, which is longer than the silence between frames: hence a thread.
"""

from __future__ import annotations

import os
import select
import threading
import time
import tty
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from firmware_sim.faults import Faults
from firmware_sim.link import Link
from firmware_sim.tty_link import link_of, set_speed


class Far(Protocol):
    """What hangs on the port, in time: bytes in, bytes out."""

    faults: Faults
    master: Link  # how the port is set now

    @property
    def link(self) -> Link:
        """How the port is set until somebody sets it."""

    def arrived(self, data: bytes, now_s: float) -> None:
        """The port has begun to send these bytes."""

    def due(self, now_s: float) -> bytes:
        """What the port has received since the last call."""

    def next_s(self) -> float | None:
        """When `due` has something to do again, if nothing arrives before."""

    def cut(self) -> None:
        """The port is gone: what is on the way is lost."""


class TtyEnd:
    """A port at `path`, a symbolic link to a pty. What hangs on it is called in a thread of its own."""

    def __init__(self, path: Path, far: Far, clock: Callable[[], float] = time.monotonic) -> None:
        self.path = path
        self._far = far
        self._clock = clock
        self._thread: threading.Thread | None = None
        self._wake = -1

    @property
    def plugged(self) -> bool:
        """Whether the port is there."""
        return self._thread is not None

    def plug(self) -> None:
        """Make the pty and the link to it, and serve it; nothing if it is there."""
        if self._thread is not None:
            return
        master, slave = os.openpty()
        tty.setraw(slave)
        set_speed(slave, self._far.link.baud)
        os.set_blocking(master, False)
        ears, self._wake = os.pipe()
        fresh = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(os.ttyname(slave))
        fresh.replace(self.path)
        self._thread = threading.Thread(
            target=self._serve, args=(master, slave, ears), name=f"line {self.path.name}", daemon=True
        )
        self._thread.start()

    def pull(self) -> None:
        """Take the port away: whoever has it open gets an error. Nothing if it is gone."""
        if self._thread is None:
            return
        self.path.unlink(missing_ok=True)
        os.close(self._wake)
        self._thread.join()
        self._far.cut()
        self._thread = None

    def start(self) -> None:
        """The port begins: the same as plugging it in."""
        self.plug()

    def stop(self) -> None:
        """The port ends: the same as pulling it out."""
        self.pull()

    def suffer(self, faults: Faults) -> None:
        """These faults from now on."""
        self._far.faults = faults
        self.stir()

    def stir(self) -> None:
        """Something has changed: its thread may be waiting for the port."""
        if self._thread is not None:
            os.write(self._wake, b"!")

    def _serve(self, master: int, slave: int, ears: int) -> None:
        # The slave side stays open here too: without it each read would fail while no agent has the port.
        far = self._far
        try:
            while True:
                next_s = far.next_s()
                wait_s = None if next_s is None else max(0.0, next_s - self._clock())
                heard, _, _ = select.select([master, ears], [], [], wait_s)
                if ears in heard and not os.read(ears, 64):
                    return
                far.master = link_of(slave)
                if master in heard:
                    far.arrived(os.read(master, 4096), self._clock())
                self._hand_on(master, far.due(self._clock()))
        finally:
            for descriptor in (master, slave, ears):
                os.close(descriptor)

    def _hand_on(self, master: int, received: bytes) -> None:
        try:
            if received:
                os.write(master, received)
        except BlockingIOError:
            return  # nobody reads: a UART overruns just so
