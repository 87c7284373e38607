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

from drivers.errors import LinkLost
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


class GpioLamps:
    """Drives the lamps on pins. All methods are for the event loop; none of them waits for anything."""

    def __init__(
        self,
        chip: Callable[[], Chip],
        specs: Sequence[LampPin],
        *,
        safe_pct: float,
        now: Callable[[], float],
        sink: LampSink,
    ) -> None:
        """`safe_pct`: where lamps go by themselves when control is dead."""
        self._open = chip
        self._specs = {spec.device: spec for spec in specs}
        self._safe_pct = safe_pct
        self._now = now
        self._sink = sink
        self._chip: Chip | None = None
        self._waves: dict[str, Wave] = {}
        self._wanted = {spec.device: safe_pct for spec in specs}
        self._driven: dict[str, float] = {}
        self._fed_s = float("-inf")
        self._up: bool | None = None
        self._trouble = ""
        self._wake = asyncio.Event()
        self.beat: Callable[[], None] = lambda: None

    def points(self) -> tuple[Point, ...]:
        """Return every point that these lamps deliver."""
        return tuple(
            Point(key=_key(device), type=PointType.FLOAT, unit="%", low=0, high=100, max_age_s=5.0, title="confirmed")
            for device in self._specs
        )

    def set_level(self, device_id: str, level_pct: float, target_pct: float | None = None) -> None:
        """Drive a level (0 to 100 %) at once. KeyError if the lamp is not here. `target_pct` means nothing to a pin."""
        del target_pct
        self._wanted[self._specs[device_id].device] = level_pct
        if self._chip is not None:
            self._drive(device_id)

    def feed(self, until_s: float) -> None:
        """Control lives until then. After it, lamps go to their safe level."""
        self._fed_s = max(self._fed_s, until_s)

    async def flush(self, timeout_s: float) -> bool:
        """Wait until every level is driven. False if that took too long."""
        self.feed(self._now() + timeout_s)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while self._driven != self._wanted:
                    self._wake.clear()
                    await self._wake.wait()
        return self._driven == self._wanted

    async def run(self) -> None:
        """Drive and read back until cancelled; a chip that is not there is looked for again."""
        while True:
            self.beat()
            try:
                self._setup()
                while True:
                    self.beat()
                    self._look()
                    await asyncio.sleep(_LOOK_S)
            except LinkLost as error:
                self._lost(str(error))
            await asyncio.sleep(_AGAIN_S)

    def stop(self) -> None:
        """Leave the pins driving steadily what was wanted last: on or off, for nobody makes pulses any more."""
        if self._chip is None:
            return
        for device, spec in self._specs.items():
            if (wave := self._waves.pop(device, None)) is not None:
                wave.stop()
                del wave  # rpi-lgpio stops it once more then, which makes the pin low
            with contextlib.suppress(*pin_errors()):
                self._chip.output(spec.pin, spec.level(self._wanted[device]))
        feedback = [spec.feedback for spec in self._specs.values() if spec.feedback is not None]
        if feedback:
            self._chip.cleanup(feedback)

    def _setup(self) -> None:
        """Take the pins, each with its level. LinkLost."""
        if self._chip is not None:
            return
        chip = self._open()
        for device, spec in self._specs.items():
            level_pct = self._wanted[device]
            try:
                chip.setup(spec.pin, chip.OUT, initial=spec.level(level_pct))
                if spec.feedback is not None:
                    chip.setup(spec.feedback, chip.IN, chip.PUD_DOWN if spec.feedback_active_high else chip.PUD_UP)
                if spec.drive == "pwm" and device not in self._waves:
                    wave = self._waves[device] = chip.PWM(spec.pin, spec.hz)
                    wave.start(spec.duty_pct(level_pct))
            except pin_errors() as error:
                raise LinkLost(pin_trouble(spec.pin, error)) from None
        self._chip = chip
        self._driven.clear()
        for device in self._specs:
            self._drive(device)
        if self._up is False:
            self._sink.event("pins_back")
        self._up, self._trouble = True, ""

    def _drive(self, device: str) -> None:
        spec, level_pct, chip = self._specs[device], self._wanted[device], self._chip
        if chip is None or self._driven.get(device) == level_pct:
            return
        try:
            if spec.drive == "pwm":
                self._waves[device].ChangeDutyCycle(spec.duty_pct(level_pct))
            else:
                chip.output(spec.pin, spec.level(level_pct))
        except pin_errors() as error:
            self._lost(pin_trouble(spec.pin, error))
            return
        self._driven[device] = level_pct
        self._sink.sent(device, spec.given_pct(level_pct), self._now())
        self._wake.set()

    def _look(self) -> None:
        """Mind that control lives, and read back what can be. LinkLost."""
        now_s = self._now()
        if now_s > self._fed_s:
            for device in self._specs:
                self.set_level(device, self._safe_pct)
        if self._chip is None:
            raise LinkLost(self._trouble)
        for device, spec in self._specs.items():
            try:
                reading = self._read_back(self._chip, device, spec, now_s)
            except pin_errors() as error:
                raise LinkLost(pin_trouble(spec.feedback or spec.pin, error)) from None
            self._sink.reading(_key(device), reading)

    def _read_back(self, chip: Chip, device: str, spec: LampPin, now_s: float) -> Reading:
        driven_pct = spec.given_pct(self._driven.get(device, 0.0))
        if spec.feedback is not None:
            on = bool(chip.input(spec.feedback)) is spec.feedback_active_high
            if not on or spec.drive == "switch":
                return Reading(100.0 * on, Quality.GOOD, "", now_s)
            return Reading(driven_pct, Quality.UNCERTAIN, "the lamp is on; nothing reads a pulse width back", now_s)
        if spec.drive == "pwm":
            return Reading(driven_pct, Quality.UNCERTAIN, "what the pin is set to: nothing reads it back", now_s)
        on = bool(chip.input(spec.pin)) is spec.active_high
        return Reading(100.0 * on, Quality.UNCERTAIN, "the pin, not the relay: it has no feedback contact", now_s)

    def _lost(self, why: str) -> None:
        self._chip = None
        self._driven.clear()
        if self._up is not False or why != self._trouble:
            self._up, self._trouble = False, why
            self._sink.event("pins_lost", reason=why)
        for device in self._specs:
            self._sink.reading(_key(device), Reading(None, Quality.BAD, why, self._now()))


def _key(device: str) -> str:
    return f"{device}/lamp/dimming_level"
