"""A street under the control task in virtual time, on which things fail while somebody stands under a lamp."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from agent.clock import Wall
from agent.control.calendar import Calendar, Period
from agent.control.nightfall import Nightfall
from agent.control.photocell import Photocell
from agent.control.pins import presence_on_pin
from agent.control.season import Design, Season
from agent.control.season_inputs import Counter, SeasonInputs
from agent.control.street import Output, StreetControl
from agent.control.task import ControlTask, lamp_points
from agent.control.traffic import Road, Traffic
from agent.image import Image
from agent.services.cells import Sensor
from agent.services.lighting import Radar
from drivers.points import Point, PointType, Quality, Reading
from season_places import ALBERTSLUND, SUN
from street_levels import LEVELS, LIGHT

DUSK = datetime(2026, 11, 20, 14, 50, tzinfo=UTC)  # seven minutes before sunset
NIGHT = datetime(2026, 11, 20, 20, 30, tzinfo=UTC)  # half past nine on the street
LAMPS = 12
SPACING_M = 30.0
SEES_M = 10.0
STEP_S = 0.05
MAX_AGE_S = 2.0  # of what a sensor said
PIN = LAMPS - 1  # this lamp's sensor is a PIR on a pin; the others are radars on a line
DEBOUNCE_S, PIR_HOLD_S = 0.2, 5.0
HERE, FAR = 2, 8  # where somebody stands; where nobody is
ALL = range(LAMPS)
CLASS_PCT, BASE_PCT, NEAR_PCT = LEVELS.class_pct, LEVELS.base_pct, LEVELS.near_pct
FADE_S = LEVELS.fade_up_s + 2 * STEP_S  # from whatever level to whatever other, upwards
FADE_DOWN_S = LEVELS.fade_down_s + 1.0
SEASON_S = 2.0  # how often clock, photocell, calendar and traffic are looked at
VEHICLES = ("vehicles/count", "vehicles/distance", "vehicles/speed")
LUX = "lux-1/light/illuminance"


class Clock:
    """Time that a test sets: monotonic, and the wall's, which may jump and lose its trust."""

    def __init__(self, begin: datetime) -> None:
        self.now_s = self._began_s = 1000.0
        self.trusted = True
        self.begin = begin

    def mono_s(self) -> float:
        return self.now_s

    def wall(self) -> Wall:
        return Wall(self.begin + timedelta(seconds=self.now_s - self._began_s), self.trusted)

    street = wall


class Lamps:
    """The outputs: what each lamp was told last, and until when units may be fed."""

    def __init__(self) -> None:
        self.level_pct = [math.nan] * LAMPS
        self.fed_until_s = 0.0

    def set_level(self, device_id: str, level_pct: float) -> None:
        self.level_pct[int(device_id.removeprefix("lum-"))] = level_pct

    def feed(self, until_s: float) -> None:
        self.fed_until_s = until_s


