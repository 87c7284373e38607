"""An RS-485 line as a pseudo-terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from firmware_sim.tty_end import TtyEnd
from firmware_sim.units.unit import Unit
from firmware_sim.wire import OnFrame, Wire


class Line(TtyEnd):
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
        self.wire = Wire(baud, bits_per_char, units, on_frame)
        super().__init__(path, self.wire, clock)

    def use_pct(self) -> float:
        """Share of the last ten whole seconds in which characters were on the wire."""
        return self.wire.use_pct(self._clock())
