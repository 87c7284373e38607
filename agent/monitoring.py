"""The task that watches the lamps: once a second from the image to counters and alarms, and those back into the image."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Container, Sequence

import structlog

from agent.clock import Clock, until_next_s
from agent.config import Config
from agent.config.monitoring import shared_meter
from agent.image import Image
from agent.kept import KeptFile
from agent.services.alarms import Alarm
from agent.services.lamp_health import (
    ESTIMATED,
    FAILURE,
    HIGH_HOURS,
    HOT,
    HOURS,
    METERED,
    OBSERVED,
    SWITCHES,
    Counters,
    Limits,
    health_points,
)
from agent.services.street_health import Kept, Lamp, Look, StreetHealth, meter_points
from drivers.points import Point, Quality, Reading, Value

EVERY_S = 1.0
TELL_EVERY_S = 900.0  # counters are put into the image, and into their file, so often: they tell who walks by at night
_HOUR_S = 3600.0
_MOST = 1e9  # watts: no meter of a street reads more
_BY_MODEL = "by the lamp model"
_BY_OWN_METER, _BY_SHARED_METER = "by power and the lamp model", "by the shared meter, when it last changed alone"
_NOT_SEEN = "no meter has seen it change alone"
_BELIEVED = {Quality.GOOD, Quality.UNCERTAIN}

log = structlog.get_logger()


class Monitoring:
    """All lamps of one agent. Its readings say what is not known; nothing of it touches the light."""

    def __init__(self, config: Config, clock: Clock, declared: Container[str]) -> None:
        """`declared` are the keys of the points that devices deliver themselves."""
        self._clock = clock
        self._file = KeptFile(config.monitoring.kept, lasting=True)
        shared = shared_meter(config)
        meter = shared if f"{shared}/meter/active_power" in declared else None
        self._power = f"{meter}/meter/active_power" if meter else ""
        luminaires = [device for device in config.devices if device.kind == "luminaire"]
        own = [f"{device.meter or device.id}/meter/active_power" for device in luminaires]
        self._keys = [
            _Keys(device.id, power if power in declared else "", declared)
            for device, power in zip(luminaires, own, strict=True)
        ]
        options = {name: getattr(config.monitoring, name) for name in Limits.__struct_fields__}
        self.health = StreetHealth(
            [
                Lamp(device.id, device.nominal_w, bool(keys.power))
                for device, keys in zip(luminaires, self._keys, strict=True)
            ],
            meter,
            Limits(**options),
            self._file.read(Kept) or Kept(),
            clock.mono_s(),
        )
        self._points = [
            point
            for keys in self._keys
            for point in health_points(keys.device, declared.__contains__, own_meter=bool(keys.power))
        ]
        if meter is not None:
            self._points += meter_points(meter)
        self._own = {point.key for point in self._points}
        self._raised: set[str] = set()
        self._observed: dict[str, float | None] = dict.fromkeys((keys.device for keys in self._keys), math.nan)
        self._tell_s = -math.inf
        self._image: Image | None = None
        self._night: Callable[[], bool | None] = lambda: None
        self.beat: Callable[[], None] = lambda: None

    def points(self) -> Sequence[Point]:
        """Return the points that monitoring delivers itself."""
        return self._points

    def watch(self, image: Image, night: Callable[[], bool | None]) -> None:
        """Take where readings are found and go to, and who knows whether it is night."""
        self._image, self._night = image, night
        for alarm in self.health.book.alarms():
            self._tell_alarm(alarm.key, raised=True)

    async def run(self) -> None:
        """Watch until cancelled, and keep the counters."""
        while True:
            self.step()
            self.beat()
            if self._clock.mono_s() >= self._tell_s:
                self._tell_s = self._clock.mono_s() + TELL_EVERY_S
                self._tell_counters()
                await asyncio.to_thread(self._file.write, self.health.kept())
            await asyncio.sleep(until_next_s(self._clock.mono_s(), EVERY_S))

    async def stop(self) -> None:
        """Tell and keep the counters a last time."""
        self._tell_counters()
        await asyncio.to_thread(self._file.write, self.health.kept())

    def alarms(self) -> list[Alarm]:
        """Return what is raised."""
        return self.health.book.alarms()

    def step(self) -> None:
        """Look once."""
        image = self._image
        if image is None:
            raise RuntimeError("nothing to watch")
        now_s = self._clock.mono_s()
        looks = [keys.look(image, now_s) for keys in self._keys]
        for key, raised in self.health.step(now_s, looks, self._metered(image, now_s), self._night(), self._utc):
            self._tell_alarm(key, raised=raised)
        for lamp, (keys, look) in enumerate(zip(self._keys, looks, strict=True)):
            self._tell_observed(keys, self.health.observed_pct(lamp, look), own=look.power_w is not None)

    def _metered(self, image: Image, now_s: float) -> tuple[float, float] | None:
        """Return when the shared meter was read, and its watts; none while it cannot be believed."""
        if not self._power:
            return None
        reading = image.get(self._power, now_s)
        power_w = _number(reading)
        return None if power_w is None else (reading.mono_s, power_w)

    def _utc(self) -> str:
        wall = self._clock.wall()
        return wall.utc.isoformat(timespec="milliseconds").replace("+00:00", "Z") if wall.trusted else ""

    def _tell_alarm(self, key: str, *, raised: bool) -> None:
        """Put an alarm into its point, if it has one of its own, and into the log when it is raised or over."""
        if key in self._own:
            self._put(key, raised, Quality.GOOD, "")
        if raised and key not in self._raised:
            self._raised.add(key)
            text = next((alarm.text for alarm in self.alarms() if alarm.key == key), "")
            log.warning("alarm_raised", key=key, text=text)
        elif not raised and key in self._raised:
            self._raised.remove(key)
            log.warning("alarm_cleared", key=key)

    def _tell_counters(self) -> None:
        for keys, health in zip(self._keys, self.health.health, strict=True):
            for name, value in _values(health.counters).items():
                key = f"{keys.device}/{name}"
                if key in self._own:
                    by_model = name == ESTIMATED
                    self._put(key, value, *((Quality.UNCERTAIN, _BY_MODEL) if by_model else (Quality.GOOD, "")))

    def _tell_observed(self, keys: _Keys, level_pct: float | None, *, own: bool) -> None:
        if level_pct == self._observed[keys.device] or keys.observed not in self._own:
            return
        self._observed[keys.device] = level_pct
        # A quality that changed would be told at once, and the moment of a lamp's change is that of somebody's step.
        why = _NOT_SEEN if level_pct is None else _BY_OWN_METER if own else _BY_SHARED_METER
        self._put(keys.observed, level_pct, Quality.UNCERTAIN, why)

    def _put(self, key: str, value: Value | None, quality: Quality, reason: str) -> None:
        if self._image is not None:
            self._image.put(key, Reading(value, quality, reason, self._clock.mono_s()))


class _Keys:
    """The keys of a lamp's points that are looked at; "" where there is none."""

    __slots__ = ("commanded", "device", "failed", "gear", "level", "observed", "power", "sent")

    def __init__(self, device: str, power: str, declared: Container[str]) -> None:
        self.device = device
        self.commanded, self.sent = f"{device}/lamp/commanded_level", f"{device}/lamp/sent_level"
        self.observed = f"{device}/{OBSERVED}"
        self.power = power
        level, gear = f"{device}/lamp/dimming_level", f"{device}/{HOT}"
        self.level = level if level in declared else ""
        self.gear = gear if gear in declared else ""
        words = (f"{device}/{FAILURE}", f"{device}/lamp/control_gear_failure")
        self.failed = tuple(key for key in words if key in declared)

    def look(self, image: Image, now_s: float) -> Look:
        """Return what the image says of the lamp now."""
        words = [_believed(image.get(key, now_s)) for key in self.failed]
        return Look(
            commanded_pct=_number(image.raw(self.commanded)) or 0.0,
            sent_pct=_number(image.raw(self.sent)),
            level_pct=_number(image.get(self.level, now_s)) if self.level else None,
            power_w=_number(image.get(self.power, now_s)) if self.power else None,
            gear_cel=_number(image.get(self.gear, now_s)) if self.gear else None,
            failed=True if True in words else None if not words or None in words else False,
        )


def _values(counters: Counters) -> dict[str, float | int]:
    return {
        HOURS: round(counters.lit_s / _HOUR_S, 3),
        HIGH_HOURS: round(counters.high_s / _HOUR_S, 3),
        SWITCHES: counters.switched_off,
        METERED: round(counters.metered_wh, 1),
        ESTIMATED: round(counters.estimated_wh, 1),
    }


def _believed(reading: Reading) -> Value | None:
    return reading.value if reading.quality in _BELIEVED else None


def _number(reading: Reading) -> float | None:
    """Return a value that may be believed and is a number that there can be."""
    value = _believed(reading)
    if value is None or isinstance(value, str | bool) or not abs(value) <= _MOST:
        return None
    return float(value)
