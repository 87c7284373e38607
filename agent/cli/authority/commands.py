"""The commands of `gadelys authority`. Only names and options here; what a command needs is imported when it runs."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agent.cli.options import PATH, Commands, json_option

if TYPE_CHECKING:
    from agent.cli.authority.steps import Where

_REASONS = ("keyCompromise", "superseded", "cessationOfOperation", "unspecified")  # RFC 5280, 5.3.1


_WHERE = (
    click.option(
        "--dir",
        "folder",
        type=PATH,
        default=Path("authority"),
        show_default=True,
        metavar="FOLDER",
        help="The authority.",
    ),
    click.option(
        "--passphrase-file",
        "secret",
        type=PATH,
        metavar="FILE",
        help="Its first line opens the key.  [default: asked for]",
    ),
)


def _authority(function: Callable[..., int]) -> Callable[..., int]:
    """Give a command the options that say which authority, packed into its first argument."""

    @functools.wraps(function)
    def packed(*, folder: Path, secret: Path | None, **rest: Any) -> int:
        from agent.cli.authority.steps import Where  # noqa: PLC0415

        return function(Where(folder, secret), **rest)

    for option in reversed(_WHERE):
        option(packed)
    return packed


@click.group(cls=Commands)
def authority() -> None:
    """The city's own authority, in a folder: says who is who on the broker (docs/identity.md). Needs openssl, no network."""


@authority.command()
@click.argument("folder", metavar="FOLDER", type=PATH)
@click.option("--city", required=True, metavar="NAME", help="Whose it is, as it stands in its certificate.")
@click.option(
    "--passphrase-file", "secret", type=PATH, metavar="FILE", help="Its first line locks the key.  [default: asked for]"
)
@click.option(
    "--unlocked", is_flag=True, help="Leave the key without a passphrase: whoever has the folder is the authority."
)
def init(folder: Path, city: str, secret: Path | None, unlocked: bool) -> int:
    """Make an authority in FOLDER, which must be new. Keep it on a stick in a safe, and a copy in another one.

    Example: gadelys authority init /media/stick/authority --city Albertslund
    """
    from agent.cli.authority import steps  # noqa: PLC0415

    return steps.init(folder, city, secret, unlocked=unlocked)


@authority.command()
@click.argument("node", metavar="NODE")
@click.option("--group", required=True, metavar="GROUP", help="Its group, as in [controller].")
@click.option("--days", type=click.IntRange(1, 365), default=30, show_default=True, help="How long the code is good.")
@_authority
@json_option
def invite(where: Where, as_json: bool, **typed: Any) -> int:
    """Print a one-time code for NODE, an id as in [controller]. The technician types it at the pole.

    Example: gadelys authority invite pole-7 --group albertslund
    """
    from agent.cli.authority import steps  # noqa: PLC0415

    return steps.invite(where, as_json=as_json, **typed)


@authority.command()
@click.argument("request", metavar="REQUEST", type=PATH)
@click.option("--days", type=click.IntRange(1, 3650), default=730, show_default=True, help="How long it holds.")
@click.option("--out", type=PATH, metavar="FILE", help="Where the answer goes.  [default: beside REQUEST]")
@_authority
def sign(where: Where, **typed: Any) -> int:
    """Sign the REQUEST of a board that was given a code, or whose certificate holds still; write the answer.

    Example: gadelys authority sign pole-7.request
    """
    from agent.cli.authority import steps  # noqa: PLC0415

    return steps.sign(where, **typed)


@authority.command()
@click.argument("name", metavar="NAME")
@click.option("--role", type=click.Choice(["broker", "platform"]), required=True, help="What it may be used for.")
@click.option("--address", "addresses", multiple=True, metavar="HOST", help="More names or addresses of a broker.")
@click.option("--group", default="city", show_default=True, metavar="GROUP", help="Whose it is.")
@click.option("--days", type=click.IntRange(1, 3650), default=730, show_default=True, help="How long it holds.")
@_authority
def issue(where: Where, **typed: Any) -> int:
    """Make key and certificate of a broker (NAME is what nodes call it by) or of a platform; print the folder to carry there.

    \b
    Examples: gadelys authority issue broker.example --role broker --address 192.0.2.10
              gadelys authority issue platform --role platform
    """
    from agent.cli.authority import steps  # noqa: PLC0415

    return steps.issue(where, steps.Wanted(**typed))


@authority.command()
@click.argument("name", metavar="NAME")
@click.option(
    "--reason", type=click.Choice(_REASONS), default="keyCompromise", show_default=True, help="As the list says it."
)
@_authority
def revoke(where: Where, **typed: Any) -> int:
    """Revoke all certificates of NAME: a board that was stolen, a platform that is no more.

    Example: gadelys authority revoke pole-7
    """
    from agent.cli.authority import steps  # noqa: PLC0415

    return steps.revoke(where, **typed)


@authority.command(name="list")
@click.option(
    "--dir", "folder", type=PATH, default=Path("authority"), show_default=True, metavar="FOLDER", help="The authority."
)
@click.option("--all", "everything", is_flag=True, help="Also what has ended or is revoked.")
@json_option
def list_(folder: Path, everything: bool, as_json: bool) -> int:
    """List who holds a certificate, and until when; soonest first.

    Example: gadelys authority list
    """
    from agent.cli.authority import steps  # noqa: PLC0415

    return steps.list_(folder, everything=everything, as_json=as_json)
