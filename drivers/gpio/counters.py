"""Pulse counters on pins: counted on the chip's own thread as edges come, or on one that looks 1,000 times a second."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import msgspec
import structlog

from drivers.errors import LinkLost
from drivers.gpio.factory import Chip, pin_errors, pin_trouble
from drivers.gpio.inputs import PULLS
from drivers.gpio.pulses import Sampled, Tally
from drivers.points import Point, PointType, Quality, Reading

_LOOK_S = 1.0
_SAMPLE_S = 0.001
_SWITCH_S = 0.0005  # 5 ms is how long a busy thread of Python keeps the others waiting otherwise: as long as a pulse
_LATE_S = 0.02  # a look so late may have missed a pulse of 30 ms, as S0 meters make them, that bounced
_TOLD_EVERY_S = 60.0
_UNKNOWN_S = 60.0  # for so long after the start nothing is said of a rate that no two pulses have told
_HOUR_S = 3600.0
_AGAIN_S = 2.0  # a pin that cannot be had is tried again

log = structlog.get_logger()


class CounterSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A counter: its device, pin, what its pulses mean (`meter`: Wh each; `weather`: mm of rain each), its debounce."""

    device: str
    kind: Literal["meter", "weather"]
    pin: int
    pull: Literal["none", "up", "down"]
    active_high: bool
    debounce_s: float
    per_pulse: float

    @property
    def gap_s(self) -> float:
        """Return how soon after another a pulse is a bounce: a bucket tips at most ten times a second."""
        return 0.1 if self.kind == "weather" else 0.0

    def points(self) -> tuple[Point, Point]:
        """Return what has come together, and how quickly it comes."""
        if self.kind == "meter":
            total, rate, title = "meter/active_energy_import", "meter/active_power", "energy by pulses"
            return self._point(total, "Wh", title), self._point(rate, "W", "power, by the time between two pulses")
        total, rate = "rain/accumulated", "rain/intensity"
        return self._point(total, "mm", "rain by the bucket"), self._point(rate, "mm/h", "how hard it rains")

    def _point(self, resource: str, unit: str, title: str) -> Point:
        return Point(
            key=f"{self.device}/{resource}", type=PointType.FLOAT, unit=unit, max_age_s=5 * _LOOK_S, title=title
        )


class _Counter:
    """One counter while it runs. `sampled`: its levels are looked at, since the chip does not tell edges."""

    def __init__(self, spec: CounterSpec, now_s: float) -> None:
        self.spec = spec
        self.tally = Tally(spec.gap_s, now_s)
        self.had = False
        self.sampled: Sampled | None = None
        self.trouble = ""

    def pulse(self, _channel: int) -> None:
        """Take an edge, on the chip's thread."""
        self.tally.pulse(time.monotonic())

    def active(self, chip: Chip) -> bool:
        """Return whether the pin is active. One of `pin_errors` if it cannot be read."""
        return bool(chip.input(self.spec.pin)) is self.spec.active_high


