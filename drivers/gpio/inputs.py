"""Input pins on the event loop: the first level and every edge, in the sense that the configuration gives them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from drivers.gpio.factory import Chip

_POLL_S = 0.02
_PULLS = {"none": "PUD_OFF", "up": "PUD_UP", "down": "PUD_DOWN"}


class InputSpec(msgspec.Struct, frozen=True, kw_only=True):
    """An input: its key, its BCM number, its pull resistor, and which level means "active"."""

    key: str
    pin: int
    pull: Literal["none", "up", "down"]
    active_high: bool


class GpioInputs:
    """Delivers (key, active, monotonic seconds) on the loop, at the start and at each edge. No debounce here."""

    def __init__(self, chip: Chip, specs: Sequence[InputSpec], on_level: Callable[[str, bool, float], None]) -> None:
        self._chip = chip
        self._specs = specs
        self._on_level = on_level
        self._shown: dict[str, bool] = {}
        self._poll: asyncio.TimerHandle | None = None
        self.edges_polled = False

    def start(self) -> None:
        """Set the pins up and tell their levels. The loop must be running."""
        loop = asyncio.get_running_loop()
        self._chip.setwarnings(False)
        self._chip.setmode(self._chip.BCM)
        for spec in self._specs:
            self._chip.setup(spec.pin, self._chip.IN, getattr(self._chip, _PULLS[spec.pull]))
            try:
                self._chip.add_event_detect(
                    spec.pin,
                    self._chip.BOTH,
                    lambda _, spec=spec: self._edge(loop, spec),  # type: ignore[misc]
                )
            except RuntimeError:
                # RPi.GPIO 0.7.1 cannot detect edges on kernels whose first chip is not numbered from 0.
                self.edges_polled = True
        # Levels are also looked at now and then: an edge may be lost where pins bounce.
        self._look(loop)

    def stop(self) -> None:
        """Let the pins go."""
        if self._poll is not None:
            self._poll.cancel()
        self._chip.cleanup()

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now_s = time.monotonic()
        for spec in self._specs:
            self._tell(spec, now_s)
        self._poll = loop.call_later(_POLL_S if self.edges_polled else 1.0, self._look, loop)

    def _edge(self, loop: asyncio.AbstractEventLoop, spec: InputSpec) -> None:
        """Called on the chip's thread."""
        now_s = time.monotonic()
        if not loop.is_closed():
            loop.call_soon_threadsafe(self._tell, spec, now_s)

    def _tell(self, spec: InputSpec, now_s: float) -> None:
        active = bool(self._chip.input(spec.pin)) == spec.active_high
        if self._shown.get(spec.key) is not active:
            self._shown[spec.key] = active
            self._on_level(spec.key, active, now_s)
