"""One night under one scheme: commands into the kernel, the account out of it. Pure."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from agent.lab.commands import Plan
from agent.lab.records import KINDS, Scenario
from cext.night import Night

DARK_LEVEL, DARK_AFTER_S, NEAREST_M = 0.1, 2.0, 15.0

Progress = Callable[[float], None]


class Account(msgspec.Struct, frozen=True):
    """What a night came to.

    `kwh_per_lamp` and `commands_per_lamp_hour` are of the scored lamps; `utility` is the mean of u over all scored user-steps
    (1 where there were none), `under_lit_share` those with u < 0.9, `dark_share` those whose nearest lamp had been below a
    tenth of full light for more than 2 s; `utilities` by KINDS.
    """

    kwh_per_lamp: float
    utility: float
    under_lit_share: float
    dark_share: float
    commands_per_lamp_hour: float
    utilities: tuple[float, ...]
    kwh_by_hour: tuple[float, ...]


class Picture(msgspec.Struct):
    """The mean level of each lamp in spans of a night, in per cent, a row of all lamps for each span from `from_step` on."""

    from_step: int
    until_step: int
    span_steps: int
    rows: list[bytes]


def night_of(scenario: Scenario) -> Night:
    """Return the kernel with the scenario's street, lamps and people, before the first step."""
    street, lamp = scenario.street, scenario.lamp
    night = Night(len(street.lamps), scenario.step_s, up_s=lamp.fade_up_s, down_s=lamp.fade_down_s)
    night.set_power(lamp.off_w, lamp.standing_w, lamp.full_w)
    night.set_ways([way.lamps for way in street.ways], [way.scored_m for way in street.ways])
    night.set_rings([[(ring.behind_m, ring.ahead_m, ring.level) for ring in rings] for rings in scenario.rings])
    night.set_users([msgspec.structs.astuple(passer) for passer in scenario.passers])
    night.set_dark(DARK_LEVEL, DARK_AFTER_S, NEAREST_M)
    return night


class Play:
    """Goes through a night, stopping at each hour, and at each row of the pictures."""

    def __init__(self, scenario: Scenario, pictures: tuple[Picture, ...] = ()) -> None:
        self.scenario = scenario
        self.pictures = pictures
        self._night = night_of(scenario)
        self._by_hour: list[float] = []
        self._light_s = [[0.0] * len(scenario.street.lamps) for _ in pictures]
        hour = round(3600 / scenario.step_s)
        stops = {*range(hour, scenario.steps, hour), scenario.steps}
        for picture in pictures:
            stops |= set(range(picture.from_step, picture.until_step + 1, picture.span_steps))
        self._stops = sorted(stops)[::-1]

    def run(self, plan: Plan, progress: Progress = lambda _share: None) -> Account:
        """Play it to the end."""
        for lamp in range(len(self.scenario.street.lamps)):
            self._night.set_level(lamp, plan.begin)
        go = self._night.run_to_needs if plan.follows_needs else self._night.run
        for step, lamp, level in plan.commands:
            while self._stops and self._stops[-1] <= step:
                self._stop(go, progress)
            go(step)
            self._night.command(lamp, level)
        while self._stops:
            self._stop(go, progress)
        return self._account()

    def _stop(self, go: Callable[[int], None], progress: Progress) -> None:
        step, hour = self._stops.pop(), round(3600 / self.scenario.step_s)
        go(step)
        for picture, before in zip(self.pictures, self._light_s, strict=True):
            if picture.from_step <= step <= picture.until_step and not (step - picture.from_step) % picture.span_steps:
                self._draw(picture, before, first=step == picture.from_step)
        if step % hour == 0 or step == self.scenario.steps:
            self._by_hour.append(self._kwh())
            progress(step / self.scenario.steps)

    def _draw(self, picture: Picture, before: list[float], *, first: bool) -> None:
        light_s = [self._night.light_s(lamp) for lamp in range(len(before))]
        span_s = picture.span_steps * self.scenario.step_s
        if not first:
            shares = [(now - then) / span_s for now, then in zip(light_s, before, strict=True)]
            picture.rows.append(bytes(min(max(round(100 * share), 0), 100) for share in shares))
        before[:] = light_s

    def _kwh(self) -> float:
        scored = self.scenario.street.scored
        return sum(self._night.energy_j(lamp) for lamp in scored) / 3.6e6 / len(scored)

    def _account(self) -> Account:
        scored, hours = self.scenario.street.scored, self.scenario.night_s / 3600
        kinds = [self._night.account(kind) for kind in range(len(KINDS))]
        sums = [sum(column) for column in zip(*kinds, strict=True)]
        users = sums[1]
        return Account(
            kwh_per_lamp=self._by_hour[-1],
            utility=sums[0] / users if users else 1.0,
            under_lit_share=sums[2] / users if users else 0.0,
            dark_share=sums[3] / users if users else 0.0,
            commands_per_lamp_hour=sum(self._night.commands(lamp) for lamp in scored) / len(scored) / hours,
            utilities=tuple(kind[0] / kind[1] if kind[1] else 1.0 for kind in kinds),
            kwh_by_hour=tuple(b - a for a, b in zip([0.0, *self._by_hour], self._by_hour, strict=False)),
        )
