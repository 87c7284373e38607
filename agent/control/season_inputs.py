"""What the season asks of the image: the light sensor that is the photocell, and the device that counts. Pure."""

from __future__ import annotations

import math

from agent.control.photocell import Photocell
from agent.control.traffic import Traffic
from agent.image import Image
from drivers.points import Quality, Reading

PASSAGE_S = 5.0  # a sensor that goes on seeing for longer has seen one more: it cannot tell those who follow closely
NOT_BELIEVED = {Quality.BAD, Quality.STALE}


def number(reading: Reading) -> float | None:
    """Return what a reading says, if it is believed and a number; none for whatever else a sensor may say."""
    value = reading.value
    if reading.quality in NOT_BELIEVED or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


class Counter:
    """Passages, by what one device says: whom a presence sensor begins to see, or a radar in view beyond those before."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.device = key.partition("/")[0]
        self._before = 0
        self._counted_s = 0.0

    def take(self, reading: Reading, now_s: float) -> int:
        """Take a reading; return how many have passed that were not counted yet."""
        seen = int(reading.value or 0)
        come = max(seen - self._before, 0)
        self._before = seen
        if come == 0 and reading.value is True and now_s - self._counted_s >= PASSAGE_S:
            come = 1
        if come:
            self._counted_s = now_s
        return come


class SeasonInputs:
    """Hands readings to photocell and counted traffic, each with its key in the image."""

    def __init__(
        self,
        image: Image,
        *,
        photocell: tuple[str, Photocell] | None = None,
        traffic: tuple[Counter, Traffic] | None = None,
    ) -> None:
        self.photocell = photocell
        self._image = image
        self._traffic = traffic

    def step(self, now_s: float, sun_deg: float | None) -> None:
        """Go on to a time; the sun's height in degrees, none if no clock knows it."""
        if self.photocell is not None:
            self._look(*self.photocell, now_s, sun_deg)
        if self._traffic is not None:
            self._count(*self._traffic, now_s)

    def lamps_changed(self, now_s: float) -> None:
        """Take that a lamp's level has changed, which the photocell may see."""
        if self.photocell is not None:
            self.photocell[1].lamps_changed(now_s)

    def _look(self, key: str, photocell: Photocell, now_s: float, sun_deg: float | None) -> None:
        reading = self._image.get(key, now_s)
        lux = reading.value
        if reading.quality in NOT_BELIEVED or not isinstance(lux, int | float):
            photocell.silent(reading.reason or "not read", now_s)
        else:
            photocell.see(float(lux), reading.mono_s, sun_deg)

    def _count(self, counter: Counter, traffic: Traffic, now_s: float) -> None:
        reading = self._image.get(counter.key, now_s)
        fault = number(reading) is None
        if not fault and (come := counter.take(reading, now_s)):
            traffic.pass_by(come, now_s)
        traffic.step(now_s, f"{counter.device} is {reading.reason or 'silent'}" if fault else "")
