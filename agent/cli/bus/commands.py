"""The commands of `gadelys bus`. Only names and options here; what a command needs is imported when it runs."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from agent.cli.options import PATH, SYSTEM_CONFIG, Commands, json_option, seconds_option, socket_option

if TYPE_CHECKING:
    from agent.cli.bus.access import Way


def _lines(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from agent.cli.client import line_names  # noqa: PLC0415

    names = line_names(ctx.params.get("socket"))
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def _profiles(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from drivers.profile import own_folder, profile_names  # noqa: PLC0415

    names = profile_names(own_folder(SYSTEM_CONFIG))
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


where_argument = click.argument("where", metavar="WHERE", shell_complete=_lines)
_WAY = (
    where_argument,
    click.option("--baud", type=click.IntRange(300, 1_000_000), metavar="N", help="Of a port.  [default: 9600]"),
    click.option("--parity", type=click.Choice(["none", "even", "odd"]), help="Of a port.  [default: none]"),
    click.option("--stop-bits", type=click.IntRange(1, 2), metavar="N", help="Of a port.  [default: 1]"),
    click.option("--rtu", is_flag=True, help="Of an address: a serial device server, RTU frames over TCP."),
    click.option(
        "--timeout", "timeout_ms", type=click.IntRange(1, 10_000), metavar="MS", help="Longest wait for an answer."
    ),
    socket_option,
)
_AS = (
    click.option("--as", "kind", metavar="TYPE", help="u16 s16 u32 s32 float32 … bcd16 text, or bits:0, bits:4-7."),
    click.option("--order", metavar="ABCD", help="Order of bytes: ABCD, BADC, CDAB, DCBA; AB, BA.  [default: ABCD]"),
    click.option("--scale", type=float, metavar="N", help="The value is so many times what the register holds."),
)


def _given(*options: Callable[[Callable[..., int]], Callable[..., int]]) -> Callable[[Callable[..., int]], Any]:
    """Give a command several options."""

    def give(function: Callable[..., int]) -> Callable[..., int]:
        for option in reversed(options):
            function = option(function)
        return function

    return give


def _way(function: Callable[..., int]) -> Callable[..., int]:
    """Give a command the words that say where, packed into its first argument."""

    @functools.wraps(function)
    def packed(  # noqa: PLR0913 - the options' names
        *,
        where: str,
        baud: int | None,
        parity: Any,
        stop_bits: int | None,
        timeout_ms: int | None,
        rtu: bool,
        socket: Path | None,
        **rest: Any,
    ) -> int:
        from agent.cli.bus.access import Way  # noqa: PLC0415

        way = Way(
            socket=socket,
            where=where,
            baud=baud,
            parity=parity,
            stop_bits=stop_bits,
            timeout_ms=timeout_ms,
            rtu=rtu,
        )
        return function(way, **rest)

    return _given(*_WAY)(packed)  # type: ignore[no-any-return]


@click.group(cls=Commands)
def bus() -> None:
    """Look at the lines, and read and write what hangs on them, by register.

    WHERE: a line of the running agent by its name (`gadelys bus list`), a port such as /dev/ttyUSB0, or an address such
    as 10.0.0.7:502. What the agent has goes through the agent, between its polls.
    """


@bus.command("list")
@socket_option
@json_option
def list_(socket: Path | None, as_json: bool) -> int:
    """List the lines of the running agent and their units.

    Example: gadelys bus list
    """
    from agent.cli.bus.list import show  # noqa: PLC0415

    return show(socket, as_json=as_json)


@bus.command()
@_way
@click.argument("unit", metavar="UNIT")
@click.argument("at", metavar="[SPACE:ADDRESS]", required=False)
@click.argument("count", metavar="[COUNT]", type=click.IntRange(1), required=False)
@_given(*_AS)
@click.option("--profile", metavar="NAME", shell_complete=_profiles, help="Read all points of this profile instead.")
@click.option("--watch", "watch_s", type=click.FloatRange(0.05, 3600), metavar="S", help="Look again every S seconds.")
@seconds_option
@json_option
def read(way: Way, **words: Any) -> int:
    """Read registers of UNIT, by its id or its name. SPACE: holding, input, coil, discrete.

    ADDRESS as on the wire, from 0, or 0x...; COUNT registers. A unit of the agent without SPACE:ADDRESS: all its points.

    \b
    Examples: gadelys bus read lamps dimmer-1
              gadelys bus read lamps 11 holding:90 4
              gadelys bus read /dev/ttyUSB0 1 input:0x0 --as float32 --baud 2400
              gadelys bus read 10.0.0.7:502 5 holding:16 2 --as s32 --order CDAB --watch 1
              gadelys bus read /dev/ttyUSB0 1 --profile eastron-sdm230
    """
    from agent.cli.bus.read import Typed  # noqa: PLC0415
    from agent.cli.bus.read import read as run_read  # noqa: PLC0415

    return run_read(way, Typed(**words))


@bus.command(context_settings={"ignore_unknown_options": True})  # so that -5 is a value
@_way
@click.argument("unit", metavar="UNIT")
@click.argument("at", metavar="SPACE:ADDRESS")
@click.argument("values", metavar="VALUE...", nargs=-1, required=True)
@_given(*_AS)
@click.option("--multiple", is_flag=True, help="By function 16 (coils: 15) even for one.")
@click.option("--broadcast", is_flag=True, help="With UNIT 0: all units of the line, none of which answers.")
@click.option("--unlock", is_flag=True, help="Really write.")
@json_option
def write(way: Way, **words: Any) -> int:
    """Write registers of UNIT, by its id or its name, and read them back. SPACE: holding or coil.

    Without --unlock nothing is written: it shows what would be sent, and what is there now. VALUE: a number, 0x...,
    for coils on or off. Exit codes: 0 written and there, 1 refused or not there, 2 not unlocked, 3 no answer.

    \b
    Examples: gadelys bus write lamps 11 holding:0x5A 5000
              gadelys bus write lamps dimmer-1 holding:0x5A 5000 5000 --unlock
              gadelys bus write /dev/ttyUSB0 1 holding:512 21.5 --as float32 --order CDAB --unlock
              gadelys bus write 10.0.0.7:502 1 coil:0 on --unlock
    """
    from agent.cli.bus.write import Typed  # noqa: PLC0415
    from agent.cli.bus.write import write as run_write  # noqa: PLC0415

    return run_write(way, Typed(**words))


@bus.command(context_settings={"ignore_unknown_options": True})  # so that -5 is a value
@_way
@click.argument("unit", metavar="UNIT")
@click.argument("at", metavar="SPACE:ADDRESS")
@click.argument("value", metavar="VALUE")
@click.option("--count", type=click.IntRange(1, 125), default=8, show_default=True, help="Registers to look at.")
@click.option(
    "--tolerance",
    "tolerance_pct",
    type=click.FloatRange(0, 50),
    default=1.0,
    show_default=True,
    metavar="PCT",
    help="How far off, per cent of VALUE.",
)
@json_option
def solve(way: Way, **words: Any) -> int:
    """Find type, order and scale of a register of UNIT from a VALUE that is known, such as one on its display.

    Looks around SPACE:ADDRESS too, and lists what could be the value, the likeliest first.

    \b
    Examples: gadelys bus solve /dev/ttyUSB0 1 input:0 230.4
              gadelys bus solve field meter holding:16 12345.6 --count 20
    """
    from agent.cli.bus.solve import Typed  # noqa: PLC0415
    from agent.cli.bus.solve import solve as run_solve  # noqa: PLC0415

    return run_solve(way, Typed(**words))


@bus.command()
@click.option("--watch", "watch_s", type=click.FloatRange(0.2, 3600), metavar="S", help="Look again every S seconds.")
@seconds_option
@socket_option
@json_option
def stats(watch_s: float | None, seconds: float | None, socket: Path | None, as_json: bool) -> int:
    """Show how busy the lines are, what goes wrong on them, and how long each unit takes to answer.

    \b
    Examples: gadelys bus stats
              gadelys bus stats --watch 2
    """
    from agent.cli.bus.stats import stats as run_stats  # noqa: PLC0415

    return run_stats(socket, as_json=as_json, watch_s=watch_s, seconds=seconds)


@bus.command()
@click.argument("bus_id", metavar="BUS", shell_complete=_lines)
@click.option("--out", type=PATH, metavar="FILE", help="Write it there instead of to the terminal.")
@socket_option
@json_option
def dump(bus_id: str, out: Path | None, socket: Path | None, as_json: bool) -> int:
    """Print the last frames of a line of the running agent, both ways, with microseconds. For tests to replay.

    The agent keeps such files itself when a unit falls silent or a port is lost: in `faults`, beside its socket.

    \b
    Examples: gadelys bus dump lamps
              gadelys bus dump lamps --out lamps.txt
    """
    from agent.cli.bus.dump import dump as run_dump  # noqa: PLC0415

    return run_dump(socket, "bus", bus_id, out, as_json=as_json)
