"""The search that chooses the parameters of our scheme: energy against light and commands, on parts of nights.

Searched are those numbers of the light wave that are a choice, not a fact of streets, sensors or people. The holds of the
light's record are not: what they cost is light for who begins or stops in the middle of a street, and nobody does in the lab.
From what they are, each is made greater and smaller in turn; what is better is kept, until nothing is, and then again with
smaller steps. Parts are of shipped and of recorded nights, one has real sensors, one lost messages and blind sensors, so that
nothing is fitted to ideal ones alone. All that was tried goes into the front.

The best of the front, and what is, are then judged on whole nights, with faults and with real sensors too, and on the
recorded streets: all nights of the quieter ones, of the three busiest, whose nights are alike, a few. The rule of
`lab_choice` chooses from these; they are kept in `lab_front.json`, and a test holds the agent against them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from functools import cache

import msgspec

import lab_choice
import lab_nights
import recorded_night
from agent.lab.play import Account, Play
from agent.lab.records import Scenario
from agent.lab.schemes import SCHEMES
from figures import Figure, figure
from lab_choice import HOLDS, Row, Values

NAME = "lab-front"
TITLE = "The living lab: which parameters our scheme is best with (energy: mean of parts of nights)"
ONLY_NAMED = True  # a quarter of an hour

PROCESSES = 1  # so many nights at a time
HOURS = {
    "s1": 2.0,
    "s2": 1.0,
    "s3": 0.3,
    "s4": 0.2,
    "s3 real": 0.2,
    "s2 blind": 0.7,
    "rigistrasse-31": 3.0,
    "drosselstrasse": 2.6,
    "walkeweg": 0.4,
    "breisacherstra": 0.2,
}  # so long of each night; busy ones tell much soon
EVENING = 2  # of a recorded street, counted from 0
BUSY_EVENINGS = 2  # that are judged
BUSY = ("leimenstrasse", "breisacherstra", "neubadstrasse")
FACTORS = (1.5, 1.15)  # steps of the search
MOST_TRIES = 80
MOST_ROWS = 25
# In points of energy: U below the goal, which leaves a margin to what is needed on whole nights; a point of under-lit above
# 0.1 %; a hundred commands a lamp-hour.
UTILITY_WORTH, UNDER_LIT_WORTH, COMMANDS_WORTH = 500.0, 5.0, 1.0
GOAL_UTILITY, GOAL_UNDER_LIT_PCT = lab_choice.LEAST_UTILITY + 0.001, lab_choice.MOST_UNDER_LIT_PCT


SHIPPED = ("s1", "s2", "s3", "s4")
SITES = dict(lab_nights.recorded_sites())
WAYS: dict[str, Callable[[Scenario], Scenario]] = {
    "": lambda scenario: scenario,
    "real": lab_nights.with_real_sensors,
    "blind": lab_nights.with_blind_sensors,
    "faults": lab_nights.with_faults,
}


class Try(msgspec.Struct, frozen=True):
    """A set of parameters and what it came to: means over the nights; `utility` and `under_lit_pct` of the worst shipped one.

    `street_utility` is the mean of the recorded ones. With real and with blind sensors no scheme can have these goals: there,
    under-lit and dark count as they are, in points.
    """

    values: Values
    energy_pct: float
    utility: float
    under_lit_pct: float
    street_utility: float
    real_under_lit_pct: float
    blind_under_lit_pct: float
    commands: float

    @property
    def worth(self) -> float:
        """What it costs, in points of energy."""
        return (
            self.energy_pct
            + UTILITY_WORTH * max(GOAL_UTILITY - self.utility, 0.0)
            + UTILITY_WORTH * max(GOAL_UTILITY - self.street_utility, 0.0)
            + UNDER_LIT_WORTH * max(self.under_lit_pct - GOAL_UNDER_LIT_PCT, 0.0)
            + self.real_under_lit_pct
            + self.blind_under_lit_pct
            + COMMANDS_WORTH * self.commands / 100
        )

    @property
    def goods(self) -> tuple[float, ...]:
        """What is better the smaller it is."""
        light = (
            -self.utility,
            -self.street_utility,
            self.under_lit_pct,
            self.real_under_lit_pct,
            self.blind_under_lit_pct,
        )
        return tuple(round(good, 4) for good in (self.energy_pct, *light, self.commands))


def run() -> list[Figure]:
    """The front: no other try is as good in all; by worth. Then what was judged, the chosen one with how it differs."""
    if not SITES:
        print(
            f"  (no recorded nights, no choice: {lab_nights.SITES} is not there; GADELYS_DATA names its folder's folder)"
        )
        return []
    with ProcessPoolExecutor(PROCESSES) as pool:
        tries = [*_search(pool)]
        before = tries[0]
        front = _front(tries)
        print(f"  {len(tries)} tries, {len(front)} of them on the front; a row says what differs from: {before.values}")
        sets = [one.values for one in _worth_judging(before, front)]
        judge = _Judge(pool)
        rows = [judge.row(values) for values in sets]
    lab_choice.keep(rows)
    shown = [("as it is", before), *((_differs(one.values, before.values), one) for one in front[:MOST_ROWS])]
    return [
        *(
            figure(f"{number}", round(one.energy_pct, 2), "%", None, f"{_said(one)}: {how}")
            for number, (how, one) in enumerate(shown)
        ),
        *(_judged(row, rows, before.values) for row in rows),
    ]


def _front(tries: list[Try]) -> list[Try]:
    before = tries[0].values
    front = [one for one in tries if not any(_beats(other, one) for other in tries)]
    front.sort(key=lambda one: (one.worth, sum(one.values[name] != value for name, value in before.items())))
    return [*{one.goods: one for one in front[::-1]}.values()][::-1]  # of equals, what differs least


def _worth_judging(before: Try, front: list[Try]) -> list[Try]:
    """What is; what is worth most; and of what uses about as little, what leaves the worst streets the most light."""
    best = front[0]
    as_good = [one for one in front if one.energy_pct <= lab_choice.AS_GOOD * best.energy_pct]
    brightest = max(as_good, key=lambda one: (one.utility + one.street_utility, -one.worth))
    return [*{id(one): one for one in (before, best, brightest)}.values()]


def _judged(row: Row, rows: list[Row], before: Values) -> Figure:
    word = (
        "CHOSEN"
        if row is lab_choice.chosen(rows)
        else f"misses {', '.join(row.misses)}"
        if row.misses
        else "good enough"
    )
    said = ", ".join(
        f"{name} {value:.4f}" if isinstance(value, float) else f"{name} { {k: round(v, 2) for k, v in value.items()} }"
        for name, value in msgspec.structs.asdict(row).items()
        if name != "values"
    )
    return figure(f"whole nights: {word}", row.mean_energy_pct, "%", None, f"{said}: {_differs(row.values, before)}")


def _search(pool: ProcessPoolExecutor) -> Iterator[Try]:
    best = _tried(lab_choice.present(), pool)
    yield best
    count = 1
    for factor in FACTORS:
        better = True
        while better and count < MOST_TRIES:
            better = False
            for name in (name for name in best.values if name not in HOLDS):
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


def _tried(values: Values, pool: ProcessPoolExecutor) -> Try:
    runs = dict(zip(HOURS, pool.map(_played, [(night, values) for night in HOURS]), strict=True))
    energies, _, _, commands = (sum(column) / len(runs) for column in zip(*runs.values(), strict=True))
    ideal = [runs[night] for night in HOURS if night in SHIPPED]
    streets = [runs[night][1] for night in HOURS if night in SITES]
    utilities, under_lit = [played[1] for played in ideal], [played[2] for played in ideal]
    hard = (runs["s3 real"][2], runs["s2 blind"][2])
    return Try(values, energies, min(utilities), max(under_lit), sum(streets) / len(streets), *hard, commands)


def _played(job: tuple[str, Values]) -> tuple[float, float, float, float]:
    night, values = job
    account = _night(_part(night), values)
    energy_pct = 100 * account.kwh_per_lamp / _full_kwh(night)
    lacking_pct = 100 * (account.under_lit_share + account.dark_share)
    return energy_pct, account.utility, lacking_pct, account.commands_per_lamp_hour


@cache
def _full_kwh(night: str) -> float:
    return lab_nights.played(_part(night), "conventional").kwh_per_lamp


@cache
def _part(night: str) -> Scenario:
    name, _, how = night.partition(" ")
    scenario = (
        WAYS[how](lab_nights.shipped(name)) if name in SHIPPED else lab_nights.recorded(name, SITES[name][EVENING])
    )
    return msgspec.structs.replace(scenario, night_s=HOURS[night] * 3600)


def _night(scenario: Scenario, values: Values) -> Account:
    """Play a night under our scheme, with these parameters."""
    lab_choice.put(values)
    lighting = msgspec.structs.replace(scenario.lighting, **{hold: values[hold] for hold in HOLDS})
    scenario = msgspec.structs.replace(scenario, lighting=lighting)
    return Play(scenario).run(SCHEMES["gadelys"](scenario))


def _whole(job: tuple[str, str, Values]) -> Account:
    name, how, values = job
    scenario = (
        WAYS[how](lab_nights.shipped(name)) if name in SHIPPED else lab_nights.recorded(name, date.fromisoformat(how))
    )
    return _night(scenario, values) if values else lab_nights.played(scenario, "neighbour-lease")


def _simulated(values: Values) -> float:
    """Return the share of under-lit time on the simulated street."""
    lab_choice.put(values)
    score = recorded_night.played(recorded_night.without_long_gaps(recorded_night.night())).world.score
    return score.underlit_s / score.user_s


class _Judge:
    """Plays whole nights. Full light all night is the same in all of them."""

    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self._pool = pool
        self._full_kwh = lab_nights.played(lab_nights.shipped("s1"), "conventional").kwh_per_lamp
        self._lease = {name: self._street(name, {})[0] for name in SITES}

    def row(self, values: Values) -> Row:
        """Return what nights come to under a set of parameters."""
        jobs = [(name, how, values) for how in ("", "real", "faults") for name in SHIPPED]
        done = [*self._pool.map(_whole, jobs)]
        plain, real, faults = (done[at : at + len(SHIPPED)] for at in range(0, len(done), len(SHIPPED)))
        streets = {name: self._street(name, values) for name in SITES}
        energies = {name: self._pct(account) for name, account in zip(SHIPPED, plain, strict=True)}
        row = Row(
            values=values,
            energy_pct=energies | {name: energy_pct for name, (energy_pct, _) in streets.items()},
            utility=min(account.utility for account in plain),
            under_lit_pct=100 * max(account.under_lit_share for account in plain),
            street_utility=min(utility for _, utility in streets.values()),
            over_lease_pct=max(energy_pct - self._lease[name] for name, (energy_pct, _) in streets.items()),
            real_utility=min(account.utility for account in real),
            real_under_lit_pct=100 * max(account.under_lit_share for account in real),
            simulated_under_lit_pct=100 * self._pool.submit(_simulated, values).result(),
            faults_under_lit_pct=100 * max(account.under_lit_share for account in faults),
            faults_dark_pct=100 * max(account.dark_share for account in faults),
            commands=sum(account.commands_per_lamp_hour for account in plain) / len(plain),
        )
        print(f"  judged: {row.mean_energy_pct:.3f} %, {row.misses or 'good enough'}", flush=True)
        return row

    def _street(self, name: str, values: Values) -> tuple[float, float]:
        evenings = SITES[name][: BUSY_EVENINGS if name in BUSY else None]
        nights = [*self._pool.map(_whole, [(name, f"{evening}", values) for evening in evenings])]
        return sum(map(self._pct, nights)) / len(nights), sum(night.utility for night in nights) / len(nights)

    def _pct(self, account: Account) -> float:
        return 100 * account.kwh_per_lamp / self._full_kwh


def _beats(other: Try, one: Try) -> bool:
    return other.goods != one.goods and all(a <= b for a, b in zip(other.goods, one.goods, strict=True))


def _differs(values: Values, before: Values) -> str:
    return " ".join(f"{name}={value:g}" for name, value in values.items() if value != before[name]) or "as it is"


def _said(one: Try) -> str:
    return (
        f"U {one.utility:.4f}, {one.street_utility:.4f} on streets, under-lit {one.under_lit_pct:.2f} % "
        f"({one.real_under_lit_pct:.2f} % with real, "
        f"{one.blind_under_lit_pct:.2f} % with blind sensors), "
        f"{one.commands:.1f} commands a lamp-hour"
    )
