"""The commands of `gadelys calendar`. Only names and options here; what a command needs is imported when it runs."""

from __future__ import annotations

from pathlib import Path

import click

from agent.cli.options import PATH, SYSTEM_CONFIG, Commands, json_option


@click.group(cls=Commands)
def calendar() -> None:
    """Look at what a configuration plans: when it is night, and which level the street rests at."""


@calendar.command()
@click.option("--date", metavar="D", help="The first night, such as 2026-12-24.  [default: today]")
@click.option("--days", metavar="N", type=click.IntRange(1, 400), default=1, show_default=True, help="So many nights.")
@click.option(
    "--config", type=PATH, default=SYSTEM_CONFIG, show_default=True, metavar="FILE", help="The configuration."
)
@json_option
def show(date: str | None, days: int, config: Path, as_json: bool) -> int:
    """Print what will be when, from noon to noon, by clock and calendar. Asks no agent.

    \b
    Examples: gadelys calendar show
              gadelys calendar show --date 2026-12-24 --days 14
    """
    from agent.cli.calendar.show import show as run_show  # noqa: PLC0415

    return run_show(config, date, days, as_json=as_json)
