"""What several commands share: options with one meaning everywhere, and exit codes that functions return."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from agent.cli import arguments
from agent.cli.trouble import MISUSED, Trouble

SYSTEM_CONFIG = Path("/etc/gadelys/pole.toml")
PATH = click.Path(path_type=Path, readable=False)  # whoever opens it says in our words what is wrong


def _read_seconds(_ctx: click.Context, _parameter: click.Parameter, text: str | None) -> float | None:
    try:
        return None if text is None else arguments.seconds(text)
    except ValueError as error:
        raise Trouble(str(error), MISUSED) from None


socket_option = click.option(
    "--socket",
    type=PATH,
    metavar="PATH",
    help="The agent's socket. Default: $GADELYS_SOCKET, else where an agent listens.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, times in UTC, and nothing else.")
seconds_option = click.option("--seconds", callback=_read_seconds, metavar="N", help="End after so many seconds.")
pattern_argument = click.argument("pattern", metavar="[PATTERN]", default="*")


class Exits(click.Command):
    """A command whose function returns its exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the function and end with its exit code."""
        ctx.exit(super().invoke(ctx))


class Commands(click.Group):
    """A group of such commands; groups below it are of this class too."""

    command_class = Exits
    group_class = type
