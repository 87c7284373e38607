"""Input pins on the event loop: the first level and every edge, in the sense that the configuration gives them."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec
import structlog

from drivers.errors import LinkLost
from drivers.gpio.factory import Chip, pin_errors, pin_trouble

_LOOK_S = 1.0  # an edge may be lost where a pin bounces, so levels are looked at now and then
_POLL_S = 0.01  # without edge detection
_AGAIN_S = 2.0  # a pin that cannot be had is tried again
_MOST_WAITING = 64  # edges of a pin that the loop has not taken; beyond it the oldest are dropped
PULLS = {"none": "PUD_OFF", "up": "PUD_UP", "down": "PUD_DOWN"}

log = structlog.get_logger()


class InputSpec(msgspec.Struct, frozen=True, kw_only=True):
    """An input: its key, its BCM number, its pull resistor, and which level means "active"."""

    key: str
    pin: int
    pull: Literal["none", "up", "down"]
    active_high: bool


class _Input:
    """One input while it is listened to."""

    def __init__(self, spec: InputSpec, heard: Callable[[_Input], None]) -> None:
        self.spec = spec
        self.had = False
        self.told: tuple[bool, float] | None = None
        self.trouble = ""
        self.edges: deque[tuple[bool, float]] = deque(maxlen=_MOST_WAITING)
        self.dropped = 0
        self.noisy = False
        self._heard = heard

    def edge(self, _channel: int) -> None:
        """Take an edge, on the chip's thread."""
        self._heard(self)


class GpioInputs:
    """Delivers (key, active, monotonic seconds) on the loop, at the start and at each edge. No debounce here.

    `chip` returns the one chip, at once, or raises LinkLost.
    `on_lost` is told (key, reason, monotonic seconds) of a pin that cannot be had or read; it is tried again.
    """

    def __init__(
        self,
        chip: Callable[[], Chip],
        specs: Sequence[InputSpec],
        on_level: Callable[[str, bool, float], None],
        on_lost: Callable[[str, str, float], None],
    ) -> None:
        self._chip = chip
        self._inputs = [_Input(spec, self._edge) for spec in specs]
        self._on_level = on_level
        self._on_lost = on_lost
        self._every_s = _LOOK_S
        self._next_try_s = 0.0
        self._next_look: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._awaited = False

    def start(self) -> None:
        """Set the pins up and tell their levels. The loop must be running."""
        self._loop = asyncio.get_running_loop()
        self._look()

    def stop(self) -> None:
        """Let the pins go."""
        if self._next_look is not None:
            self._next_look.cancel()
        had = [one.spec.pin for one in self._inputs if one.had]
        if had:
            with contextlib.suppress(*pin_errors()):
                self._chip().cleanup(had)

    def look(self, now_s: float) -> None:
        """Try what could not be had, and tell the levels that are not what was told."""
        if now_s >= self._next_try_s and not all(one.had for one in self._inputs):
            self._next_try_s = now_s + _AGAIN_S
            self._listen(now_s)
        for one in self._inputs:
            if not one.had:
                continue
            try:
                self._tell(one, self._active(one.spec), now_s)
            except pin_errors() as error:
                self._lost(one, error, now_s)
            if one.noisy is not (one.dropped > 0):
                one.noisy = one.dropped > 0
                log.warning("gpio_noisy" if one.noisy else "gpio_calm", pin=one.spec.pin, dropped=one.dropped)
            one.dropped = 0

    def _look(self) -> None:
        self.look(time.monotonic())
        self._next_look = asyncio.get_running_loop().call_later(self._every_s, self._look)

    def _listen(self, now_s: float) -> None:
        """Set up what is not set up yet."""
        missing = [one for one in self._inputs if not one.had]
        try:
            chip = self._chip()
        except LinkLost as error:
            for one in missing:
                self._lost(one, error, now_s)
            return
        for one in missing:
            spec = one.spec
            try:
                chip.setup(spec.pin, chip.IN, getattr(chip, PULLS[spec.pull]))
            except pin_errors() as error:
                self._lost(one, error, now_s)
                continue
            try:
                chip.add_event_detect(spec.pin, chip.BOTH, one.edge)
            except RuntimeError as error:
                # RPi.GPIO 0.7.1 cannot detect edges on kernels whose first chip is not numbered from 0.
                if self._every_s != _POLL_S:
                    log.warning("gpio_edges_polled", reason=str(error), every_s=_POLL_S, remedy="the extra gpio")
                self._every_s = _POLL_S
            one.had = True
            if one.trouble:
                log.warning("gpio_back", pin=spec.pin)
            one.trouble = ""

    def _lost(self, one: _Input, error: Exception, now_s: float) -> None:
        if one.had:
            one.had, one.told = False, None
            one.edges.clear()
            with contextlib.suppress(*pin_errors()):  # or rpi-lgpio would call back twice when it is had again
                self._chip().cleanup([one.spec.pin])
        why = pin_trouble(one.spec.pin, error)
        if one.trouble != why:
            one.trouble = why
            log.error("gpio_unavailable", pin=one.spec.pin, reason=why)
            self._on_lost(one.spec.key, why, now_s)

    def _edge(self, one: _Input) -> None:
        """Take an edge, on the chip's thread: the level is read here, or a short pulse would be over."""
        now_s = time.monotonic()
        try:
            active = self._active(one.spec)
        except pin_errors():
            return  # the next look tells
        one.dropped += len(one.edges) == _MOST_WAITING
        one.edges.append((active, now_s))
        if not self._awaited and self._loop is not None:
            self._awaited = True
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens any more
                self._loop.call_soon_threadsafe(self._hand_on)

    def _hand_on(self) -> None:
        """Tell the edges that came. Those that come from now on are handed on by another call."""
        self._awaited = False
        came = []
        for one in self._inputs:
            while one.edges:
                came.append((one, *one.edges.popleft()))
        for one, active, at_s in sorted(came, key=lambda edge: edge[2]):
            if one.had:
                self._tell(one, active, at_s)

    def _active(self, spec: InputSpec) -> bool:
        return bool(self._chip().input(spec.pin)) == spec.active_high

    def _tell(self, one: _Input, active: bool, now_s: float) -> None:
        told, told_s = one.told or (not active, now_s)
        if told is not active and now_s >= told_s:  # an edge may be handed on later than a look that saw more
            one.told = (active, now_s)
            self._on_level(one.spec.key, active, now_s)
