"""The technician's commands. Only names and options here; what a command needs is imported when it runs."""

from __future__ import annotations

from pathlib import Path

import click
from click.shell_completion import CompletionItem, get_completion_class

from agent import __version__
from agent.cli.authority.commands import authority
from agent.cli.ble.commands import ble
from agent.cli.bus.commands import bus
from agent.cli.bus.scan_command import scan
from agent.cli.calendar.commands import calendar
from agent.cli.enrol.commands import enrol
from agent.cli.fleet.commands import fleet
from agent.cli.instrument.commands import instrument
from agent.cli.lab.commands import lab
from agent.cli.main import COMPLETING
from agent.cli.neighbour.commands import neighbour
from agent.cli.options import PATH, Commands, json_option, pattern_argument, seconds_option, socket_option
from agent.cli.profile.commands import profile
from agent.cli.selftest.commands import selftest
from agent.cli.unit.commands import unit
from agent.cli.uplink.commands import uplink


def _lamps(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from agent.cli.client import lamp_names  # noqa: PLC0415

    return [CompletionItem(name) for name in lamp_names(ctx.params.get("socket")) if name.startswith(incomplete)]


_lamp = click.argument("lamp", metavar="LAMP", shell_complete=_lamps)


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def gadelys() -> None:
    """Street lights of one lamp post: run the agent, look at it, take a lamp by hand.

    \b
    gadelys status                      how the street is
    gadelys dim lum-03 40 --for 10m     take a lamp by hand
    gadelys release lum-03              give it back

    \b
    Exit codes: 0 done, 1 refused or not confirmed, 2 wrong usage or configuration,
    3 no agent or broker reachable, no answer in time.
    """


@gadelys.command(add_help_option=False, short_help="Run the agent until SIGTERM or Ctrl-C.")
def run() -> None:
    """Stand in the list: `daemon` runs it, without what only commands need."""


@gadelys.command(add_help_option=False, short_help="Light the lamps that cannot do so themselves. For ExecStopPost=.")
def safe() -> None:
    """Stand in the list: `daemon` runs it."""


@gadelys.command()
@socket_option
@json_option
def status(socket: Path | None, as_json: bool) -> int:
    """Show how the street is: problems first, then lamps, sensors, lines, units.

    Example: gadelys status
    """
    from agent.cli import show  # noqa: PLC0415

    return show.status(socket, as_json=as_json)


@gadelys.command()
@socket_option
@json_option
def alarms(socket: Path | None, as_json: bool) -> int:
    """List what is wrong with lamps: what, since when, with figures. Exit code 1 if there is an alarm.

    Example: gadelys alarms --json
    """
    from agent.cli import show  # noqa: PLC0415

    return show.alarms(socket, as_json=as_json)


@gadelys.command()
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path), metavar="FILE")
@socket_option
def bundle(file: Path, socket: Path | None) -> int:
    """Write down how the agent is, for whoever is to find a fault: one FILE of JSON, or - for standard output.

    It holds status, points, configuration, the log's last warnings; no secrets, nothing of who walked by, no frames.

    Example: gadelys bundle pole-7.json
    """
    from agent.cli import show  # noqa: PLC0415

    return show.bundle(socket, file)


@gadelys.command()
@pattern_argument
@socket_option
@json_option
def points(pattern: str, socket: Path | None, as_json: bool) -> int:
    """List points with value, quality and age. PATTERN: keys with * and ?, or a device.

    \b
    Examples: gadelys points
              gadelys points lum-03
              gadelys points '*/presence/state' --json
    """
    from agent.cli import show  # noqa: PLC0415

    return show.points(socket, pattern, as_json=as_json)


@gadelys.command()
@pattern_argument
@socket_option
@json_option
@seconds_option
def watch(pattern: str, socket: Path | None, as_json: bool, seconds: float | None) -> int:
    """Print changes of points as they come, a line each, until Ctrl-C. PATTERN: keys with * and ?, or a device.

    Example: gadelys watch '*/presence/state' --seconds 60
    """
    from agent.cli.watch import watch as run_watch  # noqa: PLC0415

    return run_watch(socket, pattern, as_json=as_json, seconds=seconds)


@gadelys.command(context_settings={"ignore_unknown_options": True})  # so that -1 is a level, and refused as one
@_lamp
@click.argument("level", metavar="LEVEL")
@click.option("--for", "for_", metavar="TIME", help="How long: 90s, 10m, 1h30m; from 1 s to 12 h.  [default: 4h]")
@socket_option
@json_option
def dim(lamp: str, level: str, for_: str | None, socket: Path | None, as_json: bool) -> int:
    """Take LAMP by hand for a while, and see that it follows. LEVEL: per cent of full light, 0 to 100.

    Example: gadelys dim lum-03 40 --for 10m
    """
    from agent.cli.dim import dim as run_dim  # noqa: PLC0415

    return run_dim(socket, lamp, level, for_, as_json=as_json)


@gadelys.command()
@_lamp
@socket_option
@json_option
def release(lamp: str, socket: Path | None, as_json: bool) -> int:
    """Give LAMP back that was taken by hand.

    Example: gadelys release lum-03
    """
    from agent.cli.dim import release as run_release  # noqa: PLC0415

    return run_release(socket, lamp, as_json=as_json)


@gadelys.command()
@socket_option
@click.option(
    "--street", type=PATH, metavar="PATH", help="The simulated street's socket: shows who walks there, and gives keys."
)
@click.option("--plain", is_flag=True, help="A line a second; needs no terminal.")
@click.option(
    "--story",
    is_flag=True,
    help="Play the demonstration on the simulated street: 60 s, unless --seconds ends it earlier.",
)
@seconds_option
def top(socket: Path | None, street: Path | None, plain: bool, story: bool, seconds: float | None) -> int:
    """Show the street live.

    \b
    Examples: gadelys top
              gadelys top --plain --seconds 60
    """
    from agent.cli.top.view import top as run_top  # noqa: PLC0415

    return run_top(socket, street, plain=plain, seconds=seconds, tell=story)


@gadelys.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> int:
    """Print the completion of commands, options and lamps for a shell.

    Example: gadelys completion bash | sudo tee /etc/bash_completion.d/gadelys
    """
    made = get_completion_class(shell)
    if made is None:
        raise click.UsageError(f"no completion for {shell}")
    click.echo(made(gadelys, {}, "gadelys", COMPLETING).source())
    return 0


@gadelys.group()
def config() -> None:
    """Check a configuration."""


@config.command()
@click.argument("file", metavar="FILE", type=PATH)
@json_option
def check(file: Path, as_json: bool) -> int:
    """Check a configuration; each mistake with its line, key and what was expected. Touches no device.

    Example: gadelys config check pole.toml
    """
    from agent.cli import config as configuration  # noqa: PLC0415

    return configuration.check(file, as_json=as_json)


gadelys.add_command(authority)
gadelys.add_command(ble)
gadelys.add_command(bus)
bus.add_command(scan)
gadelys.add_command(calendar)
gadelys.add_command(enrol)
gadelys.add_command(fleet)
gadelys.add_command(instrument)
gadelys.add_command(lab)
gadelys.add_command(neighbour)
gadelys.add_command(selftest)
gadelys.add_command(unit)
gadelys.add_command(uplink)
gadelys.add_command(profile)
