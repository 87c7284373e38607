"""One street's control without clock or wire: night, sensors and demands in, levels to write out. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import msgspec

from agent.control.class_fade import ClassFade
from agent.control.gear import Gear
from agent.control.leases import RUNG, WINNER, LeaseBook
from agent.services.cells import Sensor
from agent.services.crowd import MOST_TRACKS
from agent.services.lighting import Light, LightWave, Radar, Rings
from agent.services.road_users import RoadUser
from cext import lighting

_LEAST_PCT = 1e-9  # less light than any lamp can give


class Levels(msgspec.Struct, frozen=True):
    """The levels of a street in per cent of full light, and its fades in seconds for full scale.

    `class_pct` is what the street was designed for: the safe level, and the light where a sensor cannot be believed.
    """

    class_pct: float
    base_pct: float
    floor_pct: float
    night_minimum_pct: float
    presence_pct: float
    near_pct: float
    far_pct: float
    fade_up_s: float
    fade_down_s: float


class Output(msgspec.Struct, frozen=True):
    """A lamp: the device, its place, and whether its unit lights it by itself when the agent is gone.

    `fades`: the ways in which its unit fades by itself; `gear`: what its driver makes of what it is told.
    """

    device: str
    position_m: float
    device_safety: bool
    fades: Sequence[Literal["up", "down"]] = ()
    gear: Gear = Gear()


def safe_pct(night: bool | None, class_pct: float) -> float:
    """Return the safe level in per cent: off only in a day that is known to be one, else the class level."""
    return 0.0 if night is False else class_pct


class StreetControl:
    """Arbitration, light wave and ramps of one street around the kernel. `step` returns what is to be written."""

    def __init__(  # noqa: PLR0913 - what a street is made of
        self,
        outputs: Sequence[Output],
        sensors: Sequence[Sensor],
        levels: Levels,
        light: Light,
        *,
        radars: Sequence[Radar] = (),
        night: bool | None,
    ) -> None:
        self.outputs = outputs
        self.sensors = sensors
        self.radars = radars
        self.levels = levels
        self.kernel = lighting.Street(
            len(outputs), (levels.presence_pct, levels.near_pct, levels.class_pct), users=MOST_TRACKS
        )
        self.leases = LeaseBook(self.kernel)
        rings = Rings(levels.presence_pct, levels.near_pct, levels.far_pct, levels.fade_up_s, levels.fade_down_s)
        self.wave = LightWave([out.position_m for out in outputs], sensors, light, rings, self.kernel, radars)
        self._known = [(False, True)] * len(sensors)
        self.night: bool | None = night
        self._rests = ClassFade(levels.class_pct, levels.base_pct)
        self._first = True
        self._plain = [output.gear.plain for output in outputs]
        for lamp, output in enumerate(outputs):
            up_alone, down_alone = "up" in output.fades, "down" in output.fades
            self.kernel.set_fade(lamp, levels.fade_up_s, levels.fade_down_s, up_alone=up_alone, down_alone=down_alone)
            self.kernel.set_curve(lamp, output.gear.curve_number, output.gear.minimum_pct)
            # Boot and restart begin at the class level and fade to what is wanted: nobody is left in the dark.
            self.kernel.set_level(lamp, 0.0 if night is False else levels.class_pct)
            self.kernel.set_lease(lamp, RUNG["default"], 100.0, math.inf)
        self._apply_night()

    def see(self, sensor: int, present: bool, faulty: bool, now_s: float) -> bool:
        """Take what a sensor says; by day it is only remembered. True if that is news."""
        news = self._known[sensor] != (present, faulty)
        self._known[sensor] = (present, faulty)
        if self.night is not False:
            self.wave.see(sensor, present=present, faulty=faulty, now_s=now_s)
        return news

    def approach(self, radar: int, distance_m: float, speed_m_per_s: float, seen_s: float) -> None:
        """Take that a vehicle comes nearer to a radar; by day that is nothing to the light."""
        if self.night is not False:
            self.wave.approach(radar, distance_m, speed_m_per_s, seen_s)

    def blind(self, radar: int, *, faulty: bool) -> None:
        """Take whether a radar can be believed."""
        self.wave.blind(radar, faulty=faulty)

    def announce(self, user: RoadUser, until_s: float) -> None:
        """Take that a neighbour tells of somebody who comes. It may only raise light, and until then at most."""
        if self.night is not False:
            self.wave.announce(user, until_s)

    def seam(self, end: Literal[-1, 1], silent: bool) -> None:
        """Take whether the neighbour at the lower (-1) or the higher end is silent: the class level there."""
        self.wave.seam(end, silent=silent)

    def road_users(self, now_s: float) -> Sequence[RoadUser]:
        """Return whoever is believed to be on the street; by day nobody is followed."""
        return self.wave.road_users(now_s)

    def set_night(self, night: bool | None) -> None:
        """Take that it is night, day, or not known (neither clock nor photocell), which is lit."""
        if night is not self.night:
            self.night = night
            self._rests.finish()
            self._apply_night()

    def set_rest(self, class_pct: float, base_pct: float, now_s: float) -> None:
        """Take the class in force and the base level; at night they are gone to so slowly that nobody sees it."""
        self._rests.aim(class_pct, base_pct, now_s)
        if self.night is not True:
            self._rests.finish()  # nobody can see it

    def step(self, now_s: float) -> list[tuple[int, float]]:
        """Compute all lamps; return (lamp, what its driver is told, per cent) where that changed, at first of all of them."""
        if self.night is not False:
            self.wave.step(now_s)
        if now_s >= self._rests.next_s:
            self._rests.step(now_s)
            self._apply_night()
        count = self.kernel.step(now_s)
        # What a lamp gives at the start is assumed, not known: the first levels are written whatever they are.
        changed = range(len(self.outputs)) if self._first else self.kernel.changed[:count]
        self._first = False
        return [(lamp, self.kernel.output(lamp)) for lamp in changed]

    def nearest_first(
        self, changed: Sequence[tuple[int, float]], entered: Sequence[int]
    ) -> Sequence[tuple[int, float]]:
        """Return what `step` returned in the order in which lamps are needed where these sensors have just seen somebody."""
        if not entered:
            return changed
        seen_m = [self.sensors[sensor].position_m for sensor in entered]
        return sorted(changed, key=lambda one: min(abs(self.outputs[one[0]].position_m - at_m) for at_m in seen_m))

    def next_s(self, now_s: float) -> float:
        """Return when a step is due if nothing is set and no sensor has news; now while a lamp fades."""
        wave_s = math.inf if self.night is False else self.wave.next_s()
        return max(min(self.kernel.next_s(), wave_s, self._rests.next_s), now_s)

    def aged(self, lamp: int, hours: float) -> None:
        """Take how long a lamp has burnt, in hours: a new one is told less, where its maintenance curve is known."""
        self.kernel.set_clo(lamp, self.outputs[lamp].gear.clo(hours))

    def commanded_pct(self, lamp: int) -> float:
        """Return the light that a lamp is to come to: its target, or the least that it can give."""
        target_pct = self.kernel.target(lamp)
        if self._plain[lamp] or target_pct == 0.0:
            return target_pct
        return max(target_pct, self.kernel.light_of(lamp, self.kernel.output_of(lamp, _LEAST_PCT)))

    def proof_pct(self, lamp: int) -> float:
        """Return the light that is read back of a lamp that has come to its target: as near as its driver can get."""
        return self.kernel.light_of(lamp, self.kernel.output_of(lamp, self.kernel.target(lamp)))

    def winner(self, lamp: int) -> str:
        """Return the rung that holds a lamp, or `floor`."""
        return WINNER[self.kernel.winner(lamp)]

    def safe_pct(self) -> float:
        """Return the safe level of all lamps: off only in a day that is trusted, else the class level."""
        return safe_pct(self.night, self.levels.class_pct)

    def safe_output_pct(self, lamp: int) -> float:
        """Return what a lamp's driver is told for the safe level."""
        return self.kernel.output_of(lamp, self.safe_pct())

    def _apply_night(self) -> None:
        levels = self.levels
        class_pct, base_pct = self._rests.now
        if self.night is False:
            self.wave.clear()
        for lamp, output in enumerate(self.outputs):
            if self.night is False:
                self.kernel.clear_needs(lamp)
                self._rest(lamp, schedule_pct=0.0, floor_pct=0.0)
            elif self.night is None:
                self.kernel.clear_lease(lamp, RUNG["schedule"])  # what follows is the default: lit
                self.kernel.set_limits(lamp, levels.class_pct, 100.0)
            else:
                least_pct = (
                    levels.floor_pct if output.device_safety else max(levels.floor_pct, levels.night_minimum_pct)
                )
                # A lamp that no sensor watches cannot know when it is needed: it keeps the class in force.
                rest_pct = base_pct if self.wave.covered[lamp] else class_pct
                self._rest(lamp, schedule_pct=rest_pct, floor_pct=least_pct)

    def _rest(self, lamp: int, *, schedule_pct: float, floor_pct: float) -> None:
        self.kernel.set_lease(lamp, RUNG["schedule"], schedule_pct, math.inf)
        self.kernel.set_limits(lamp, floor_pct, 100.0)
