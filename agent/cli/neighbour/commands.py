"""The commands of `gadelys neighbour`. Only names and options here; what a command needs is imported when it runs."""

from __future__ import annotations

from pathlib import Path

import click
from click.shell_completion import CompletionItem

from agent.cli.options import Commands, json_option, socket_option


def _names(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from agent.cli.client import neighbour_names  # noqa: PLC0415

    return [CompletionItem(name) for name in neighbour_names(ctx.params.get("socket")) if name.startswith(incomplete)]


@click.group(cls=Commands)
def neighbour() -> None:
    """Look at the neighbouring controllers that this one hands road users over to."""


@neighbour.command(name="list")
@socket_option
@json_option
def list_(socket: Path | None, as_json: bool) -> int:
    """List the neighbours: whether they are heard, how long a message and its answer take, what was refused.

    Example: gadelys neighbour list
    """
    from agent.cli.neighbour import pages  # noqa: PLC0415

    return pages.list_(socket, as_json=as_json)


@neighbour.command()
@click.argument("name", metavar="NAME", shell_complete=_names)
@socket_option
@json_option
def show(name: str, socket: Path | None, as_json: bool) -> int:
    """Show the neighbour NAME, and why messages in its name were refused.

    Example: gadelys neighbour show pole-8
    """
    from agent.cli.neighbour import pages  # noqa: PLC0415

    return pages.show(socket, name, as_json=as_json)
