"""People on a street on which things fail by chance, and a judge of the light that they have. It knows no tracker.

The world's arithmetic is its own: who is where, what a head sees of it, what of that is lost on the way, what a lamp gives
that hears nothing any more.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field

from agent.services.road_users import RoadUser
from drivers.points import Quality
from failing_street import LAMPS, MAX_AGE_S, PIN, SEES_M, SPACING_M, FailingStreet
from street_levels import LEVELS

STEP_S = 0.1
POLL_S = 0.45
CLEARS_S = 5.0  # a head goes on seeing somebody for so long
LOST = 0.05  # of polls, edges and messages
LOOK_S = 1.0  # an edge of a pin that was lost is found by the next look
SAFE_AFTER_S = 2.0  # a unit that is not fed lights its lamp
DOWN_S = 4.0  # from the agent's death to its start
ONE_IN_S, MOST_PEOPLE = 60.0, 4
FROM_M, TO_M = -150.0, SPACING_M * (LAMPS - 1) + 150.0  # people come and go so far off
# Somebody is under a lamp without the class level for so long at most: until a silence is known, the fade, two steps.
NONSENSE = (
    (None, Quality.BAD),
    (math.nan, Quality.GOOD),
    (None, Quality.GOOD),
    (True, Quality.STALE),
    (True, Quality.GOOD),
)
LONGEST_S = MAX_AGE_S + LEVELS.fade_up_s + 3 * STEP_S


@dataclass(slots=True)
class Somebody:
    """Who walks or drives, and may stand for a while on the way."""

    number: int
    at_m: float
    speed: float
    stands_at_m: float | None
    stands_s: float

    def go(self) -> None:
        after_m = self.at_m + self.speed * STEP_S
        place_m = self.stands_at_m
        if place_m is not None and self.stands_s > 0.0 and (self.at_m - place_m) * (after_m - place_m) <= 0.0:
            self.stands_s -= STEP_S
        else:
            self.at_m = after_m


@dataclass(slots=True)
class Judged:
    """What the judge saw: seconds of people on the street, those in less than the class level, and what broke a rule."""

    user_s: float = 0.0
    underlit_s: float = 0.0
    longest_s: float = 0.0
    light_pct: float = 0.0  # means of all lamps, added up
    steps: int = 0
    broken: list[str] = field(default_factory=list)
    happened: dict[str, int] = field(default_factory=dict)

    @property
    def mean_pct(self) -> float:
        """The mean level of all lamps, in per cent."""
        return self.light_pct / self.steps


class Campaign:
    """One street, one seed. `liar` is a sensor that never sees anybody and works otherwise; none: all are honest."""

    def __init__(self, seed: int, *, liar: int | None, faults: bool = True) -> None:
        self.dice = random.Random(seed)
        self.name = f"seed {seed}, liar {liar}"
        self.street = FailingStreet(())
        self.people: list[Somebody] = []
        self.judged = Judged()
        self.liar = liar
        self.offline_until_s = 0.0  # no neighbour is heard before
        self._faults = faults
        self._number = 0
        self._seen_s = [-1e9] * LAMPS
        self._poll_s = [self.street.now_s + POLL_S * n / LAMPS for n in range(LAMPS)]
        self._silent_until_s = [0.0] * LAMPS
        self._stuck_until_s = [0.0] * PIN
        self._mad_until_s = [0.0] * PIN
        self._seam_until_s = {-1: 0.0, 1: 0.0}
        self._deaf_s = {-1: 0.0, 1: 0.0}
        self._clock_until_s = self._radar_until_s = self._down_until_s = self._down_from_s = 0.0
        self._pin_told, self._pin_look_s = False, 0.0
        self._given = list(self.street.lamps.level_pct)
        self._under_s = [0.0] * LAMPS

    def run(self, seconds: float) -> Judged:
        """Let time pass."""
        for _ in range(round(seconds / STEP_S)):
            self.street.clock.now_s += STEP_S
            self._people()
            if self._faults:
                self._fail()
            self._see()
            self._outputs()
            self._judge()
        return self.judged

    # ---- The world ---------------------------------------------------------------------------------------------------

    def _people(self) -> None:
        for one in self.people:
            one.go()
        self.people = [one for one in self.people if FROM_M <= one.at_m <= TO_M]
        if len(self.people) < MOST_PEOPLE and self.dice.random() < STEP_S / ONE_IN_S:
            self._number += 1
            drives = self.dice.random() < 0.4
            speed = self.dice.uniform(8.0, 16.0) if drives else self.dice.uniform(0.5, 2.0)
            stands = not drives and self.dice.random() < 0.4
            door = not drives and self.dice.random() < 0.2
            lamp = self.dice.randrange(LAMPS)
            way = self.dice.choice((-1, 1))
            self.people.append(
                Somebody(
                    self._number,
                    SPACING_M * lamp if door else FROM_M if way > 0 else TO_M,
                    way * speed,
                    SPACING_M * self.dice.randrange(LAMPS) + self.dice.uniform(-8.0, 8.0) if stands else None,
                    self.dice.uniform(5.0, 120.0),
                )
            )

    def _see(self) -> None:
        now_s, street = self.street.now_s, self.street
        if now_s < self._down_until_s:
            return
        for sensor in range(LAMPS):
            if any(abs(one.at_m - SPACING_M * sensor) <= SEES_M for one in self.people):
                self._seen_s[sensor] = now_s
        for sensor in range(PIN):
            if now_s >= self._poll_s[sensor]:
                self._poll_s[sensor] += POLL_S
                if now_s >= self._silent_until_s[sensor] and self.dice.random() >= LOST:
                    self._answer(sensor)
        self._pin()
        if now_s >= self._radar_until_s:
            coming = [one for one in self.people if -60.0 < one.at_m < 0.0 and one.speed > 3.0]
            first = max(coming, key=lambda one: one.at_m, default=None)
            street.vehicles(len(coming), -first.at_m if first else 0.0, first.speed if first else 0.0)
        self._neighbours()

    def _answer(self, sensor: int) -> None:
        """A head on the line is polled."""
        now_s = self.street.now_s
        present = sensor != self.liar and now_s - self._seen_s[sensor] <= CLEARS_S
        if now_s < self._mad_until_s[sensor]:
            self.street.said(sensor, *self.dice.choice(NONSENSE))
        else:
            self.street.said(sensor, present or now_s < self._stuck_until_s[sensor])

    def _pin(self) -> None:
        """The PIR is heard by its edges, and looked at once a second, if one was lost."""
        now_s = self.street.now_s
        high = self._seen_s[PIN] == now_s
        if high is not self._pin_told and (self.dice.random() >= LOST or now_s >= self._pin_look_s):
            self._pin_told = high
            self.street.pin.level(high, now_s)
        if now_s >= self._pin_look_s:
            self._pin_look_s = now_s + LOOK_S

    def _neighbours(self) -> None:
        """A neighbour at each end tells of who comes from there, twice a second."""
        now_s = self.street.now_s
        for end, end_m in ((-1, 0.0), (1, SPACING_M * (LAMPS - 1))):
            silent = now_s < max(self._seam_until_s[end], self.offline_until_s)
            if not silent:
                self._deaf_s[end] = now_s
            self.street.control.seam(1 if end > 0 else -1, silent=now_s - self._deaf_s[end] >= 2.0)
            if silent or round(now_s / STEP_S) % 5:
                continue
            for one in self.people:
                beyond_m = (one.at_m - end_m) * end
                if 0.0 < beyond_m < 120.0 and one.speed * end < 0.0 and self.dice.random() >= LOST:
                    told = RoadUser(one.number, "unknown", one.at_m, one.speed, 2.0, now_s, 0.9)
                    self.street.control.announce(told, now_s + 1.5)

    # ---- What fails --------------------------------------------------------------------------------------------------

    def _fail(self) -> None:
        now_s, chance = self.street.now_s, self.dice
        if self._now(60.0, "a sensor dies"):
            self._silent_until_s[chance.randrange(LAMPS)] = now_s + chance.uniform(0.5, 120.0)
        if self._now(300.0, "all sensors die"):
            self._silent_until_s = [now_s + chance.uniform(0.5, 30.0)] * LAMPS
        if self._now(240.0, "a neighbour is silent"):
            self._seam_until_s[chance.choice((-1, 1))] = now_s + chance.uniform(1.0, 60.0)
        if self._now(240.0, "the vehicle radar dies"):
            self._radar_until_s = now_s + chance.uniform(1.0, 60.0)
        if self._now(400.0, "the clock is not trusted"):
            self._clock_until_s = now_s + chance.uniform(1.0, 30.0)
        if self._now(240.0, "a sensor always sees somebody"):
            self._stuck_until_s[chance.randrange(PIN)] = now_s + chance.uniform(10.0, 120.0)
        if self._now(120.0, "a sensor talks nonsense"):
            self._mad_until_s[chance.randrange(PIN)] = now_s + chance.uniform(1.0, 30.0)
        if self._now(240.0, "the pin is lost"):
            self.street.pin.lost("by chance", now_s)
            self._pin_told = False
        if now_s >= self._down_until_s and self._now(200.0, "the agent dies"):
            self._down_from_s, self._down_until_s = now_s, now_s + DOWN_S
        self.street.clock.trusted = now_s >= self._clock_until_s

    def _now(self, every_s: float, what: str) -> bool:
        """Whether it happens in this step: on average once in so many seconds."""
        happens = self.dice.random() < STEP_S / every_s
        if happens:
            self.judged.happened[what] = self.judged.happened.get(what, 0) + 1
        return happens

    # ---- What the lamps give, and who sees by it ---------------------------------------------------------------------

    def _outputs(self) -> None:
        """A level is given a step after it was told; a unit that is not fed goes to the class level."""
        now_s, street = self.street.now_s, self.street
        self._given = list(street.lamps.level_pct)
        if now_s < self._down_until_s:
            if now_s >= self._down_from_s + SAFE_AFTER_S:
                street.lamps.level_pct = [LEVELS.class_pct] * LAMPS
        elif self._down_from_s:
            self._down_from_s = 0.0
            street.start()
            self._pin_told = False
            street.step()
        else:
            street.step()

    def _judge(self) -> None:
        self.judged.light_pct += sum(self._given) / LAMPS
        self.judged.steps += 1
        for lamp, level_pct in enumerate(self._given):
            here = [one for one in self.people if abs(one.at_m - SPACING_M * lamp) <= SEES_M]
            if level_pct < LEVELS.base_pct - 1e-6:
                self._tell(f"lum-{lamp} at {level_pct:.1f} %, below the base level")
            under = bool(here) and level_pct < LEVELS.class_pct - 1e-6
            self._under_s[lamp] = self._under_s[lamp] + STEP_S if under else 0.0
            if under and lamp != self.liar:
                self.judged.longest_s = max(self.judged.longest_s, self._under_s[lamp])
                if LONGEST_S < self._under_s[lamp] <= LONGEST_S + STEP_S:
                    self._tell(f"lum-{lamp} at {level_pct:.1f} % for too long with {here}")
        for one in self.people:
            if 0.0 <= one.at_m <= SPACING_M * (LAMPS - 1):
                self.judged.user_s += STEP_S
                if self._given[round(one.at_m / SPACING_M)] < LEVELS.class_pct - 1e-6:
                    self.judged.underlit_s += STEP_S

    def _tell(self, what: str) -> None:
        if len(self.judged.broken) < 20:
            self.judged.broken.append(f"{self.name}, {self.street.now_s:.1f} s: {what}")
