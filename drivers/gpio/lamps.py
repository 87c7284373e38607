"""Lamps on pins: a relay, or a pulse width that a converter makes 0-10 V of. What control needs of a bus, on pins.

A pin's direction and first level are set in one act. When the agent ends, pins are left driving their safe level; what the
kernel does with them then is its own matter, and the wiring's.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Literal, Protocol

import msgspec

from drivers.gpio.factory import Chip, Wave, pin_errors, pin_trouble
from drivers.points import Point, PointType, Quality, Reading

_LOOK_S = 0.5
_AGAIN_S = 2.0  # a chip that is not there is looked for again


class LampPin(msgspec.Struct, frozen=True, kw_only=True):
    """A lamp's pin (BCM). `switch`: on above 0 %; `pwm`: on for as much of the time, `hz` times a second.

    `feedback`: an input that is active while the lamp's relay is on, with its pull and active level.
    """

    device: str
    pin: int
    drive: Literal["switch", "pwm"]
    active_high: bool
    hz: float
    feedback: int | None
    feedback_active_high: bool

    def level(self, level_pct: float) -> int:
        """Return the pin's level for a lamp's: of a pulse width the level while it is steady."""
        return int((level_pct > 0) is self.active_high)

    def given_pct(self, level_pct: float) -> float:
        """Return the level that a lamp gives: a relay knows all or nothing."""
        return level_pct if self.drive == "pwm" else 100.0 * (level_pct > 0)

    def duty_pct(self, level_pct: float) -> float:
        """Return how much of the time the pin is high."""
        return level_pct if self.active_high else 100.0 - level_pct


class LampSink(Protocol):
    """Where lamps on pins deliver. All calls are made on the event loop."""

    def reading(self, key: str, reading: Reading) -> None: ...

    def sent(self, device_id: str, level_pct: float, mono_s: float) -> None: ...

    def event(self, name: str, **keys: object) -> None: ...


class _Lamp:
    """One lamp while it is driven. `driven_pct` is none while the pin cannot be had."""

    def __init__(self, spec: LampPin, wanted_pct: float) -> None:
        self.spec = spec
        self.wanted_pct = wanted_pct
        self.driven_pct: float | None = None
        self.wave: Wave | None = None
        self.trouble = ""
        self.doubt = ""  # why the feedback contact cannot be had

    @property
    def key(self) -> str:
        return f"{self.spec.device}/lamp/dimming_level"


class GpioLamps:
    """Drives the lamps on pins, each by itself. All methods are for the event loop; none of them waits for the chip."""

    def __init__(
        self,
        chip: Callable[[], Chip],
        specs: Sequence[LampPin],
        *,
        safe_pct: float,
        now: Callable[[], float],
        sink: LampSink,
    ) -> None:
        """`chip` returns the one chip, at once, or raises LinkLost. `safe_pct`: where lamps go when control is dead."""
        self._chip = chip
        self._lamps = {spec.device: _Lamp(spec, safe_pct) for spec in specs}
        self._safe_pct = safe_pct
        self._now = now
        self._sink = sink
        self._fed_s = self._next_try_s = float("-inf")
        self._wake = asyncio.Event()
        self.beat: Callable[[], None] = lambda: None

    def points(self) -> tuple[Point, ...]:
        """Return every point that these lamps deliver."""
        return tuple(
            Point(key=lamp.key, type=PointType.FLOAT, unit="%", low=0, high=100, max_age_s=5.0, title="confirmed")
            for lamp in self._lamps.values()
        )

    def set_level(self, device_id: str, level_pct: float) -> None:
        """Drive a level (0 to 100 %) at once. KeyError if the lamp is not here."""
        lamp = self._lamps[device_id]
        lamp.wanted_pct = level_pct
        if lamp.driven_pct is not None:
            self._drive(lamp)

    def feed(self, until_s: float) -> None:
        """Control lives until then. After it, lamps go to their safe level."""
        self._fed_s = max(self._fed_s, until_s)

    async def flush(self, timeout_s: float) -> bool:
        """Wait until every level is driven. False if that took too long."""
        self.feed(self._now() + timeout_s)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while not self._settled():
                    self._wake.clear()
                    await self._wake.wait()
        return self._settled()

    async def run(self) -> None:
        """Drive and read back until cancelled."""
        while True:
            self.beat()
            self.look()
            await asyncio.sleep(_LOOK_S)

    def look(self) -> None:
        """Mind that control lives, try what cannot be had, and read back what can be."""
        now_s = self._now()
        if now_s > self._fed_s:
            for lamp in self._lamps.values():
                self.set_level(lamp.spec.device, self._safe_pct)
        if now_s >= self._next_try_s:
            self._next_try_s = now_s + _AGAIN_S
            self._set_up()
        for lamp in self._lamps.values():
            if lamp.driven_pct is None:
                continue
            try:
                reading = self._read_back(lamp, lamp.driven_pct, now_s)
            except pin_errors() as error:
                self._lost(lamp, error)
            else:
                self._sink.reading(lamp.key, reading)

    def stop(self) -> None:
        """Leave the pins driving steadily what was wanted last: on or off, for nobody makes pulses any more."""
        for lamp in self._lamps.values():
            if lamp.driven_pct is None:
                continue
            lamp.driven_pct = None
            with contextlib.suppress(*pin_errors()):
                if lamp.wave is not None:
                    lamp.wave.stop()
                    lamp.wave = None  # rpi-lgpio stops it once more then, which makes the pin low
                self._chip().output(lamp.spec.pin, lamp.spec.level(lamp.wanted_pct))
                if lamp.spec.feedback is not None and not lamp.doubt:
                    self._chip().cleanup([lamp.spec.feedback])

    def _settled(self) -> bool:
        return all(lamp.driven_pct == lamp.wanted_pct for lamp in self._lamps.values())

    def _set_up(self) -> None:
        """Take the pins that could not be had so far, each with its level."""
        for lamp in self._lamps.values():
            if lamp.driven_pct is None:
                try:
                    self._take(self._chip(), lamp)
                except pin_errors() as error:
                    self._lost(lamp, error)
            elif lamp.doubt:
                self._take_feedback(self._chip(), lamp)

    def _take(self, chip: Chip, lamp: _Lamp) -> None:
        """Make a pin an output that has its level, and drive it. One of `pin_errors` if it cannot be had."""
        spec, level_pct = lamp.spec, lamp.wanted_pct
        chip.setup(spec.pin, chip.OUT, initial=spec.level(level_pct))
        if spec.drive == "pwm":
            if lamp.wave is None:
                lamp.wave = chip.PWM(spec.pin, spec.hz)
            lamp.wave.start(spec.duty_pct(level_pct))
        self._driven(lamp, level_pct)
        if lamp.trouble:
            lamp.trouble = ""
            self._sink.event("pin_back", device=spec.device)
        self._take_feedback(chip, lamp)

    def _take_feedback(self, chip: Chip, lamp: _Lamp) -> None:
        """Make the feedback contact an input. Without it the lamp is driven all the same."""
        spec = lamp.spec
        if spec.feedback is None:
            return
        try:
            chip.setup(spec.feedback, chip.IN, chip.PUD_DOWN if spec.feedback_active_high else chip.PUD_UP)
        except pin_errors() as error:
            doubt = pin_trouble(spec.feedback, error)
            if lamp.doubt != doubt:
                self._sink.event("feedback_lost", device=spec.device, reason=doubt)
            lamp.doubt = doubt
        else:
            lamp.doubt = ""

    def _drive(self, lamp: _Lamp) -> None:
        spec, level_pct = lamp.spec, lamp.wanted_pct
        if lamp.driven_pct == level_pct:
            return
        try:
            if lamp.wave is not None:
                lamp.wave.ChangeDutyCycle(spec.duty_pct(level_pct))
            else:
                self._chip().output(spec.pin, spec.level(level_pct))
        except pin_errors() as error:
            self._lost(lamp, error)
        else:
            self._driven(lamp, level_pct)

    def _driven(self, lamp: _Lamp, level_pct: float) -> None:
        lamp.driven_pct = level_pct
        self._sink.sent(lamp.spec.device, lamp.spec.given_pct(level_pct), self._now())
        self._wake.set()

    def _read_back(self, lamp: _Lamp, driven_pct: float, now_s: float) -> Reading:
        spec, chip = lamp.spec, self._chip()
        given_pct = spec.given_pct(driven_pct)
        if spec.feedback is not None and not lamp.doubt:
            on = bool(chip.input(spec.feedback)) is spec.feedback_active_high
            if not on or spec.drive == "switch":
                return Reading(100.0 * on, Quality.GOOD, "", now_s)
            return Reading(given_pct, Quality.UNCERTAIN, "the lamp is on; nothing reads a pulse width back", now_s)
        if spec.drive == "pwm":
            doubt = lamp.doubt or "what the pin is set to: nothing reads it back"
            return Reading(given_pct, Quality.UNCERTAIN, doubt, now_s)
        on = bool(chip.input(spec.pin)) is spec.active_high
        doubt = lamp.doubt or "the pin, not the relay: it has no feedback contact"
        return Reading(100.0 * on, Quality.UNCERTAIN, doubt, now_s)

    def _lost(self, lamp: _Lamp, error: Exception) -> None:
        why = pin_trouble(lamp.spec.pin, error)
        lamp.driven_pct = None
        if lamp.trouble != why:
            lamp.trouble = why
            self._sink.event("pin_lost", device=lamp.spec.device, reason=why)
        self._sink.reading(lamp.key, Reading(None, Quality.BAD, why, self._now()))
