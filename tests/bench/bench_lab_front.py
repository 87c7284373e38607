"""The search that chooses the parameters of our scheme: energy against light and commands, on parts of all shipped nights.

Searched are all parameters of the light that its record offers. From the defaults on, each is made smaller and greater in
turn; what is better is kept, until nothing is, and then again with smaller steps. All that was tried goes into the front.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import msgspec

import lab_nights
from agent.lab.play import Play
from agent.lab.records import Scenario
from agent.lab.schemes import SCHEMES
from agent.services.lighting import Light
from figures import Figure, figure

NAME = "lab-front"
TITLE = "The living lab: which parameters our scheme is best with (energy, mean of s1 to s4, first hours)"
ONLY_NAMED = True  # minutes

HOURS = {"s1": 4.0, "s2": 2.0, "s3": 0.5, "s4": 0.25}  # so long of each night; busy ones tell much in little time
FACTORS = (1.5, 1.15)  # steps of the search
LEAST = 0.2  # what follows 0, upwards
MOST_TRIES = 80
# Worth of light and of quiet, in points of energy: U below 0.998, under-lit above 0.1 %, a hundred commands a lamp-hour.
UTILITY_WORTH, UNDER_LIT_WORTH, COMMANDS_WORTH = 500.0, 5.0, 1.0
GOAL_UTILITY, GOAL_UNDER_LIT_PCT = 0.998, 0.1


class Try(msgspec.Struct, frozen=True):
    """A set of parameters and what it came to: means over the nights; `under_lit_pct` and `utility` of the worst of them."""

    values: dict[str, float]
    energy_pct: float
    utility: float
    under_lit_pct: float
    commands: float

    @property
    def worth(self) -> float:
        """What it costs, in points of energy."""
        return (
            self.energy_pct
            + UTILITY_WORTH * max(GOAL_UTILITY - self.utility, 0.0)
            + UNDER_LIT_WORTH * max(self.under_lit_pct - GOAL_UNDER_LIT_PCT, 0.0)
            + COMMANDS_WORTH * self.commands / 100
        )


def run() -> list[Figure]:
    """The front: no other try is better in energy, U, under-lit and commands; the best by worth comes first."""
    with ProcessPoolExecutor(2) as pool:
        tries = [*_search(pool)]
    front = sorted((one for one in tries if not any(_beats(other, one) for other in tries)), key=lambda one: one.worth)
    print(f"  {len(tries)} tries, {len(front)} of them on the front")
    return [figure(_named(one.values), round(one.energy_pct, 3), "%", None, _said(one)) for one in front]


def _search(pool: ProcessPoolExecutor) -> Iterator[Try]:
    best = _tried(_defaults(), pool)
    yield best
    count = 1
    for factor in FACTORS:
        better = True
        while better and count < MOST_TRIES:
            better = False
            for name in best.values:
                for value in (best.values[name] * factor or LEAST, best.values[name] / factor):
                    if round(value, 3) == best.values[name]:
                        continue  # there is nothing below 0
                    one = _tried({**best.values, name: round(value, 3)}, pool)
                    count += 1
                    yield one
                    if one.worth < best.worth - 1e-6:
                        best, better = one, True
                        print(f"  {count}: {_named(one.values)}: {one.energy_pct:.2f} %, {_said(one)}", flush=True)
                        break


def _defaults() -> dict[str, float]:
    values = msgspec.structs.asdict(lab_nights.shipped("s1").lighting)
    return {name: values[name] for name in Light.__struct_fields__ if isinstance(values.get(name), float)}


def _tried(values: dict[str, float], pool: ProcessPoolExecutor) -> Try:
    runs = [*pool.map(_played, [(name, values) for name in HOURS])]
    energies, utilities, under_lit, commands = zip(*runs, strict=True)
    return Try(values, sum(energies) / len(runs), min(utilities), max(under_lit), sum(commands) / len(runs))


def _played(job: tuple[str, dict[str, float]]) -> tuple[float, float, float, float]:
    name, values = job
    scenario = _part(name, values)
    account, most = (Play(scenario).run(SCHEMES[scheme](scenario)) for scheme in ("gadelys", "conventional"))
    energy_pct = 100 * account.kwh_per_lamp / most.kwh_per_lamp
    return energy_pct, account.utility, 100 * account.under_lit_share, account.commands_per_lamp_hour


def _part(name: str, values: dict[str, float]) -> Scenario:
    scenario = lab_nights.shipped(name)
    lighting = msgspec.structs.replace(scenario.lighting, **values)
    return msgspec.structs.replace(scenario, lighting=lighting, night_s=HOURS[name] * 3600)


def _beats(other: Try, one: Try) -> bool:
    better = (other.energy_pct, -other.utility, other.under_lit_pct, other.commands)
    worse = (one.energy_pct, -one.utility, one.under_lit_pct, one.commands)
    return better != worse and all(a <= b for a, b in zip(better, worse, strict=True))


def _named(values: dict[str, float]) -> str:
    return " ".join(f"{name.removesuffix('_s').removesuffix('_m')}={value:g}" for name, value in values.items())


def _said(one: Try) -> str:
    return f"U {one.utility:.4f}, under-lit {one.under_lit_pct:.2f} %, {one.commands:.1f} commands a lamp-hour"
