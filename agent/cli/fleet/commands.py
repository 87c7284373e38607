"""The commands of `gadelys fleet`. Only names and options here; what a command needs is imported when it runs."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agent.cli.options import PATH, Commands, json_option, seconds_option
from agent.cli.uplink.commands import where

if TYPE_CHECKING:
    from agent.cli.fleet.dim import Group
    from agent.cli.fleet.source import Asked
    from agent.cli.uplink.place import Wanted
    from agent.uplink.envelope import Key

_FILES = (
    click.option(
        "--fleet",
        "plan",
        type=PATH,
        metavar="FILE",
        help="The fleet's file.  [default: /etc/gadelys/fleet.toml, if there]",
    ),
    click.option(
        "--store",
        type=PATH,
        metavar="FILE",
        help="What `serve` keeps. Default, without --host: $GADELYS_FLEET_STORE, or /var/lib/gadelys/fleet.db, if there.",
    ),
)
_pattern = click.argument("pattern", metavar="[PATTERN]", default="*")
_look = click.option(
    "--look", default=6.5, show_default=True, type=click.FloatRange(0.1, 3600), metavar="S",
    help="Without a store: listen to the broker so many seconds first.",
)  # fmt: skip
_within = click.option("--within", metavar="TIME", default="20s", show_default=True, help="Wait so long for a proof.")
_devices = click.option("--devices", is_flag=True, help="A line a device.")


def _asked(function: Callable[..., int]) -> Callable[..., int]:
    """Give a command the options that say where to look, packed into its first argument."""

    @where
    @functools.wraps(function)
    def packed(wanted: Wanted, *, plan: Path | None, store: Path | None, **rest: Any) -> int:
        from agent.cli.fleet.source import Asked  # noqa: PLC0415

        return function(Asked(wanted, plan, store), **rest)

    for option in reversed(_FILES):
        option(packed)
    return packed


@click.group(cls=Commands)
def fleet() -> None:
    """Be the platform of many controllers: see them, command them, report on them. docs/fleet.md."""


@fleet.command("list")
@_pattern
@_devices
@_look
@json_option
@_asked
def list_(asked: Asked, pattern: str, devices: bool, look: float, as_json: bool) -> int:
    """List nodes with their state, and alarms: those of one cause are one. PATTERN: GROUP/NODE/DEVICE with * and ?.

    \b
    Examples: gadelys fleet list
              gadelys fleet list 'demo/*/lum-*' --devices
    """
    from agent.cli.fleet.show import list_ as run_list  # noqa: PLC0415

    return run_list(asked, pattern, devices=devices, seconds=look, as_json=as_json)


@fleet.command()
@_pattern
@_devices
@seconds_option
@_asked
def watch(asked: Asked, pattern: str, devices: bool, seconds: float | None) -> int:
    """Show the fleet live, until Ctrl-C. Without a terminal: a line when something changes.

    Example: gadelys fleet watch 'albertslund/*' --devices
    """
    from agent.cli.fleet.watch import watch as run_watch  # noqa: PLC0415

    return run_watch(asked, pattern, devices=devices, seconds=seconds)


@fleet.command(context_settings={"ignore_unknown_options": True})  # so that -1 is a value, and refused by the node
@click.argument("point", metavar="POINT")
@click.argument("value", metavar="VALUE")
@click.option("--for", "for_", metavar="TIME", help="How long: 90s, 10m, 1h30m.  [default: as the node is configured]")
@_within
@json_option
@_asked
def write(asked: Asked, as_json: bool, **typed: Any) -> int:
    """Write one POINT (GROUP/NODE/DEVICE/FUNCTION/RESOURCE) and wait for its proof.

    Exit codes: 0 verified, 1 refused or overtaken, 3 no end in time.

    Example: gadelys fleet write demo/street-1/lum-03/lamp/dimming_level 55 --for 10m
    """
    from agent.cli.fleet.dim import Typed  # noqa: PLC0415
    from agent.cli.fleet.dim import write as run_write  # noqa: PLC0415

    return run_write(asked, Typed(**typed), as_json=as_json)


def _group(function: Callable[..., int]) -> Callable[..., int]:
    """Give a command what says which lamps are meant, packed into `group`."""

    @functools.wraps(function)
    def packed(asked: Asked, *, pattern: str | None, street: str | None, listed: Path | None, **rest: Any) -> int:
        from agent.cli.fleet.dim import Group  # noqa: PLC0415

        return function(asked, group=Group(pattern, street, listed), **rest)

    for option in (
        click.option("--list", "listed", type=PATH, metavar="FILE", help="Those that stand in a file, a line each."),
        click.option("--street", metavar="NAME", help="Those of a street of the fleet's file."),
        click.option("--lamps", "pattern", metavar="PATTERN", help="Those whose GROUP/NODE/DEVICE fits, with * and ?."),
    ):
        option(packed)
    return packed


@fleet.command(context_settings={"ignore_unknown_options": True})  # so that -1 is a level, and refused as one
@click.argument("level", metavar="LEVEL")
@click.option("--for", "for_", metavar="TIME", help="How long: 90s, 10m, 1h30m.  [default: as the node is configured]")
@_within
@_look
@json_option
@_asked
@_group
def dim(asked: Asked, group: Group, look: float, as_json: bool, **typed: Any) -> int:
    """Dim lamps to LEVEL (per cent) for a while, and say who verified and who did not. Exit code 1 if one did not.

    \b
    Examples: gadelys fleet dim 40 --lamps 'demo/street-1/lum-*' --for 10m
              gadelys fleet dim 80 --street hojbovej --for 2h
    """
    from agent.cli.fleet.dim import dim as run_dim  # noqa: PLC0415
    from agent.cli.fleet.dim import read_wish  # noqa: PLC0415

    return run_dim(asked, group, read_wish(**typed), seconds=look, as_json=as_json)


@fleet.command()
@_within
@_look
@json_option
@_asked
@_group
def release(asked: Asked, group: Group, within: str, look: float, as_json: bool) -> int:
    """Give lamps back that were dimmed.

    Example: gadelys fleet release --street hojbovej
    """
    from agent.cli.fleet.dim import dim as run_dim  # noqa: PLC0415
    from agent.cli.fleet.dim import read_wish  # noqa: PLC0415

    return run_dim(asked, group, read_wish(None, None, within), seconds=look, as_json=as_json)


@fleet.command()
@click.option("--month", required=True, metavar="YYYY-MM", help="Which month.")
@click.option("--csv", "as_csv", is_flag=True, help="As CSV.")
@click.option("--html", type=PATH, metavar="FILE", help="As a page, written to a file.")
@json_option
@_asked
def report(asked: Asked, month: str, as_csv: bool, html: Path | None, as_json: bool) -> int:
    """Report a month: kWh, money and CO2 by street against its declared baseline, from what `serve` has kept.

    \b
    Examples: gadelys fleet report --month 2026-10
              gadelys fleet report --month 2026-10 --html october.html
    """
    from agent.cli.fleet.report import Wanted  # noqa: PLC0415
    from agent.cli.fleet.report import report as run_report  # noqa: PLC0415

    return run_report(asked, month, Wanted(as_json, as_csv, html))


@fleet.command()
@click.option("--csv", "as_csv", is_flag=True, help="As CSV, times in UTC.")
@_look
@json_option
@_asked
def orders(asked: Asked, as_csv: bool, look: float, as_json: bool) -> int:
    """Print work orders for the alarms: pole, position, part, instruction.

    Example: gadelys fleet orders --csv > orders.csv
    """
    from agent.cli.fleet.show import orders as run_orders  # noqa: PLC0415

    return run_orders(asked, seconds=look, as_json=as_json, as_csv=as_csv)


@fleet.command()
@click.argument("url", metavar="URL")
@seconds_option
@_asked
def hook(asked: Asked, url: str, seconds: float | None) -> int:
    """Post alarms to URL as JSON, as they are raised and cleared, until Ctrl-C. Each is tried until it is taken.

    Example: gadelys fleet hook https://tickets.example/alarms
    """
    from agent.cli.fleet.hook import hook as run_hook  # noqa: PLC0415

    return run_hook(asked, url, seconds)


def _signed(function: Callable[..., int]) -> Callable[..., int]:
    """Give a command who signs, packed into `key`."""

    @functools.wraps(function)
    def packed(asked: Asked, *, signing_key: Path | None, issuer: str | None, **rest: Any) -> int:
        from agent.cli.uplink.send import signing  # noqa: PLC0415

        return function(asked, key=signing(signing_key, issuer), **rest)

    click.option("--sign", "signing_key", type=PATH, metavar="FILE", help="Sign with this key (PEM).")(packed)
    click.option("--issuer", metavar="NAME", help="Whose key it is.  [default: the file's name without its ending]")(
        packed
    )
    return packed


@fleet.command()
@click.argument("files", metavar="[FILE...]", nargs=-1, type=PATH)
@click.option(
    "--calendar", type=PATH, metavar="FILE", help="Instead: put the calendar of this file into what nodes have."
)
@click.option("--nodes", metavar="PATTERN", help="With --calendar: GROUP/NODE with * and ?.")
@click.option(
    "--collected", type=PATH, metavar="DIR", help="With --calendar: where `collect --to` has put their texts."
)
@click.option("--dry-run", is_flag=True, help="Send nothing; show what would change.")
@click.option(
    "--canary", default=1, show_default=True, type=click.IntRange(1, 1000), metavar="N", help="First so many."
)
@click.option(
    "--stage", default=10, show_default=True, type=click.IntRange(1, 1000), metavar="N", help="Then so many at a time."
)
@click.option("--within", metavar="TIME", default="5m", show_default=True, help="Wait so long for each stage.")
@_look
@json_option
@_asked
@_signed
def apply(asked: Asked, look: float, as_json: bool, **typed: Any) -> int:
    """Bring nodes to configurations in stages: FILE... are theirs, one each, and say by [controller] whose they are.

    Each is checked first. Nothing follows a stage in which one did not verify. Who is away gets its own when it is back, from
    `serve --sign`, if there is a store. With --calendar the tables [lighting.calendar.…] of each node's own text are
    replaced, and nothing else of it; who has been changed since its text was collected is refused.

    Exit code 1 if one has failed.

    \b
    Examples: gadelys fleet apply poles/*.toml --sign operations.pem
              gadelys fleet apply --calendar winter.toml --nodes 'albertslund/*' --collected poles --dry-run
    """
    from agent.cli.fleet.apply import Steps  # noqa: PLC0415
    from agent.cli.fleet.apply import apply as run_apply  # noqa: PLC0415

    return run_apply(asked, Steps(**typed), seconds=look, as_json=as_json)


@fleet.command()
@_pattern
@click.option("--to", type=PATH, metavar="DIR", help="Fetch the texts: DIR/GROUP/NODE.toml, where they differ.")
@click.option("--diff", is_flag=True, help="With --to: show how each differs from what lay there.")
@_within
@_look
@json_option
@_asked
@_signed
def collect(asked: Asked, look: float, as_json: bool, **typed: Any) -> int:
    """List what nodes tell of their configurations: release, digest, state, and what they shall have. With --to their texts.

    \b
    Examples: gadelys fleet collect 'albertslund/*'
              gadelys fleet collect 'albertslund/*' --to poles --sign operations.pem
    """
    from agent.cli.fleet.collect import Wanted  # noqa: PLC0415
    from agent.cli.fleet.collect import collect as run_collect  # noqa: PLC0415

    return run_collect(asked, Wanted(**typed), seconds=look, as_json=as_json)


@fleet.command()
@seconds_option
@_asked
@_signed
def serve(asked: Asked, seconds: float | None, key: Key | None) -> int:
    """Be the host that is always there: hear all nodes and keep what they say, until SIGTERM or Ctrl-C.

    Example: gadelys fleet serve --host broker.example --store fleet.db
    """
    from agent.cli.fleet.serve import serve as run_serve  # noqa: PLC0415

    return run_serve(asked, key, seconds)
