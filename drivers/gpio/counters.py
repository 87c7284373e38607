"""Pulse counters on pins: counted on the chip's own thread as edges come, or on one that looks 1,000 times a second."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import msgspec
import structlog

from drivers.gpio.factory import Chip, pin_errors, pin_trouble
from drivers.gpio.inputs import PULLS
from drivers.gpio.pulses import Sampled, Tally
from drivers.points import Point, PointType, Quality, Reading

_LOOK_S = 1.0
_SAMPLE_S = 0.001
_UNKNOWN_S = 60.0  # for so long after the start nothing is said of a rate that no two pulses have told
_HOUR_S = 3600.0

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


class GpioCounters:
    """Delivers what counters read, once a second on the loop. `before`: pulses by device, of an earlier run."""

    def __init__(
        self,
        chip: Callable[[], Chip],
        specs: Sequence[CounterSpec],
        deliver: Callable[[str, Reading], None],
        before: Mapping[str, int],
    ) -> None:
        self._chip = chip
        self._specs = specs
        self._deliver = deliver
        self._before = {spec.device: before.get(spec.device, 0) for spec in specs}
        self._tallies: dict[str, Tally] = {}
        self._sampled: list[tuple[CounterSpec, Sampled, Tally]] = []
        self._sampler: threading.Thread | None = None
        self._ended = threading.Event()
        self.beat: Callable[[], None] = lambda: None

    def counts(self) -> dict[str, int]:
        """Return how many pulses each device has had, those of earlier runs included."""
        return {
            device: before + (self._tallies[device].count if device in self._tallies else 0)
            for device, before in self._before.items()
        }

    async def run(self) -> None:
        """Count until cancelled. LinkLost if there is no chip."""
        chip = self._chip()
        for spec in self._specs:
            if spec.device not in self._tallies:
                self._listen(chip, spec)
        if self._sampled and self._sampler is None:
            self._sampler = threading.Thread(target=self._sample, args=(chip,), name="pulse-sampler", daemon=True)
            self._sampler.start()
        while True:
            self.beat()
            now_s = time.monotonic()
            for spec in self._specs:
                self._tell(spec, now_s)
            await asyncio.sleep(_LOOK_S - now_s % _LOOK_S)

    def stop(self) -> None:
        """Let the pins go."""
        self._ended.set()
        if self._sampler is not None:
            self._sampler.join()
        if self._tallies:
            self._chip().cleanup([spec.pin for spec in self._specs if spec.device in self._tallies])

    def _listen(self, chip: Chip, spec: CounterSpec) -> None:
        """Set one pin up, by edges if the chip tells them. What cannot be had has bad readings."""
        tally = Tally(spec.gap_s, time.monotonic())
        edge = chip.RISING if spec.active_high else chip.FALLING
        bounce = {"bouncetime": round(1000 * spec.debounce_s)} if spec.debounce_s else {}
        try:
            chip.setup(spec.pin, chip.IN, getattr(chip, PULLS[spec.pull]))
        except pin_errors() as error:
            self._unavailable(spec, pin_trouble(spec.pin, error))
            return
        try:
            chip.add_event_detect(spec.pin, edge, lambda _: tally.pulse(time.monotonic()), **bounce)
        except RuntimeError as error:
            # RPi.GPIO 0.7.1 cannot detect edges on kernels whose first chip is not numbered from 0.
            log.warning(
                "gpio_pulses_polled", pin=spec.pin, reason=str(error), every_s=_SAMPLE_S, remedy="the extra gpio"
            )
            active = bool(chip.input(spec.pin)) is spec.active_high
            self._sampled.append((spec, Sampled(spec.debounce_s, active), tally))
        self._tallies[spec.device] = tally

    def _sample(self, chip: Chip) -> None:
        """Look at the levels, on a thread of its own."""
        while not self._ended.wait(_SAMPLE_S):
            now_s = time.monotonic()
            for spec, sampled, tally in self._sampled:
                if sampled.level(bool(chip.input(spec.pin)) is spec.active_high, now_s):
                    tally.pulse(now_s)

    def _unavailable(self, spec: CounterSpec, why: str) -> None:
        log.error("gpio_unavailable", device=spec.device, reason=why)
        for point in spec.points():
            self._deliver(point.key, Reading(None, Quality.BAD, why, time.monotonic()))

    def _tell(self, spec: CounterSpec, now_s: float) -> None:
        tally = self._tallies.get(spec.device)
        if tally is None:
            return
        total, rate = spec.points()
        count = self._before[spec.device] + tally.count
        self._deliver(total.key, Reading(round(count * spec.per_pulse, 3), Quality.GOOD, "", now_s))
        self._deliver(rate.key, rate_reading(tally, spec.per_pulse * _HOUR_S, now_s))


def rate_reading(tally: Tally, per_s: float, now_s: float) -> Reading:
    """Return how quickly pulses come, `per_s` for one a second: W of Wh, mm/h of mm."""
    rate = tally.rate(now_s)
    if rate.measured:
        return Reading(round(rate.per_s * per_s, 3), Quality.GOOD, "", now_s)
    if 1 / rate.per_s < _UNKNOWN_S:
        return Reading(None, Quality.BAD, "no two pulses yet", now_s)
    return Reading(round(rate.per_s * per_s, 3), Quality.UNCERTAIN, "at most: no two pulses yet", now_s)
