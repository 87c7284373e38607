"""The command `gadelys selftest`. Only names and options here; what it needs is imported when it runs."""

from __future__ import annotations

import re
from pathlib import Path

import click

from agent.cli.options import PATH, Exits, json_option
from agent.cli.trouble import MISUSED, Trouble

_PAIR = re.compile(r"(\d{1,2}):(\d{1,2})", re.ASCII)
_PINS = 54


@click.command(cls=Exits)
@click.option("--hardware", is_flag=True, help="The board too: clock, ports, pins, timers, storage. 5 s.")
@click.option(
    "--folder", type=PATH, default=Path(), metavar="DIR", help="Where storage is measured, by 80 KB.  [default: here]"
)
@click.option(
    "--serial-loop", "ports", multiple=True, type=PATH, metavar="PORT", help="A port whose TX is joined to its RX."
)
@click.option(
    "--pin-loop",
    "pins",
    multiple=True,
    metavar="OUT:IN",
    help="Two free pins (BCM) joined through 1 kOhm: OUT is driven.",
)
@click.option("--out", type=PATH, metavar="FILE", help="Keep the report, JSON, to be sent back.")
@json_option
def selftest(  # noqa: PLR0913, PLR0917 - the options' names
    hardware: bool, folder: Path, ports: tuple[Path, ...], pins: tuple[str, ...], out: Path | None, as_json: bool
) -> int:
    """Look whether what gadelys needs is here and how good it is. Drives nothing that is not named.

    Exits with 1 if something is wrong. With the agent stopped: ports and pins that it has are not free.

    \b
    Examples: gadelys selftest
              gadelys selftest --hardware --serial-loop /dev/ttyAMA0 --pin-loop 17:27 --out report.json
    """
    from agent.cli.selftest.selftest import Wanted  # noqa: PLC0415
    from agent.cli.selftest.selftest import selftest as run_selftest  # noqa: PLC0415

    if not hardware and (ports or pins):
        raise Trouble("--serial-loop and --pin-loop are for --hardware", MISUSED)
    return run_selftest(Wanted(hardware, folder, ports, tuple(_pair(text) for text in pins)), out, as_json=as_json)


def _pair(text: str) -> tuple[int, int]:
    match = _PAIR.fullmatch(text)
    pins = (int(match[1]), int(match[2])) if match else (_PINS, _PINS)
    if max(pins) >= _PINS or pins[0] == pins[1]:
        raise Trouble(f"--pin-loop: expected two BCM numbers from 0 to 53, such as 17:27; found {text!r}", MISUSED)
    return pins
