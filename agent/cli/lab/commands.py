"""The commands of `gadelys lab`. Only names and options here; what a command needs is imported when it runs."""

from __future__ import annotations

from pathlib import Path

import click
from click.shell_completion import CompletionItem

from agent.cli.options import PATH, Commands, json_option


def _scenarios(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from agent.cli.lab.load import shipped_names  # noqa: PLC0415

    files = [CompletionItem(incomplete, type="file")]
    return [CompletionItem(name) for name in shipped_names() if name.startswith(incomplete)] or files


def _schemes(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from agent.lab.schemes import SCHEMES  # noqa: PLC0415

    before, _, last = incomplete.rpartition(",")
    begin = f"{before}," if before else ""
    return [CompletionItem(f"{begin}{name}") for name in SCHEMES if name.startswith(last)]


_scenario = click.argument("scenario", metavar="SCENARIO", shell_complete=_scenarios)
_seed = click.option(
    "--seed", type=click.IntRange(0, 2**31), metavar="N", help="Of what is by chance; instead of the scenario's."
)


@click.group(cls=Commands)
def lab() -> None:
    """Replay a street in virtual time under several schemes of control, with the control that runs on the pole."""


@lab.command(name="list")
@json_option
def list_(as_json: bool) -> int:
    """List the scenarios that are shipped.

    Example: gadelys lab list
    """
    from agent.cli.lab import pages  # noqa: PLC0415

    return pages.list_(as_json=as_json)


@lab.command()
@_scenario
@_seed
@json_option
def show(scenario: str, seed: int | None, as_json: bool) -> int:
    """Show what a scenario is made of, and check it. SCENARIO: a name of `gadelys lab list`, or a TOML file.

    \b
    Examples: gadelys lab show s2
              gadelys lab show my-street.toml
    """
    from agent.cli.lab import pages  # noqa: PLC0415

    return pages.show(scenario, seed, as_json=as_json)


@lab.command()
@_scenario
@click.option(
    "--schemes", metavar="NAME,…", shell_complete=_schemes, help="Only these; energy is in per cent of conventional."
)
@click.option("--page", type=PATH, metavar="FILE.html", help="Write a page with pictures; it needs no network.")
@click.option("--zoom", metavar="HH:MM", help="The hour that the page shows closely.  [default: the busiest]")
@_seed
@json_option
def run(  # noqa: PLR0913, PLR0917 - the options' names
    scenario: str, schemes: str | None, page: Path | None, zoom: str | None, seed: int | None, as_json: bool
) -> int:
    """Replay one night under each scheme, and compare energy, light for those who pass, commands, CO2 and cost.

    SCENARIO: a name of `gadelys lab list`, or a TOML file (docs/lab.md). Touches no device.

    \b
    Examples: gadelys lab run s2
              gadelys lab run s4 --schemes neighbour-lease,gadelys --page s4.html
              gadelys lab run my-street.toml --json
    """
    from agent.cli.lab.run import run as run_lab  # noqa: PLC0415

    return run_lab(scenario, schemes, page, zoom, seed, as_json=as_json)
