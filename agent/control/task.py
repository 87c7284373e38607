"""The control task: 20 times a second, and at once when a sensor has news, from the image to the buses."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import structlog

from agent.clock import Clock
from agent.control.street import StreetControl
from agent.control.sun import AstronomicalClock
from agent.image import Image
from drivers.points import Point, PointType, Quality, Reading

PERIOD_S = 0.05
FEED_S = 2.0  # buses may feed the watchdogs of their units so long after the last step
_SUN_EVERY_S = 10.0

log = structlog.get_logger()


class LampBus(Protocol):
    """What control needs of a bus."""

    def set_level(self, device_id: str, level_pct: float) -> None: ...

    def feed(self, until_s: float) -> None: ...


def lamp_points(device: str) -> list[Point]:
    """Return the points of a lamp that control itself knows: what it commanded, what was sent, and who won."""
    return [
        Point(
            key=f"{device}/lamp/commanded_level",
            type=PointType.FLOAT,
            unit="%",
            low=0,
            high=100,
            max_age_s=math.inf,
            title="commanded",
        ),
        Point(
            key=f"{device}/lamp/sent_level",
            type=PointType.FLOAT,
            unit="%",
            low=0,
            high=100,
            max_age_s=math.inf,
            title="sent",
        ),
        Point(key=f"{device}/lamp/control_rung", type=PointType.TEXT, max_age_s=math.inf, title="who holds the lamp"),
    ]


class ControlTask:
    """Steps the street's control by the clock and hands its levels to the buses."""

    def __init__(  # noqa: PLR0913 - what it stands between
        self,
        control: StreetControl,
        image: Image,
        clock: Clock,
        sun: AstronomicalClock,
        *,
        buses: Mapping[str, LampBus],
        detectors: Sequence[Callable[[float], None]],
    ) -> None:
        """`buses` by lamp device; `detectors` put what they have detected into the image when called with the time."""
        self._control = control
        self._image = image
        self._clock = clock
        self._sun = sun
        self._buses = [buses[output.device] for output in control.outputs]
        self._lines = list({id(bus): bus for bus in self._buses}.values())
        self._detectors = detectors
        self._presence = [f"{sensor.device}/presence/state" for sensor in control.sensors]
        self._by_key = {key: sensor for sensor, key in enumerate(self._presence)}
        self._next_sun_s = -math.inf
        self._wake = asyncio.Event()
        self._ended = False
        self.beat: Callable[[], None] = lambda: None
        image.listeners.append(self._note)

    async def run(self) -> None:
        """Step for ever."""
        while True:
            self.step()
            self.beat()
            try:
                async with asyncio.timeout(PERIOD_S):
                    await self._wake.wait()
            except TimeoutError:
                pass

    def end(self) -> None:
        """Let no step write any more: from now on the lamps have their safe level, whoever still asks for another one."""
        self._ended = True

    def step(self) -> None:
        """Compute once, now."""
        self._wake.clear()
        if self._ended:
            return
        now_s = self._clock.mono_s()
        if now_s >= self._next_sun_s:
            self._next_sun_s = now_s + _SUN_EVERY_S
            self.look_at_sun()
        for detect in self._detectors:
            detect(now_s)
        for sensor, key in enumerate(self._presence):
            reading = self._image.get(key, now_s)
            faulty = reading.quality in {Quality.BAD, Quality.STALE}
            self._control.see(sensor, reading.value is True, faulty, now_s)
        for lamp, level_pct in self._control.step(now_s):
            self._buses[lamp].set_level(self._control.outputs[lamp].device, level_pct)
        self._tell(now_s)
        for bus in self._lines:
            bus.feed(now_s + FEED_S)

    def nudge(self, key: str) -> None:
        """Step at once if a pin that has news belongs to a presence sensor."""
        if key in self._by_key:
            self._wake.set()

    def look_at_sun(self) -> None:
        """Find out whether it is night; unknown without a trusted clock."""
        street = self._clock.street()
        night = self._sun.is_night(street.utc) if street.trusted else None
        if night is not self._control.night:
            log.info("night_changed", night=night, clock_trusted=street.trusted)
        self._control.set_night(night)

    def _note(self, key: str) -> None:
        if key in self._by_key:
            self._wake.set()

    def _tell(self, now_s: float) -> None:
        """Put what control itself knows of each lamp into the image."""
        kernel = self._control.kernel
        for lamp, output in enumerate(self._control.outputs):
            self._put(f"{output.device}/lamp/commanded_level", round(kernel.target(lamp), 2), now_s)
            self._put(f"{output.device}/lamp/control_rung", self._control.winner(lamp), now_s)

    def _put(self, key: str, value: float | str, now_s: float) -> None:
        if self._image.raw(key).value != value:
            self._image.put(key, Reading(value, Quality.GOOD, "", now_s))