class GpioCounters:
    """Delivers what counters read, once a second on the loop. `before`: pulses by device, of an earlier run.

    `chip` returns the one chip, at once, or raises LinkLost.
    What a pin that cannot be had would read is bad, with the reason; it is tried again.
    """

    def __init__(
        self,
        chip: Callable[[], Chip],
        specs: Sequence[CounterSpec],
        deliver: Callable[[str, Reading], None],
        before: Mapping[str, int],
    ) -> None:
        self._chip = chip
        self._deliver = deliver
        self._before = {spec.device: before.get(spec.device, 0) for spec in specs}
        now_s = time.monotonic()
        self._counters = [_Counter(spec, now_s) for spec in specs]
        self._next_try_s = now_s
        self._sampler: threading.Thread | None = None
        self._late_s = 0.0  # the longest that levels were not looked at, since that was told
        self._late_told_s = float("-inf")
        self._ended = threading.Event()
        self.beat: Callable[[], None] = lambda: None

    def counts(self) -> dict[str, int]:
        """Return how many pulses each device has had, those of earlier runs included."""
        return {one.spec.device: self._before[one.spec.device] + one.tally.count for one in self._counters}

    async def run(self) -> None:
        """Count until cancelled."""
        while True:
            self.beat()
            self.look(time.monotonic())
            await asyncio.sleep(_LOOK_S - time.monotonic() % _LOOK_S)

    def look(self, now_s: float) -> None:
        """Try what could not be had, and tell what each counter reads."""
        if now_s >= self._next_try_s and not all(one.had for one in self._counters):
            self._next_try_s = now_s + _AGAIN_S
            self._listen()
        for one in self._counters:
            if one.had:
                self._tell(one, now_s)
        if self._late_s > _LATE_S and now_s >= self._late_told_s + _TOLD_EVERY_S:
            log.warning("gpio_looked_late", longest_ms=round(1000 * self._late_s), remedy="the extra gpio")
            self._late_s, self._late_told_s = 0.0, now_s

    def stop(self) -> None:
        """Let the pins go."""
        self._ended.set()
        if self._sampler is not None:
            self._sampler.join()
        had = [one.spec.pin for one in self._counters if one.had]
        if had:
            with contextlib.suppress(*pin_errors()):
                self._chip().cleanup(had)

    def _listen(self) -> None:
        """Set up what is not set up yet, by edges if the chip tells them."""
        try:
            chip = self._chip()
        except LinkLost as error:
            for one in self._counters:
                self._unavailable(one, str(error))
            return
        for one in self._counters:
            if one.had:
                continue
            try:
                _set_up(chip, one)
            except pin_errors() as error:
                self._unavailable(one, pin_trouble(one.spec.pin, error))
                continue
            one.had = True
            if one.trouble:
                log.warning("gpio_back", device=one.spec.device)
            one.trouble = ""
        if self._sampler is None and any(one.sampled is not None for one in self._counters):
            self._sampler = threading.Thread(target=self._sample, args=(chip,), name="pulse-sampler", daemon=True)
            self._sampler.start()

    def _sample(self, chip: Chip) -> None:
        """Look at the levels, on a thread of its own. A pin that cannot be read is told by the next look."""
        with contextlib.suppress(OSError):  # ahead of all ordinary work, where that is allowed: 5 ms are soon gone
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        sys.setswitchinterval(_SWITCH_S)
        before_s = time.monotonic()
        while not self._ended.wait(_SAMPLE_S):
            now_s = time.monotonic()
            self._late_s, before_s = max(self._late_s, now_s - before_s), now_s
            for one in self._counters:
                if (sampled := one.sampled) is None:
                    continue
                with contextlib.suppress(*pin_errors()):
                    if sampled.level(one.active(chip), now_s):
                        one.tally.pulse(now_s)

    def _unavailable(self, one: _Counter, why: str) -> None:
        if one.had:
            one.had, one.sampled = False, None
            with contextlib.suppress(*pin_errors()):  # or rpi-lgpio would call back twice when it is had again
                self._chip().cleanup([one.spec.pin])
        if one.trouble != why:
            one.trouble = why
            log.error("gpio_unavailable", device=one.spec.device, reason=why)
        for point in one.spec.points():
            self._deliver(point.key, Reading(None, Quality.BAD, why, time.monotonic()))

    def _tell(self, one: _Counter, now_s: float) -> None:
        spec = one.spec
        try:
            one.active(self._chip())  # edges alone would not tell that there is no pin any more
        except pin_errors() as error:
            self._unavailable(one, pin_trouble(spec.pin, error))
            return
        total, rate = spec.points()
        count = self._before[spec.device] + one.tally.count
        self._deliver(total.key, Reading(round(count * spec.per_pulse, 3), Quality.GOOD, "", now_s))
        self._deliver(rate.key, rate_reading(one.tally, spec.per_pulse * _HOUR_S, now_s))


def _set_up(chip: Chip, one: _Counter) -> None:
    """Make the pin an input that counts. One of `pin_errors` if it cannot be had."""
    spec = one.spec
    chip.setup(spec.pin, chip.IN, getattr(chip, PULLS[spec.pull]))
    bounce = {"bouncetime": round(1000 * spec.debounce_s)} if spec.debounce_s else {}
    try:
        chip.add_event_detect(spec.pin, chip.RISING if spec.active_high else chip.FALLING, one.pulse, **bounce)
    except RuntimeError as error:
        # RPi.GPIO 0.7.1 cannot detect edges on kernels whose first chip is not numbered from 0.
        log.warning("gpio_pulses_polled", pin=spec.pin, reason=str(error), every_s=_SAMPLE_S, remedy="the extra gpio")
        one.sampled = Sampled(spec.debounce_s, one.active(chip))


def rate_reading(tally: Tally, per_s: float, now_s: float) -> Reading:
    """Return how quickly pulses come, `per_s` for one a second: W of Wh, mm/h of mm."""
    rate = tally.rate(now_s)
    if rate.measured:
        return Reading(round(rate.per_s * per_s, 3), Quality.GOOD, "", now_s)
    if 1 / rate.per_s < _UNKNOWN_S:
        return Reading(None, Quality.BAD, "no two pulses yet", now_s)
    return Reading(round(rate.per_s * per_s, 3), Quality.UNCERTAIN, "at most: no two pulses yet", now_s)
