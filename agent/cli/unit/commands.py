"""The commands of `gadelys unit`. Only names and options here; what a command needs is imported when it runs."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agent.cli.bus.commands import where_argument
from agent.cli.options import Commands, socket_option

if TYPE_CHECKING:
    from agent.cli.unit.change import How

_HOW = (
    click.option("--profile", metavar="NAME", required=True, help="What the unit is: its profile says how it is done."),
    click.option(
        "--at", metavar="SPEED", help="Its speed now, such as 19200-8E1.  [default: the line's, else the profile's]"
    ),
    click.option("--unlock", is_flag=True, help="Write. Without it the writes are shown, and nothing is changed."),
    click.option("--no-wait", is_flag=True, help="Do not wait for somebody to switch its power off and on."),
    socket_option,
)


def _how(function: Callable[..., int]) -> Callable[..., int]:
    """Give a command the options that say how, packed into its first two arguments."""

    @functools.wraps(function)
    def packed(*, profile: str, at: str | None, unlock: bool, no_wait: bool, socket: Path | None, **rest: Any) -> int:
        from agent.cli.unit.change import How  # noqa: PLC0415

        return function(socket, How(profile=profile, at=at, unlock=unlock, wait=not no_wait), **rest)

    for option in reversed(_HOW):
        option(packed)
    return packed


@click.group(cls=Commands)
def unit() -> None:
    """Give a unit on a line another id or another speed."""


@unit.command()
@where_argument
@click.argument("old", metavar="OLD", type=click.IntRange(1, 247))
@click.argument("new", metavar="NEW", type=click.IntRange(1, 247))
@_how
def address(socket: Path | None, how: How, where: str, old: int, new: int) -> int:
    """Give unit OLD the id NEW, and see that it answers there. WHERE: a bus of the agent, a port, or host:port.

    Exit codes: 0 proved, 1 refused, only shown, or not proved.

    \b
    Examples: gadelys unit address /dev/ttyUSB0 1 31 --profile jxct-illuminance
              gadelys unit address /dev/ttyUSB0 1 31 --profile jxct-illuminance --unlock
    """
    from agent.cli.unit.change import address as run_address  # noqa: PLC0415

    return run_address(socket, where, old, new, how)


@unit.command()
@where_argument
@click.argument("unit_id", metavar="UNIT", type=click.IntRange(1, 247))
@click.argument("speed", metavar="BAUD", type=click.IntRange(1200, 256000))
@click.option("--parity", metavar="PARITY", help="none, even or odd.  [default: as it is]")
@_how
def baud(socket: Path | None, how: How, *, where: str, unit_id: int, speed: int, parity: str | None) -> int:  # noqa: PLR0913
    """Give UNIT the speed BAUD, and see that it answers there. WHERE: a bus of the agent, or a port.

    Exit codes: 0 proved, 1 refused, only shown, or not proved.

    Example: gadelys unit baud /dev/ttyUSB0 31 19200 --profile mtdx62-mb --unlock
    """
    from agent.cli.unit.change import Speed  # noqa: PLC0415
    from agent.cli.unit.change import baud as run_baud  # noqa: PLC0415

    return run_baud(socket, where, unit_id, Speed(speed, parity), how)
