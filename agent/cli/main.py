"""`gadelys`: the command line. Only names and options here; what a command needs is imported when it runs."""

from __future__ import annotations

import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from agent.cli.trouble import MISUSED, Trouble

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
config_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Check a configuration, list device profiles."
)
app.add_typer(config_app, name="config")


def main() -> None:
    """Run the command line; expected trouble is one line on stderr and an exit code."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a short command ends quietly; long ones take Ctrl-C themselves
    try:
        app(prog_name="gadelys")
    except Trouble as trouble:
        sys.stderr.write(f"gadelys: {trouble}\n")
        sys.exit(trouble.code)


def _lamps(ctx: typer.Context, incomplete: str) -> list[str]:
    from agent.cli.client import lamp_names  # noqa: PLC0415

    return [name for name in lamp_names(ctx.params.get("socket")) if name.startswith(incomplete)]


Socket = Annotated[
    Path | None,
    typer.Option(
        "--socket", metavar="PATH", help="The agent's socket. Default: $GADELYS_SOCKET, else where an agent listens."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, times in UTC, and nothing else.")]
Pattern = Annotated[
    str, typer.Argument(metavar="[PATTERN]", help="Keys with * and ?, or a device.", show_default=False)
]
Lamp = Annotated[str, typer.Argument(metavar="LAMP", autocompletion=_lamps, help="A lamp, such as lum-03.")]
Seconds = Annotated[float | None, typer.Option("--seconds", metavar="N", min=0.1, help="End after so many seconds.")]
ConfigFile = Annotated[Path, typer.Option("--config", metavar="FILE", help="The configuration, such as pole.toml.")]
StreetTime = Annotated[
    str | None,
    typer.Option("--street-time", metavar="ISO", help="A demonstration: the street's calendar starts at this time."),
]


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415

        typer.echo(f"gadelys {version('gadelys')}")
        raise typer.Exit


@app.callback()
def _gadelys(
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Street lights of one lamp post: run the agent, look at it, take a lamp by hand.

    \b
    gadelys status                      how the street is
    gadelys dim lum-03 40 --for 10m     take a lamp by hand
    gadelys release lum-03              give it back

    \b
    Exit codes: 0 done, 1 refused or not confirmed, 2 wrong usage or configuration, 3 no agent reachable.
    """


@app.command()
def run(
    config: ConfigFile,
    street_time: StreetTime = None,
    allow_interpreted_kernel: Annotated[
        bool, typer.Option("--allow-interpreted-kernel", help="Run although the control kernel is not compiled.")
    ] = False,
    log_level: Annotated[
        str, typer.Option("--log-level", metavar="LEVEL", help="debug, info, warning or error.")
    ] = "info",
) -> None:
    """Run the agent until SIGTERM or Ctrl-C.

    Example: gadelys run --config /etc/gadelys/pole.toml
    """
    moment = _moment(street_time)
    if log_level not in {"debug", "info", "warning", "error"}:
        raise Trouble(f"--log-level: expected debug, info, warning or error; found {log_level!r}", MISUSED)
    from agent import app as agent  # noqa: PLC0415

    raise typer.Exit(
        agent.run(config, street_time=moment, allow_interpreted=allow_interpreted_kernel, log_level=log_level)
    )


@app.command()
def safe(config: ConfigFile, street_time: StreetTime = None) -> None:
    """Light the lamps whose units do not do so themselves when the agent is gone. For ExecStopPost=.

    Example: gadelys safe --config /etc/gadelys/pole.toml
    """
    moment = _moment(street_time)
    from agent import app as agent  # noqa: PLC0415

    raise typer.Exit(agent.safe(config, street_time=moment))


@app.command()
def status(socket: Socket = None, json: Json = False) -> None:
    """Show how the street is: problems first, then lamps, sensors, lines, units.

    Example: gadelys status
    """
    from agent.cli import show  # noqa: PLC0415

    raise typer.Exit(show.status(socket, as_json=json))


@app.command()
def points(pattern: Pattern = "*", socket: Socket = None, json: Json = False) -> None:
    """List points with value, quality and age.

    \b
    Examples: gadelys points
              gadelys points lum-03
              gadelys points '*/presence/state' --json
    """
    from agent.cli import show  # noqa: PLC0415

    raise typer.Exit(show.points(socket, pattern, as_json=json))


@app.command()
def watch(pattern: Pattern = "*", socket: Socket = None, json: Json = False, seconds: Seconds = None) -> None:
    """Print changes of points as they come, a line each, until Ctrl-C.

    Example: gadelys watch '*/presence/state' --seconds 60
    """
    from agent.cli.watch import watch as run_watch  # noqa: PLC0415

    raise typer.Exit(run_watch(socket, pattern, as_json=json, seconds=seconds))


@app.command(context_settings={"ignore_unknown_options": True})  # so that -1 is a level, and refused as one
def dim(
    lamp: Lamp,
    level: Annotated[str, typer.Argument(metavar="LEVEL", help="Per cent of full light, 0 to 100.")],
    for_: Annotated[
        str | None,
        typer.Option("--for", metavar="TIME", help="How long: 90s, 10m, 1h30m; from 1 s to 12 h.  [default: 4h]"),
    ] = None,
    socket: Socket = None,
    json: Json = False,
) -> None:
    """Take a lamp by hand for a while, and see that it follows.

    Example: gadelys dim lum-03 40 --for 10m
    """
    from agent.cli.dim import dim as run_dim  # noqa: PLC0415

    raise typer.Exit(run_dim(socket, lamp, level, for_, as_json=json))


@app.command()
def release(lamp: Lamp, socket: Socket = None, json: Json = False) -> None:
    """Give a lamp back that was taken by hand.

    Example: gadelys release lum-03
    """
    from agent.cli.dim import release as run_release  # noqa: PLC0415

    raise typer.Exit(run_release(socket, lamp, as_json=json))


@app.command()
def top(
    socket: Socket = None,
    street: Annotated[
        Path | None,
        typer.Option(
            "--street", metavar="PATH", help="The simulated street's socket: shows who walks there, and gives keys."
        ),
    ] = None,
    plain: Annotated[bool, typer.Option("--plain", help="A line a second; needs no terminal.")] = False,
    seconds: Seconds = None,
) -> None:
    """Show the street live.

    \b
    Examples: gadelys top
              gadelys top --plain --seconds 60
    """
    from agent.cli.top.view import top as run_top  # noqa: PLC0415

    raise typer.Exit(run_top(socket, street, plain=plain, seconds=seconds))


@config_app.command()
def check(file: Annotated[Path, typer.Argument(metavar="FILE")], json: Json = False) -> None:
    """Check a configuration; each mistake with its line, key and what was expected. Touches no device.

    Example: gadelys config check pole.toml
    """
    from agent.cli import config  # noqa: PLC0415

    raise typer.Exit(config.check(file, as_json=json))


@config_app.command()
def profiles(json: Json = False) -> None:
    """List the device profiles that a unit can name.

    Example: gadelys config profiles
    """
    from agent.cli import config  # noqa: PLC0415

    raise typer.Exit(config.profiles(as_json=json))


def _moment(street_time: str | None) -> datetime | None:
    from agent.cli import arguments  # noqa: PLC0415

    if street_time is None:
        return None
    try:
        return arguments.moment(street_time)
    except ValueError as error:
        raise Trouble(str(error), MISUSED) from None
