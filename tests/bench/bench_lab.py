"""The living lab's figures: all schemes on the shipped nights, ours when things fail, and all recorded nights."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import date

import lab_nights
from agent.lab.play import Account
from agent.lab.records import Scenario
from agent.lab.schemes import SCHEMES
from figures import Figure, figure

NAME = "lab"
TITLE = "The living lab: schemes on s0 to s4, faults, recorded nights (energy in per cent of conventional)"
ONLY_NAMED = True  # minutes

NIGHTS = ("s0", "s1", "s2", "s3", "s4")
GOAL_PCT = {"s1": 3.7, "s2": 11.5, "s3": 29.2, "s4": 51.2}
GOAL_10_PCT = {"s1": 16.9, "s2": 23.4, "s3": 40.9, "s4": 61.3}
GOAL_UTILITY, GOAL_UNDER_LIT_PCT, FAULTS_UNDER_LIT_PCT = 0.998, 0.1, 5.0
RIVALS = ("motion", "neighbour-lease", "gadelys")

Job = tuple[str, str, str]  # night, how, scheme


def run() -> list[Figure]:
    """Two nights at a time; what is done is shown at once."""
    with ProcessPoolExecutor(2) as pool:
        jobs = [(name, "", scheme) for name in NIGHTS for scheme in SCHEMES]
        jobs += [(name, how, scheme) for how in ("faults", "real") for name in NIGHTS[1:] for scheme in RIVALS]
        done = dict(zip(jobs, pool.map(_played, jobs), strict=True))
        rows = [*_shipped(done), *_changed(done)]
        sites = lab_nights.recorded_sites()
        if not sites:
            print(f"  (no recorded nights: {lab_nights.SITES} is not there; GADELYS_DATA names its folder's folder)")
        for site, evenings in sites:
            nights = [(site, evening) for evening in evenings]
            rows.append(_recorded(site, [*pool.map(_night, nights)]))
            print(f"  {site}: {len(nights)} nights", flush=True)
    return rows


def _shipped(done: dict[Job, Account]) -> Iterator[Figure]:
    for name in NIGHTS:
        for scheme in SCHEMES:
            account = done[name, "", scheme]
            energy_pct = 100 * account.kwh_per_lamp / done[name, "", "conventional"].kwh_per_lamp
            goal = {"gadelys": GOAL_PCT, "gadelys-10": GOAL_10_PCT}.get(scheme, {}).get(name)
            yield figure(f"{name} {scheme}", round(energy_pct, 2), "%", goal, _said(account))
        if name in GOAL_PCT:
            ours = done[name, "", "gadelys"]
            yield figure(f"{name} gadelys, utility", ours.utility, "", GOAL_UTILITY, least=True)
            yield figure(f"{name} gadelys, under-lit", 100 * ours.under_lit_share, "%", GOAL_UNDER_LIT_PCT)


def _changed(done: dict[Job, Account]) -> Iterator[Figure]:
    for (name, how, scheme), account in done.items():
        if how:
            energy_pct = 100 * account.kwh_per_lamp / done[name, "", "conventional"].kwh_per_lamp
            what = "with faults" if how == "faults" else "sensors of 10 m that clear after 5 s"
            yield figure(f"{name} {scheme}, {how}", round(energy_pct, 2), "%", None, f"{_said(account)}; {what}")
            if how == "faults" and scheme == "gadelys":
                budget = FAULTS_UNDER_LIT_PCT
                yield figure(f"{name} gadelys, faults: under-lit", 100 * account.under_lit_share, "%", budget)
                yield figure(f"{name} gadelys, faults: in the dark", 100 * account.dark_share, "%", 0.0)


def _recorded(site: str, nights: Iterable[dict[str, Account]]) -> Figure:
    """Means over all nights of a street; U and under-lit are means of nights."""
    nights = [*nights]
    said = []
    for scheme in RIVALS:
        accounts = [night[scheme] for night in nights]
        pct = 100 * sum(a.kwh_per_lamp for a in accounts) / sum(night["conventional"].kwh_per_lamp for night in nights)
        utility = sum(a.utility for a in accounts) / len(accounts)
        under_lit = 100 * sum(a.under_lit_share for a in accounts) / len(accounts)
        said.append((pct, f"{scheme} {pct:.2f} % U {utility:.4f} under-lit {under_lit:.2f} %"))
    return figure(
        f"{site}, {len(nights)} nights: gadelys", round(said[-1][0], 2), "%", None, "; ".join(w for _, w in said)
    )


def _said(account: Account) -> str:
    return (
        f"U {account.utility:.4f}, under-lit {100 * account.under_lit_share:.2f} %, "
        f"dark {100 * account.dark_share:.2f} %, {account.commands_per_lamp_hour:.1f} commands a lamp-hour"
    )


def _played(job: Job) -> Account:
    name, how, scheme = job
    scenario: Scenario = lab_nights.shipped(name)
    if how:
        changed = lab_nights.with_faults if how == "faults" else lab_nights.with_real_sensors
        scenario = changed(scenario)
    return lab_nights.played(scenario, scheme)


def _night(night: tuple[str, date]) -> dict[str, Account]:
    scenario = lab_nights.recorded(*night)
    return {scheme: lab_nights.played(scenario, scheme) for scheme in ("conventional", *RIVALS)}
