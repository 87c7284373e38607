"""Input pins on the event loop: the first level and every edge, in the sense that the configuration gives them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec
import structlog

from drivers.errors import LinkLost
from drivers.gpio.factory import Chip, pin_errors, pin_trouble

_LOOK_S = 1.0  # an edge may be lost where a pin bounces, so levels are looked at now and then
_POLL_S = 0.01  # without edge detection
PULLS = {"none": "PUD_OFF", "up": "PUD_UP", "down": "PUD_DOWN"}

log = structlog.get_logger()


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
        self._told: dict[str, tuple[bool, float]] = {}
        self._every_s = _LOOK_S
        self._next_look: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Set the pins up and tell their levels. The loop must be running. LinkLost if a pin cannot be had."""
        loop = asyncio.get_running_loop()
        for spec in self._specs:
            try:
                self._chip.setup(spec.pin, self._chip.IN, getattr(self._chip, PULLS[spec.pull]))
            except pin_errors() as error:
                raise LinkLost(pin_trouble(spec.pin, error)) from None
            try:
                self._chip.add_event_detect(
                    spec.pin,
                    self._chip.BOTH,
                    lambda _, spec=spec: self._edge(loop, spec),  # type: ignore[misc]
                )
            except RuntimeError as error:
                # RPi.GPIO 0.7.1 cannot detect edges on kernels whose first chip is not numbered from 0.
                if self._every_s != _POLL_S:
                    log.warning("gpio_edges_polled", reason=str(error), every_s=_POLL_S, remedy="the extra gpio")
                self._every_s = _POLL_S
        self._look(loop)

    def stop(self) -> None:
        """Let the pins go."""
        if self._next_look is not None:
            self._next_look.cancel()
        self._chip.cleanup([spec.pin for spec in self._specs])

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now_s = time.monotonic()
        for spec in self._specs:
            self._tell(spec, self._active(spec), now_s)
        self._next_look = loop.call_later(self._every_s, self._look, loop)

    def _edge(self, loop: asyncio.AbstractEventLoop, spec: InputSpec) -> None:
        """Take an edge, on the chip's thread: the level is read here, or a short pulse would be over."""
        now_s = time.monotonic()
        active = self._active(spec)
        if not loop.is_closed():
            loop.call_soon_threadsafe(self._tell, spec, active, now_s)

    def _active(self, spec: InputSpec) -> bool:
        return bool(self._chip.input(spec.pin)) == spec.active_high

    def _tell(self, spec: InputSpec, active: bool, now_s: float) -> None:
        told, told_s = self._told.get(spec.key, (not active, now_s))
        if told is not active and now_s >= told_s:  # an edge may be handed on later than a look that saw more
            self._told[spec.key] = (active, now_s)
            self._on_level(spec.key, active, now_s)
