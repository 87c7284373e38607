"""The control task, from the image to the buses: at once on news, 20 times a second while something moves."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import structlog

from agent.clock import Clock, until_next_s
from agent.control.punctual import Lateness
from agent.control.season import Season
from agent.control.season_inputs import NOT_BELIEVED, SeasonInputs, number
from agent.control.street import StreetControl
from agent.image import Image
from drivers.points import Point, PointType, Quality, Reading

PERIOD_S = 0.05  # while something moves
LONGEST_REST_S = 1.0  # while nothing does: the buses' leave to feed is renewed in time
FEED_S = 2.0  # buses may feed the watchdogs of their units so long after the last step
_SEASON_EVERY_S = 2.0
_AGE_EVERY_S = 600.0

log = structlog.get_logger()


class LampBus(Protocol):
    """What control needs of a bus."""

    def set_level(self, device_id: str, level_pct: float) -> None: ...

    def feed(self, until_s: float) -> None: ...


class Detector(Protocol):
    """What control needs of a sensor that it has to step itself: one on a pin."""

    def step(self, now_s: float) -> None: ...

    def next_s(self) -> float: ...


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
        season: Season,
        *,
        inputs: SeasonInputs | None = None,
        buses: Mapping[str, LampBus],
        detectors: Sequence[Detector],
    ) -> None:
        """`inputs`: what the season asks of sensors, if it asks any. `buses` by lamp device.

        `detectors` put what they have detected into the image when they are stepped.
        """
        self._control = control
        self._image = image
        self._clock = clock
        self._season = season
        self._inputs = inputs or SeasonInputs(image)
        self._buses = [buses[output.device] for output in control.outputs]
        self._lines = list({id(bus): bus for bus in self._buses}.values())
        self._detectors = detectors
        presence = [f"{sensor.device}/presence/state" for sensor in control.sensors]
        self._presence = {key: image.point(key).max_age_s for key in presence}
        self._radars = [
            (f"{radar.device}/vehicles/count", f"{radar.device}/vehicles/distance", f"{radar.device}/vehicles/speed")
            for radar in control.radars
        ]
        self._news = {*presence, *(key for keys in self._radars for key in keys)}
        self._stale_s = math.inf  # when a sensor will be stale if nothing is heard of it
        self._told = [
            (f"{out.device}/lamp/commanded_level", f"{out.device}/lamp/control_rung") for out in control.outputs
        ]
        self._next_season_s = self._next_age_s = -math.inf
        ages = [(lamp, f"{out.device}/lamp/operating_hours") for lamp, out in enumerate(control.outputs)]
        self._ages = [
            (lamp, key) for lamp, key in ages if control.outputs[lamp].gear.lumen_maintenance and key in image
        ]
        self._wake = asyncio.Event()
        self._ended = False
        self.lateness = Lateness()
        self.beat: Callable[[], None] = lambda: None
        image.listeners.append(self._note)

    async def run(self) -> None:
        """Step for ever."""
        loop = asyncio.get_running_loop()
        while True:
            self._wake.clear()
            self._compute()
            self.beat()
            alarm = loop.call_later(self.rest_s(), self._wake.set)
            await self._wake.wait()
            alarm.cancel()
            if (late_s := loop.time() - alarm.when()) >= 0.0:  # else somebody had news before
                self.lateness.note(late_s)

    def end(self) -> None:
        """Let no step write any more: from now on the lamps have their safe level, whoever still asks for another one."""
        self._ended = True

    def step(self) -> None:
        """Compute once, now, because something was set; what begins to move by it goes on."""
        self._compute()
        self._wake.set()

    def rest_s(self) -> float:
        """Return how long until the next step, in seconds, if nobody has news before."""
        now_s = self._clock.mono_s()
        due_s = min(self._stale_s, self._control.next_s(now_s), *(pin.next_s() for pin in self._detectors))
        return min(max(due_s - now_s, PERIOD_S), until_next_s(now_s, LONGEST_REST_S))

    def nudge(self) -> None:
        """Step at once: a pin has news."""
        self._wake.set()

    def look_at_season(self, now_s: float) -> None:
        """Find out whether it is night and which class is in force, and let the street have it."""
        season, street = self._season, self._clock.street()
        rest_before = season.rest
        season.step(now_s, street.utc, trusted=street.trusted)
        if season.night is not self._control.night:
            log.info("night_changed", night=season.night, by=season.night_by, clock_trusted=street.trusted)
        rest = season.rest
        if (rest.class_pct, rest.base_pct) != (rest_before.class_pct, rest_before.base_pct):
            log.info("class_changed", class_pct=rest.class_pct, base_pct=rest.base_pct, why=rest.why)
        self._control.set_night(season.night)
        self._control.set_rest(rest.class_pct, rest.base_pct, now_s)

    def _compute(self) -> None:
        if self._ended:
            return
        now_s = self._clock.mono_s()
        self._look_at_the_hour(now_s)
        for detector in self._detectors:
            detector.step(now_s)
        entered = []
        self._stale_s = math.inf
        for sensor, (key, max_age_s) in enumerate(self._presence.items()):
            reading = self._image.get(key, now_s)
            faulty = reading.quality in NOT_BELIEVED or not isinstance(reading.value, bool)
            if not faulty:
                self._stale_s = min(self._stale_s, reading.mono_s + max_age_s)
            if self._control.see(sensor, reading.value is True, faulty, now_s) and reading.value is True:
                entered.append(sensor)
        for radar, keys in enumerate(self._radars):
            self._look_out(radar, *(self._image.get(key, now_s) for key in keys))
        changed = self._control.step(now_s)
        if changed:
            self._inputs.lamps_changed(now_s)
        for lamp, level_pct in self._control.nearest_first(changed, entered):  # a line takes rises in this order
            self._buses[lamp].set_level(self._control.outputs[lamp].device, level_pct)
        self._tell(now_s)
        for bus in self._lines:
            bus.feed(now_s + FEED_S)

    def _look_at_the_hour(self, now_s: float) -> None:
        """Take what changes slowly: season and class, and how long lamps have burnt."""
        self._inputs.step(now_s, self._season.sun_deg)
        if now_s >= self._next_season_s:
            self._next_season_s = now_s + _SEASON_EVERY_S
            self.look_at_season(now_s)
        if now_s >= self._next_age_s:
            self._look_at_ages(now_s)

    def _look_at_ages(self, now_s: float) -> None:
        """Tell control how long lamps have burnt, where that is counted; one that is not known counts as old."""
        self._next_age_s = now_s + _AGE_EVERY_S
        for lamp, key in self._ages:
            hours = self._image.raw(key).value
            if isinstance(hours, int | float):
                self._control.aged(lamp, hours)

    def _look_out(self, radar: int, count: Reading, distance: Reading, speed: Reading) -> None:
        """Tell control of the vehicle that comes nearer, if a radar sees one, and whether it can be believed."""
        faulty = number(count) is None
        self._control.blind(radar, faulty=faulty)
        if not faulty and distance.quality is Quality.GOOD and speed.quality is Quality.GOOD:
            self._control.approach(radar, number(distance) or 0.0, number(speed) or 0.0, distance.mono_s)

    def _note(self, key: str) -> None:
        if key in self._news:
            self._wake.set()

    def _tell(self, now_s: float) -> None:
        """Put what control itself knows of each lamp into the image."""
        for lamp, (commanded, rung) in enumerate(self._told):
            self._put(commanded, round(self._control.commanded_pct(lamp), 2), now_s)
            self._put(rung, self._control.winner(lamp), now_s)

    def _put(self, key: str, value: float | str, now_s: float) -> None:
        if self._image.raw(key).value != value:
            self._image.put(key, Reading(value, Quality.GOOD, "", now_s))
