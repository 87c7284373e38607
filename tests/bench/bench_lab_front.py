"""The search that chooses the parameters of our scheme: energy against light and commands, on parts of all shipped nights.

Searched are the holds of the light's record, and those numbers of the light wave that are a choice, not a fact of streets,
sensors or people. From what they are, each is made greater and smaller in turn; what is better is kept, until nothing is, and
then again with smaller steps. One part of a night has real sensors, and one has lost messages and blind sensors, so that
nothing is fitted to ideal ones alone. All that was tried goes into the front.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from types import ModuleType

import msgspec

import agent.services
import lab_nights
from agent.lab.play import Play
from agent.lab.records import Scenario
from agent.lab.schemes import SCHEMES
from figures import Figure, figure

NAME = "lab-front"
TITLE = "The living lab: which parameters our scheme is best with (energy: mean of parts of nights)"
ONLY_NAMED = True  # minutes

HOURS = {
    "s1": 2.0,
    "s2": 1.0,
    "s3": 0.3,
    "s4": 0.2,
    "s3 real": 0.2,
    "s2 blind": 0.7,
}  # so long of each night; busy ones tell much soon
HOLDS = ("hold_s", "vehicle_hold_s")
CHOICES = (
    "_RISE", "_FALL", "_STEP", "_EARLY_S", "_STILL_S", "_SURE_M", "_LATE", "_ODD_SPEED", "_ALONE", "UNSEEN", "_FOLLOWS",
    "_EXPLAINED_S", "_LOST_M",
)  # fmt: skip
FACTORS = (1.5, 1.15)  # steps of the search
MOST_TRIES = 150
MOST_ROWS = 25
# In points of energy: U below 0.998, a point of under-lit above 0.1 %, a hundred commands a lamp-hour.
UTILITY_WORTH, UNDER_LIT_WORTH, COMMANDS_WORTH = 500.0, 5.0, 1.0
GOAL_UTILITY, GOAL_UNDER_LIT_PCT = 0.998, 0.1

Values = dict[str, float]


class Try(msgspec.Struct, frozen=True):
    """A set of parameters and what it came to: means over the nights; `utility` and `under_lit_pct` of the worst of them.

    With real and with blind sensors no scheme can have these goals: there, under-lit and dark count as they are, in points.
    """

    values: Values
    energy_pct: float
    utility: float
    under_lit_pct: float
    real_under_lit_pct: float
    blind_under_lit_pct: float
    commands: float

    @property
    def worth(self) -> float:
        """What it costs, in points of energy."""
        return (
            self.energy_pct
            + UTILITY_WORTH * max(GOAL_UTILITY - self.utility, 0.0)
            + UNDER_LIT_WORTH * max(self.under_lit_pct - GOAL_UNDER_LIT_PCT, 0.0)
            + self.real_under_lit_pct
            + self.blind_under_lit_pct
            + COMMANDS_WORTH * self.commands / 100
        )

    @property
    def goods(self) -> tuple[float, ...]:
        """What is better the smaller it is."""
        light = (-self.utility, self.under_lit_pct, self.real_under_lit_pct, self.blind_under_lit_pct)
        return tuple(round(good, 4) for good in (self.energy_pct, *light, self.commands))


def run() -> list[Figure]:
    """The front: no other try is as good in all; by worth. What was before comes first."""
    with ProcessPoolExecutor(2) as pool:
        tries = [*_search(pool)]
    before = tries[0]
    front = [one for one in tries if not any(_beats(other, one) for other in tries)]
    front.sort(key=lambda one: (one.worth, sum(one.values[name] != value for name, value in before.values.items())))
    front = [*{one.goods: one for one in front[::-1]}.values()][::-1]  # of equals, what differs least
    print(
        f"  {len(tries)} tries, {len(front)} of them on the front; a row says what differs from what is: {before.values}"
    )
    rows = [("as it is", before), *((_differs(one.values, before.values), one) for one in front[:MOST_ROWS])]
    return [
        figure(f"{number}", round(one.energy_pct, 2), "%", None, f"{_said(one)}: {how}")
        for number, (how, one) in enumerate(rows)
    ]


def _search(pool: ProcessPoolExecutor) -> Iterator[Try]:
    best = _tried(_present(), pool)
    yield best
    count = 1
    for factor in FACTORS:
        better = True
        while better and count < MOST_TRIES:
            better = False
            for name in best.values:
                for value in (best.values[name] * factor, best.values[name] / factor):
                    one = _tried({**best.values, name: float(f"{value:.3g}")}, pool)
                    count += 1
                    yield one
                    if one.worth < best.worth - 1e-3:
                        best, better = one, True
                        print(
                            f"  {count}: {name} = {one.values[name]}: {one.energy_pct:.2f} %, {_said(one)}", flush=True
                        )
                        break


def _modules() -> list[ModuleType]:
    names = [found.name for found in pkgutil.iter_modules(agent.services.__path__)]
    return [importlib.import_module(f"agent.services.{name}") for name in names]


def _present() -> Values:
    """What the parameters are now."""
    lighting = lab_nights.shipped("s1").lighting
    values: Values = {name: getattr(lighting, name) for name in HOLDS}
    for module in _modules():
        values |= {name: getattr(module, name) for name in CHOICES if isinstance(getattr(module, name, None), float)}
    return values


def _set(values: Values) -> None:
    """Give the light wave other numbers, in this process."""
    for module in _modules():
        for name in values:
            if hasattr(module, name):
                setattr(module, name, values[name])


def _tried(values: Values, pool: ProcessPoolExecutor) -> Try:
    runs = dict(zip(HOURS, pool.map(_played, [(night, values) for night in HOURS]), strict=True))
    energies, _, _, commands = (sum(column) / len(runs) for column in zip(*runs.values(), strict=True))
    ideal = [runs[night] for night in HOURS if " " not in night]
    utilities, under_lit = [played[1] for played in ideal], [played[2] for played in ideal]
    hard = (runs["s3 real"][2], runs["s2 blind"][2])
    return Try(values, energies, min(utilities), max(under_lit), *hard, commands)


def _played(job: tuple[str, Values]) -> tuple[float, float, float, float]:
    night, values = job
    _set(values)
    scenario = _part(night, values)
    account, most = (Play(scenario).run(SCHEMES[scheme](scenario)) for scheme in ("gadelys", "conventional"))
    energy_pct = 100 * account.kwh_per_lamp / most.kwh_per_lamp
    lacking_pct = 100 * (account.under_lit_share + account.dark_share)
    return energy_pct, account.utility, lacking_pct, account.commands_per_lamp_hour


def _part(night: str, values: Values) -> Scenario:
    name, _, how = night.partition(" ")
    scenario = lab_nights.shipped(name)
    if how:
        scenario = (lab_nights.with_real_sensors if how == "real" else lab_nights.with_blind_sensors)(scenario)
    lighting = msgspec.structs.replace(scenario.lighting, **{hold: values[hold] for hold in HOLDS})
    return msgspec.structs.replace(scenario, lighting=lighting, night_s=HOURS[night] * 3600)


def _beats(other: Try, one: Try) -> bool:
    return other.goods != one.goods and all(a <= b for a, b in zip(other.goods, one.goods, strict=True))


def _differs(values: Values, before: Values) -> str:
    return " ".join(f"{name}={value:g}" for name, value in values.items() if value != before[name]) or "as it is"


def _said(one: Try) -> str:
    return (
        f"U {one.utility:.4f}, under-lit {one.under_lit_pct:.2f} % ({one.real_under_lit_pct:.2f} % with real, "
        f"{one.blind_under_lit_pct:.2f} % with blind sensors), "
        f"{one.commands:.1f} commands a lamp-hour"
    )
