"""The command `gadelys bus scan`: its names and options; what it needs is imported when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from agent.cli.bus.commands import where_argument
from agent.cli.options import Exits, json_option, socket_option


@click.command(cls=Exits)
@where_argument
@click.option("--baud", metavar="LIST", help="Speeds to ask at: 9600,19200.  [default: see above]")
@click.option("--parity", metavar="LIST", help="none, even, odd.  [default: none,even]")
@click.option("--all", "every", is_flag=True, help="Every speed and parity: takes most of an hour.")
@click.option("--units", metavar="LIST", help="Ids to ask: 1-20,31.  [default: all, 1-247]")
@click.option("--fast", is_flag=True, help="Ask each id one question; units that are silent on it are not found.")
@click.option("--plain", is_flag=True, help="Lines instead of a bar.")
@json_option
@socket_option
def scan(socket: Path | None, as_json: bool, plain: bool, where: str, **typed: Any) -> int:
    """Find units and what they are, and print a configuration to paste. Reads only; Ctrl-C ends it with what was found.

    WHERE: a bus of the running agent, a port, or host:port. A port is asked at the likely speeds, the likeliest first.
    A bus of the running agent is asked between its polls and at its own speed alone, unless others are named; its
    configured units are not asked.

    \b
    Examples: gadelys bus scan /dev/ttyUSB0
              gadelys bus scan lamps --units 1-40
              gadelys bus scan 10.0.0.7:502
    """
    from agent.cli.bus.scan import scan as run_scan  # noqa: PLC0415
    from agent.cli.bus.wanted import Typed  # noqa: PLC0415

    return run_scan(socket, where, Typed(**typed), as_json=as_json, plain=plain)
