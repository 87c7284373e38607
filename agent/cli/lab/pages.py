"""What `gadelys lab` prints: lists, a scenario, the table of a run."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from agent.cli import format as fmt
from agent.cli import terminal
from agent.cli.lab.load import FOLDER, load, load_file, shipped_names
from agent.cli.text import Column, Line, Span, line, table, wrap
from agent.lab.play import Account
from agent.lab.records import KINDS, Faults, Scenario
from agent.lab.scores import Scores, co2_g, cost_eur


def list_(*, as_json: bool) -> int:
    """List the shipped scenarios."""
    found = [load_file(FOLDER / f"{name}.toml") for name in shipped_names()]
    if as_json:
        rows = [{"name": one.name, "title": one.title, "lamps": len(one.street.lamps)} for one in found]
        terminal.show_json(msgspec.json.encode(rows))
    else:
        columns = (Column("scenario"), Column("lamps", right=True), Column("users", right=True), Column("what"))
        cells = [[one.name, str(len(one.street.lamps)), str(len(one.passers)), one.title] for one in found]
        terminal.show(table(columns, cells, terminal.width()))
    return 0


def show(name: str, seed: int | None, *, as_json: bool) -> int:
    """Show one scenario."""
    scenario = load(name, seed)
    if as_json:
        terminal.show_json(msgspec.json.encode(scenario))
    else:
        terminal.show(sheet(scenario, terminal.width()))
    return 0


def sheet(scenario: Scenario, width: int) -> list[Line]:
    """Return a scenario as a page."""
    lamp, sensing = scenario.lamp, scenario.sensing
    facts = {
        "night": f"{_clock(scenario.begin_h)} to {_clock(scenario.begin_h + scenario.night_s / 3600)}, "
        f"{fmt.span(scenario.night_s)} in steps of {scenario.step_s:g} s",
        "street": _street(scenario),
        "lamps": f"{lamp.full_w:g} W, {lamp.standing_w:g} W at the least light, {lamp.off_w:g} W off; "
        f"fades of {lamp.fade_up_s:g} s up, {lamp.fade_down_s:g} s down",
        "users": _users(scenario),
        "sensors": f"see {sensing.reach_m:g} m to either side, known {sensing.delay_s:g} s late, "
        f"clear after {sensing.clears_s:g} s",
        "faults": _faults(scenario.faults),
        "energy": scenario.tariff.source,
        "seed": str(scenario.seed),
    }
    lines = [line(Span(scenario.name, "bold"), "  ", scenario.title)]
    for what, says in facts.items():
        lines += wrap(says, width, first=f"{what:9}", rest=" " * 9)
    return lines


def table_of(scenario: Scenario, accounts: Mapping[str, Account], found: Scores, width: int) -> list[Line]:
    """Return the figures of a run as a table."""
    columns = (
        Column("scheme"),
        Column("energy %", right=True),
        Column("utility", right=True),
        Column("under-lit %", right=True),
        Column("dark %", right=True, spare=1),
        Column("cmd/h", right=True),
        Column("kWh", right=True),
        Column("g CO2", right=True, spare=3),
        Column("ct", right=True, spare=2),
    )
    cells: list[list[Span | str]] = []
    for name, score in found.schemes.items():
        account = accounts[name]
        cells.append(
            [
                Span(name, "bold" if name.startswith("gadelys") else "plain"),
                f"{score.energy_pct:.2f}",
                f"{score.utility:.4f}",
                f"{score.under_lit_pct:.2f}",
                f"{100 * account.dark_share:.2f}",
                f"{score.commands_per_lamp_hour:.1f}",
                f"{score.kwh_per_lamp:.4f}",
                f"{co2_g(account, scenario.tariff):.1f}",
                f"{100 * cost_eur(account, scenario.tariff):.2f}",
            ]
        )
    title = line(Span(scenario.name, "bold"), "  ", scenario.title)
    unit = f"Of a lamp in one night of {fmt.span(scenario.night_s)}. Energy in per cent of conventional."
    return [title, *table(columns, cells, width), *wrap(unit, width, tone="dim")]


def _street(scenario: Scenario) -> str:
    street = scenario.street
    ways = [f"{way.name} ({len(way.lamps)} lamps, scored {way.scored_m[0]:g} to {way.scored_m[1]:g} m)"
            for way in street.ways]  # fmt: skip
    return f"{street.shape}, {len(street.lamps)} lamps, {len(street.scored)} of them scored; ways: {', '.join(ways)}"


def _users(scenario: Scenario) -> str:
    kinds = [passer.kind for passer in scenario.passers]
    return ", ".join(f"{kinds.count(number)} {kind}s" for number, kind in enumerate(KINDS))


def _faults(faults: Faults) -> str:
    said = []
    if faults.lost_share:
        said.append(f"{100 * faults.lost_share:g} % of messages lost")
    if faults.dead_share:
        said.append(f"{100 * faults.dead_share:g} % of sensors {faults.dead_as}")
    if faults.outage_s is not None:
        said.append(f"no network for {fmt.span(faults.outage_s[1] - faults.outage_s[0])}")
    return ", ".join(said) or "none"


def _clock(hour: float) -> str:
    minutes = round(hour * 60) % 1440
    return f"{minutes // 60:02}:{minutes % 60:02}"