class FailingStreet:
    """12 lamps, each with a presence sensor, and a vehicle radar at the lower end. People stand where `people_m` says.

    `silent` and `frozen` are sensors by number: those say nothing, these always the same. `darkest_pct` is the least light
    that somebody stood in. Without `lux` there is no light sensor; without `counted` nobody counts.
    """

    def __init__(
        self,
        people_m: Sequence[float] = (HERE * SPACING_M,),
        *,
        begin: datetime = NIGHT,
        periods: Sequence[Period] = (),
        lux: float | None = None,
        counted: bool = False,
    ) -> None:
        self.clock = Clock(begin)
        self.people_m = list(people_m)
        self.silent: set[int] = set()
        self.frozen: dict[int, bool] = {}
        self.radar_alive = True
        self.lux = lux
        self.darkest_pct = math.inf
        self._periods, self._photocell, self._counted = periods, lux is not None, counted
        self.image = Image(_points())
        self.start()
        self.run(10.0)
        self.darkest_pct = math.inf

    @property
    def now_s(self) -> float:
        return self.clock.now_s

    def start(self) -> None:
        """Start the agent, anew: nothing has been read, and what lamps give is not known."""
        self.image = Image(_points())
        self.lamps = Lamps()
        self.control = StreetControl(
            [Output(f"lum-{lamp}", SPACING_M * lamp, device_safety=True) for lamp in range(LAMPS)],
            [Sensor(f"s-{lamp}", SPACING_M * lamp) for lamp in range(LAMPS)],
            LEVELS,
            LIGHT,
            radars=[Radar("v-0", 0.0, -1)],
            night=True,
        )
        self.cell = Photocell()
        cell = self.cell if self._photocell else None
        traffic = Traffic(Road(1200.0, "two-lane")) if self._counted else None
        self.season = Season(
            Design(LEVELS.class_pct, LEVELS.base_pct, "P2", "P5"),
            Nightfall(SUN, night=True, photocell=cell),
            night=True,
            calendar=Calendar(self._periods, ALBERTSLUND),
            traffic=traffic,
        )
        inputs = SeasonInputs(
            self.image,
            photocell=None if cell is None else (LUX, cell),
            traffic=None if traffic is None else (Counter("s-4/presence/state"), traffic),
        )
        self.pin = presence_on_pin(f"s-{PIN}", DEBOUNCE_S, PIR_HOLD_S, self.image.put)
        self._pin_high = False
        self.pin.level(False, self.now_s)
        buses = {output.device: self.lamps for output in self.control.outputs}
        self.task = ControlTask(
            self.control, self.image, self.clock, self.season, inputs=inputs, buses=buses, detectors=[self.pin]
        )

    def run(self, seconds: float, step_s: float = STEP_S) -> None:
        """Let time pass."""
        for _ in range(round(seconds / step_s)):
            self.clock.now_s += step_s
            self.said_by_all()

    def rattle(self, hz: float, seconds: float) -> None:
        """Let the pin change its level so often, and control step 20 times a second."""
        began_s = self.now_s
        next_s = began_s + STEP_S
        for edge in range(1, round(seconds * 2 * hz) + 1):
            self.clock.now_s = began_s + edge / (2 * hz)
            self.pin.level(edge % 2 == 0, self.now_s)
            if self.now_s >= next_s:
                next_s = self.now_s + STEP_S
                self.said_by_all()
        self._pin_high = edge % 2 == 0

    def said_by_all(self) -> None:
        """Let all sensors that are alive say what they see, and control compute."""
        for sensor in range(LAMPS):
            if sensor not in self.silent:
                self._look(sensor, self.frozen.get(sensor, self.seen(sensor)))
        if self.radar_alive:
            self.vehicles(0, 0.0, 0.0)
        if self.lux is not None:
            self.image.put(LUX, Reading(self.lux, Quality.GOOD, "", self.now_s))
        self.step()

    def step(self) -> None:
        """Let control compute, and look at who stands where."""
        self.task.step()
        for at_m in self.people_m:
            if -SEES_M <= at_m <= SPACING_M * (LAMPS - 1) + SEES_M:
                self.darkest_pct = min(self.darkest_pct, self.lamps.level_pct[round(at_m / SPACING_M)])

    def lit(self, at_least_pct: float = CLASS_PCT) -> bool:
        """Whether nobody ever stood in less light."""
        return self.darkest_pct >= at_least_pct

    def after_s(
        self, lamps: Sequence[int], at_least_pct: float, patience_s: float = 120.0, step_s: float = STEP_S
    ) -> float:
        """Let time pass until all these lamps give so much; return how long it took, in seconds."""
        began_s = self.now_s
        while min(self.lamps.level_pct[lamp] for lamp in lamps) < at_least_pct:
            assert self.now_s - began_s < patience_s, f"still {[self.lamps.level_pct[lamp] for lamp in lamps]} %"
            self.run(step_s, step_s)
        return self.now_s - began_s

    def passes(self, speed_m_per_s: float) -> None:
        """Let somebody through, alone, from beyond one end to beyond the other, and wait for half a minute."""
        at_m = -3 * SPACING_M
        while at_m < SPACING_M * (LAMPS + 2):
            at_m += speed_m_per_s * STEP_S
            self.people_m = [at_m]
            self.run(STEP_S)
        self.people_m = []
        self.run(30.0)

    def seen(self, sensor: int) -> bool:
        """Whether somebody is where a sensor looks."""
        return any(abs(at_m - SPACING_M * sensor) <= SEES_M for at_m in self.people_m)

    def said(self, sensor: int, present: object, quality: Quality = Quality.GOOD) -> None:
        """Let a sensor say something."""
        value = present if isinstance(present, bool | float) else None
        self.image.put(f"s-{sensor}/presence/state", Reading(value, quality, "as told", self.now_s))

    def vehicles(self, count: int, distance_m: float, speed_m_per_s: float, quality: Quality = Quality.GOOD) -> None:
        """Let the vehicle radar say something."""
        for key, value in zip(VEHICLES, (count, distance_m, speed_m_per_s), strict=True):
            self.image.put(f"v-0/{key}", Reading(value, quality, "", self.now_s))

    def _look(self, sensor: int, present: bool) -> None:
        if sensor != PIN:
            self.said(sensor, present)
        elif present is not self._pin_high:
            self._pin_high = present
            self.pin.level(present, self.now_s)


def _points() -> list[Point]:
    radars = [Point(key=f"s-{n}/presence/state", type=PointType.BOOL, max_age_s=MAX_AGE_S) for n in range(PIN)]
    pir = Point(key=f"s-{PIN}/presence/state", type=PointType.BOOL, max_age_s=math.inf)
    vehicles = [Point(key=f"v-0/{key}", type=PointType.FLOAT, max_age_s=MAX_AGE_S) for key in VEHICLES]
    lux = Point(key=LUX, type=PointType.FLOAT, max_age_s=30.0)
    return [*radars, pir, *vehicles, lux, *(point for lamp in range(LAMPS) for point in lamp_points(f"lum-{lamp}"))]
