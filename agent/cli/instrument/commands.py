"""The commands of `gadelys instrument`. Only names and options here; what a command needs is imported when it runs."""

from __future__ import annotations

from pathlib import Path

import click
from click.shell_completion import CompletionItem

from agent.cli.options import PATH, Commands, json_option, seconds_option, socket_option


def _models(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from drivers.lines import MODELS  # noqa: PLC0415

    return [CompletionItem(name) for name in MODELS if name.startswith(incomplete)]


def _running(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from agent.cli.client import instrument_names  # noqa: PLC0415

    return [CompletionItem(name) for name in instrument_names(ctx.params.get("socket")) if name.startswith(incomplete)]


_port = click.argument("port", metavar="PORT", type=PATH)


@click.group(cls=Commands)
def instrument() -> None:
    """Look at instruments on serial ports: radars, ultrasonic and lidar heads, particulate counters, GNSS."""


@instrument.command(name="list")
@json_option
def list_(as_json: bool) -> int:
    """List the models that `model = "…"` of an instrument can name.

    Example: gadelys instrument list
    """
    from agent.cli.instrument import pages  # noqa: PLC0415

    return pages.list_(as_json=as_json)


@instrument.command()
@click.argument("model", metavar="MODEL", shell_complete=_models)
@json_option
def show(model: str, as_json: bool) -> int:
    """Show a model as a page of a datasheet: speed, points, options, how far it is to be trusted.

    Example: gadelys instrument show ld2451
    """
    from agent.cli.instrument import pages  # noqa: PLC0415

    return pages.show(model, as_json=as_json)


@instrument.command()
@_port
@click.option("--model", metavar="MODEL", required=True, shell_complete=_models, help="See `gadelys instrument list`.")
@click.option(
    "--baud", type=click.IntRange(1200, 921_600), metavar="N", help="If it is not one that is tried by itself."
)
@click.option(
    "--set", "settings", multiple=True, metavar="OPTION=VALUE", help="An option of the model; may be repeated."
)
@json_option
@seconds_option
def listen(  # noqa: PLR0913, PLR0917 - the options' names
    port: Path, model: str, baud: int | None, settings: tuple[str, ...], as_json: bool, seconds: float | None
) -> int:
    """Listen to the instrument at PORT and print what it says, a line a change, until Ctrl-C. No agent is needed.

    Exits with 1 if nothing was understood.

    \b
    Examples: gadelys instrument listen /dev/ttyUSB0 --model ld2410
              gadelys instrument listen /dev/ttyUSB0 --model sds011 --set period_min=0 --seconds 60 --json
    """
    from agent.cli.instrument.listen import listen as run_listen  # noqa: PLC0415
    from agent.cli.instrument.listen import spec_of  # noqa: PLC0415

    return run_listen(spec_of(port, model, baud, settings), as_json=as_json, seconds=seconds)


@instrument.command()
@_port
@json_option
def find(port: Path, as_json: bool) -> int:
    """Find out what speaks at PORT: each speed is listened at, then the models that only answer are asked. 20 s.

    Sends nothing but the questions that those models begin with. Exits with 1 if nothing was understood.

    Example: gadelys instrument find /dev/ttyUSB0
    """
    from agent.cli.instrument.find import find as run_find  # noqa: PLC0415

    return run_find(port, as_json=as_json)


@instrument.command()
@click.argument("name", metavar="NAME", shell_complete=_running)
@click.option("--out", type=PATH, metavar="FILE", help="Write it to a file.")
@socket_option
@json_option
def dump(name: str, out: Path | None, socket: Path | None, as_json: bool) -> int:
    """Print the last bytes that went and came between the running agent and the instrument NAME.

    Example: gadelys instrument dump radar-01 --out radar-01.dump
    """
    from agent.cli.bus.dump import dump as run_dump  # noqa: PLC0415

    return run_dump(socket, "instrument", name, out, as_json=as_json)
