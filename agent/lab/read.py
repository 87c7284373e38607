"""From a TOML file's values to a scenario: each option with bounds and default. Mistakes go to the ledger. Pure.

docs/lab.md is its specification for people.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from agent.config.read import read_lighting
from agent.config.table import Ledger, Table
from agent.lab.files import Files
from agent.lab.hours import NightHours, read_night
from agent.lab.read_street import read_street
from agent.lab.read_users import read_users
from agent.lab.records import KINDS, Faults, LampModel, Ring, Scenario, Sensing
from agent.lab.tariff import read_tariff

_Record = TypeVar("_Record")

# Behind, ahead, per cent: 100 m is a generous stopping view at 50 km/h; people on foot want light close around them
# (Haans and de Kort 2012).
_RINGS = {"vehicle": ((15,), (100,), (100,)), "pedestrian": ((15, 45, 75), (15, 45, 75), (100, 60, 20))}


def read(name: str, values: dict[str, Any], ledger: Ledger, files: Files, seed: int | None = None) -> Scenario:
    """Read a parsed file. The result is only to be used if the ledger has no mistakes afterwards."""
    root = Table(ledger, (), values)
    title = root.text("title", "what it is, in a line", name)
    own_seed = root.whole("seed", 0, 2**31, 1)
    seed = own_seed if seed is None else seed
    night = _finished(root.table("night"), read_night)
    street = _finished(root.table("street"), lambda table: read_street(table, files))
    scenario = Scenario(
        name=name,
        title=title,
        street=street,
        lamp=_finished(root.table("lamp"), _lamp),
        rings=_all_rings(root.table("needs")),
        passers=read_users(root.tables("users"), street, night, files, seed),
        sensing=_finished(root.table("sensors"), _sensing),
        faults=_finished(root.table("faults"), lambda table: _faults(table, night)),
        lighting=_finished(root.table("lighting"), read_lighting),
        tariff=_finished(root.table("energy"), lambda table: read_tariff(table, night, files)),
        begin_h=night.begin_h,
        night_s=night.seconds,
        step_s=night.step_s,
        seed=seed,
    )
    root.finish()
    return scenario


def _finished(table: Table, reader: Callable[[Table], _Record]) -> _Record:
    record = reader(table)
    table.finish()
    return record


def _lamp(table: Table) -> LampModel:
    full_w = table.number("full_w", 0.1, 10_000, 60)
    lamp = LampModel(
        off_w=table.number("off_w", 0, 10_000, 0.5),
        standing_w=table.number("standing_w", 0, 10_000, 0.05 * full_w),
        full_w=full_w,
        fade_up_s=table.number("fade_up_s", 0, 120, 1),
        fade_down_s=table.number("fade_down_s", 0, 120, 4),
    )
    for low, high in (("off_w", "standing_w"), ("standing_w", "full_w")):
        if getattr(lamp, low) > getattr(lamp, high):
            table.wrong(low, f"at most {high} ({getattr(lamp, high):g})", f"{getattr(lamp, low):g}")
    return lamp


def _all_rings(table: Table) -> tuple[tuple[Ring, ...], ...]:
    rings = tuple(_finished(table.table(kind), _rings) for kind in KINDS)
    table.finish()
    return rings


def _rings(table: Table) -> tuple[Ring, ...]:
    behind_m, ahead_m, pct = _RINGS[table.path[-1]]
    levels = table.numbers("pct", 1, 100, pct)
    sides = [table.numbers("behind_m", 0, 1000, behind_m), table.numbers("ahead_m", 0, 1000, ahead_m)]
    for key, side in zip(("behind_m", "ahead_m"), sides, strict=True):
        if len(side) != len(levels):
            table.wrong(key, f"{len(levels)} numbers, one for each of pct", f"{len(side)}")
    return tuple(Ring(behind, ahead, level / 100) for behind, ahead, level in zip(*sides, levels, strict=False))


def _sensing(table: Table) -> Sensing:
    return Sensing(
        reach_m=table.number("reach_m", 1, 200, 15),
        delay_s=table.number("delay_s", 0, 60, 0.5),
        clears_s=table.number("clears_s", 0, 600, 0),
    )


def _faults(table: Table, night: NightHours) -> Faults:
    outage_s = None
    if table.has("outage_begin", "outage_min"):
        begin_s = night.at_s(table, "outage_begin")
        outage_s = (begin_s, begin_s + 60 * table.number("outage_min", 1, 24 * 60))
    return Faults(
        lost_share=table.number("lost_pct", 0, 100, 0) / 100,
        dead_share=table.number("dead_pct", 0, 100, 0) / 100,
        dead_as=table.choice("dead_as", ("silent", "blind"), "silent"),
        outage_s=outage_s,
        repeat_s=table.number("repeat_s", 0.1, 60, 1),
        silent_s=table.number("silent_s", 0.1, 600, 3),
    )
