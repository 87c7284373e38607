"""The commands of `gadelys enrol`. Only names and options here; what a command needs is imported when it runs."""

from __future__ import annotations

from pathlib import Path

import click

from agent.cli.options import PATH, SYSTEM_CONFIG, Commands, json_option

_config = click.option(
    "--config", type=PATH, default=SYSTEM_CONFIG, show_default=True, metavar="FILE", help="The configuration."
)
_out = click.option("--out", type=PATH, metavar="FILE", help="Where the request goes.  [default: ID.request here]")


@click.group(cls=Commands)
def enrol() -> None:
    """Give this board its identity: the key is made here and stays, the city's authority signs (docs/identity.md)."""


@enrol.command()
@_config
@click.option("--code", metavar="CODE", help="The code from the authority.  [default: asked for]")
@_out
def request(config: Path, code: str | None, out: Path | None) -> int:
    """Make a key, and a request to carry to the authority. The identity in use, if there is one, stays in use.

    Example: sudo gadelys enrol request --out /media/stick/pole-7.request
    """
    from agent.cli.enrol import steps  # noqa: PLC0415

    typed = click.prompt("code from the authority", err=True) if code is None else code
    return steps.request(config, typed, out)


@enrol.command()
@_config
@_out
def renew(config: Path, out: Path | None) -> int:
    """Make a new key, and a request that the present one signs: no code is needed. The present identity stays in use.

    Example: sudo gadelys enrol renew --out /media/stick/pole-7.request
    """
    from agent.cli.enrol import steps  # noqa: PLC0415

    return steps.renew(config, out)


@enrol.command()
@click.argument("answer", metavar="ANSWER", type=PATH)
@_config
def install(answer: Path, config: Path) -> int:
    """Take the authority's ANSWER into use: at the agent's next connection, without a restart.

    Example: sudo gadelys enrol install /media/stick/pole-7.answer
    """
    from agent.cli.enrol import steps  # noqa: PLC0415

    return steps.install(answer, config)


@enrol.command()
@_config
@json_option
def show(config: Path, as_json: bool) -> int:
    """Show this board's certificate, and whether a request is open. Exit code 1 if it has none that holds.

    Example: sudo gadelys enrol show
    """
    from agent.cli.enrol import steps  # noqa: PLC0415

    return steps.show(config, as_json=as_json)
