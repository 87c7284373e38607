"""An RS-485 line as a pseudo-terminal: one thread that gives and takes characters at the moments the wire would.

Time-outs of an event loop run 0.1 to 0.4 ms late, which is longer than the silence between frames: hence a thread.
"""

from __future__ import annotations

import os
import select
import threading
import time
import tty
from collections.abc import Callable, Sequence
from pathlib import Path

from firmware_sim.faults import Faults
from firmware_sim.tty_link import link_of, set_speed
from firmware_sim.units.unit import Unit
from firmware_sim.wire import OnFrame, Wire


class Line:
    """A line at `path`, a symbolic link to a pty. Units and `on_frame` are called in the line's own thread.

    A master that sets another speed than a unit's is not understood by it; one that sets none has the line's. Of the parity
    a pty tells odd from the rest, and even where the port checks it (INPCK); otherwise units of none and of even can be asked.
    """

    def __init__(  # noqa: PLR0913 (the settings of a serial line are many)
        self,
        path: Path,
        baud: int,
        bits_per_char: int,
        units: Sequence[Unit],
        *,
        clock: Callable[[], float] = time.monotonic,
        on_frame: OnFrame | None = None,
    ) -> None:
        self.path = path
        self.wire = Wire(baud, bits_per_char, units, on_frame)
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
        set_speed(slave, self.wire.link.baud)
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
        self.wire.cut()
        self._thread = None

    def start(self) -> None:
        """The line begins: the same as plugging it in."""
        self.plug()

    def stop(self) -> None:
        """The line ends: the same as pulling it out."""
        self.pull()

    def suffer(self, faults: Faults) -> None:
        """These faults from now on."""
        self.wire.faults = faults
        if self._thread is not None:
            os.write(self._wake, b"!")  # its thread may be waiting for a request

    def use_pct(self) -> float:
        """Share of the last ten whole seconds in which characters were on the wire."""
        return self.wire.use_pct(self._clock())

    def _serve(self, master: int, slave: int, ears: int) -> None:
        # The slave side stays open here too: without it each read would fail while no agent has the port.
        try:
            while True:
                next_s = self.wire.next_s()
                wait_s = None if next_s is None else max(0.0, next_s - self._clock())
                heard, _, _ = select.select([master, ears], [], [], wait_s)
                if ears in heard and not os.read(ears, 64):
                    return
                self.wire.master = link_of(slave)
                if master in heard:
                    self.wire.arrived(os.read(master, 4096), self._clock())
                self._hand_on(master, self.wire.due(self._clock()))
        finally:
            for descriptor in (master, slave, ears):
                os.close(descriptor)

    def _hand_on(self, master: int, received: bytes) -> None:
        try:
            if received:
                os.write(master, received)
        except BlockingIOError:
            return  # nobody reads: a UART overruns just so
