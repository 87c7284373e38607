"""The commands of `gadelys uplink`. Only names and options here; what a command needs is imported when it runs."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from agent.cli.options import PATH, Commands, json_option, pattern_argument, seconds_option, socket_option

if TYPE_CHECKING:
    from agent.cli.uplink.place import Wanted

_WHERE = (
    click.option("--host", metavar="NAME", help="A broker, where no agent runs. Default: the agent's."),
    click.option(
        "--port",
        type=click.IntRange(1, 65535),
        metavar="N",
        help="Its port. Default: the agent's, or 1883, with --ca 8883.",
    ),
    click.option("--group", metavar="NAME", help="The node's group. Default: the agent's, or any."),
    click.option("--node", metavar="NAME", help="The node. Default: the agent's, or any."),
    click.option(
        "--ca", type=PATH, metavar="FILE", help="Speak TLS, and believe whom this authority has signed (PEM)."
    ),
    click.option("--certificate", type=PATH, metavar="FILE", help="With --ca: show this certificate (PEM)."),
    click.option("--key", type=PATH, metavar="FILE", help="Its key.  [default: in the same file]"),
    socket_option,
)


def where(function: Callable[..., int]) -> Callable[..., int]:
    """Give a command the options that say where, packed into its first argument."""

    @functools.wraps(function)
    def packed(  # noqa: PLR0913 - the options of _WHERE
        *,
        host: str | None,
        port: int | None,
        group: str | None,
        node: str | None,
        socket: Path | None,
        ca: Path | None,
        certificate: Path | None,
        key: Path | None,
        **rest: Any,
    ) -> int:
        from agent.cli.uplink.place import TlsFiles, Wanted  # noqa: PLC0415

        if ca is None and (certificate or key):
            raise click.UsageError("--certificate and --key go with --ca")
        tls = None if ca is None else TlsFiles(ca, certificate, key)
        return function(Wanted(socket=socket, host=host, port=port, group=group, node=node, tls=tls), **rest)

    for option in reversed(_WHERE):
        option(packed)
    return packed


def _points(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from agent.cli.client import lamp_names  # noqa: PLC0415
    from agent.uplink import names  # noqa: PLC0415

    lamps = lamp_names(ctx.params.get("socket"))
    points = [f"{lamp}/{metric}" for lamp in lamps for metric in (names.DIMMING, names.RELEASE)]
    points += [names.RESTART, names.RELOAD, names.CONFIGURATION, names.LOG_LEVEL, names.BUNDLE, names.COLLECT]
    return [CompletionItem(point) for point in points if point.startswith(incomplete)]


@click.group(cls=Commands)
def uplink() -> None:
    """See and say what the platform sees and says, through the broker."""


@uplink.command()
@pattern_argument
@click.option("--rebirth", is_flag=True, help="Ask the node for its births first.")
@json_option
@seconds_option
@where
def tail(wanted: Wanted, pattern: str, rebirth: bool, as_json: bool, seconds: float | None) -> int:
    """Print births, data, commands and deaths in words, until Ctrl-C. PATTERN: points with * and ?, or a device.

    \b
    Examples: gadelys uplink tail
              gadelys uplink tail '*/lamp/dimming_level' --rebirth
              gadelys uplink tail --host broker.example --group albertslund
    """
    from agent.cli.uplink.tail import tail as run_tail  # noqa: PLC0415

    return run_tail(wanted, pattern, as_json=as_json, seconds=seconds, births=rebirth)


@uplink.command()
@click.option("--asyncapi", "what", flag_value="asyncapi", help="Topics and messages, as AsyncAPI 3.0.")
@click.option("--schemas", "what", flag_value="schemas", help="Messages of the JSON mirror, as JSON Schema.")
@click.option("--catalogue", "what", flag_value="catalogue", help="All metrics, as Markdown.  [default]")
def describe(what: str | None) -> int:
    """Print what the uplink says and hears, for a platform that is to be connected. No agent is needed.

    \b
    Examples: gadelys uplink describe --asyncapi > asyncapi.json
              gadelys uplink describe --catalogue
    """
    from agent.cli.uplink.describe import describe as run_describe  # noqa: PLC0415

    return run_describe(what or "catalogue")


@uplink.command(context_settings={"ignore_unknown_options": True})  # so that -1 is a value, and refused by the node
@click.argument("point", metavar="POINT", shell_complete=_points)
@click.argument("value", metavar="VALUE")
@click.option("--for", "for_", metavar="TIME", help="How long: 90s, 10m, 1h30m.  [default: as the node is configured]")
@click.option("--id", "id_", metavar="ID", help="The command's name.  [default: cli- and eight digits]")
@click.option("--within", metavar="TIME", default="20s", show_default=True, help="How long to wait for the proof.")
@click.option(
    "--sign",
    "signing_key",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Sign with this key (PEM).",
)
@click.option("--issuer", metavar="NAME", help="Whose key it is.  [default: the key's file without its ending]")
@json_option
@where
def send(wanted: Wanted, as_json: bool, **typed: Any) -> int:
    """Send a command to POINT as the platform would, and print its proof. VALUE: a number, true, false or null.

    The node itself takes agent/restart, agent/reload and agent/bundle (true), agent/log_level (a word), agent/configuration
    (a text; @FILE is the text of a file). The node judges the value, not this command.
    Exit codes: 0 verified, 1 refused or overtaken, 3 no end in time.

    \b
    Examples: gadelys uplink send lum-03/lamp/dimming_level 55 --for 10m
              gadelys uplink send lum-03/command/release true
              gadelys uplink send agent/configuration @pole.toml --sign operations.pem --within 4m
    """
    from agent.cli.uplink.send import Typed  # noqa: PLC0415
    from agent.cli.uplink.send import send as run_send  # noqa: PLC0415

    return run_send(wanted, Typed(**typed), as_json=as_json)
