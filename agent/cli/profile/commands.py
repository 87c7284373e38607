"""The commands of `gadelys profile`. Only names and options here; what a command needs is imported when it runs."""

from __future__ import annotations

from pathlib import Path

import click
from click.shell_completion import CompletionItem

from agent.cli.options import PATH, SYSTEM_CONFIG, Commands, json_option

_config_option = click.option(
    "--config",
    type=PATH,
    default=SYSTEM_CONFIG,
    show_default=True,
    metavar="FILE",
    is_eager=True,
    help="The configuration: profiles of one's own are in the folder profiles.d beside it.",
)


def _names(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from drivers.profile import own_folder, profile_names  # noqa: PLC0415

    names = profile_names(own_folder(ctx.params.get("config") or SYSTEM_CONFIG))
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def _kinds(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from drivers.profile import KINDS  # noqa: PLC0415

    return [CompletionItem(kind) for kind in KINDS if kind.startswith(incomplete)]


@click.group(cls=Commands)
def profile() -> None:
    """List, show and check device profiles: what `profile = "…"` of a unit can name."""


@profile.command(name="list")
@click.option(
    "--kind", metavar="KIND", shell_complete=_kinds, help="Only those for such devices: luminaire, meter, soil …"
)
@_config_option
@json_option
def list_(kind: str | None, config: Path, as_json: bool) -> int:
    """List the profiles that a unit can name: those that are shipped, and one's own.

    \b
    Examples: gadelys profile list
              gadelys profile list --kind luminaire
    """
    from agent.cli.profile import pages  # noqa: PLC0415

    return pages.list_(config, kind, as_json=as_json)


@profile.command()
@click.argument("name", metavar="NAME", shell_complete=_names)
@_config_option
@json_option
def show(name: str, config: Path, as_json: bool) -> int:
    """Show a profile as a page of a datasheet: registers, line, safety, how it is set up, how far it is to be trusted.

    Example: gadelys profile show wb-mao4
    """
    from agent.cli.profile import pages  # noqa: PLC0415

    return pages.show(config, name, as_json=as_json)


@profile.command()
@click.argument("files", metavar="FILE…", nargs=-1, required=True, type=PATH)
@json_option
def check(files: tuple[Path, ...], as_json: bool) -> int:
    """Check profiles; each mistake with its line, place and what was expected. Touches no device.

    Example: gadelys profile check /etc/gadelys/profiles.d/*.toml
    """
    from agent.cli.profile import pages  # noqa: PLC0415

    return pages.check(files, as_json=as_json)
