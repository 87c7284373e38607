"""The command `firmware-sim`."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import NoReturn

from firmware_sim.broker import Broker, NoBroker
from firmware_sim.cabinet import UnitsError
from firmware_sim.instrument_command import EXAMPLES as INSTRUMENT_EXAMPLES
from firmware_sim.instrument_command import add_instrument_arguments, run_instrument
from firmware_sim.line_command import LINE_EXAMPLES, add_line_arguments, add_tell_arguments, run_line, run_tell
from firmware_sim.passages import PassagesError
from firmware_sim.stage import add_arguments, run_stage
from firmware_sim.street import Recording, Street
from firmware_sim.street_socket import StreetSocket

EXAMPLES = """examples:
  firmware-sim street --dir /tmp/street
  firmware-sim street --dir /tmp/street --broker
  firmware-sim street --dir /tmp/street --passages passages.csv.gz --site rigistrasse-31 --night 2014-12-01
  firmware-sim line --dir /tmp/line --demo --tcp --rtu-tcp
  firmware-sim instrument ld2410 --dir /tmp/radar --set moving_m=2.5
  firmware-sim tell --dir /tmp/line units
"""


LONGEST_SOCKET_PATH = 107  # unix(7), without its end
FIRST_YEAR, LAST_YEAR = 1950, 2049  # for which the sun is reckoned


def local_time(text: str) -> datetime:
    """A local time with its offset."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise argparse.ArgumentTypeError(
            f"expected such as 2026-11-20T21:30+01:00, from {FIRST_YEAR} to {LAST_YEAR}; found {text!r}"
        )
    return moment


def evening(text: str) -> date:
    """The date of the evening by which a night begins."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise argparse.ArgumentTypeError(
            f"expected such as 2014-12-01, from {FIRST_YEAR} to {LAST_YEAR}; found {text!r}"
        )
    return day


class OneLine(argparse.ArgumentParser):
    """Arguments whose mistakes are told in one line."""

    def error(self, message: str) -> NoReturn:
        """Say what was expected and exit with 2."""
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def main() -> int:
    """Run the command line; returns the exit code."""
    parser = OneLine(
        "firmware-sim",
        description="A street to try things on: firmware on pseudo-terminals.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    street = commands.add_parser("street", help="run the street until SIGTERM or Ctrl-C")
    street.add_argument("--dir", type=Path, required=True, help="where its ports and sockets are made")
    street.add_argument(
        "--street-time", type=local_time, help="local time by which its sun and traffic begin (default: now)"
    )
    street.add_argument("--seed", type=int, default=1, help="for what happens by chance (default 1)")
    street.add_argument("--passages", type=Path, help="replay recorded single passages (CSV, or CSV with gzip)")
    street.add_argument("--site", help="with --passages: the site")
    street.add_argument("--night", type=evening, help="with --passages: the evening, as a date")
    street.add_argument("--broker", action="store_true", help="with an MQTT broker of its own (Mosquitto)")
    street.add_argument(
        "--parts", action="store_true", help="for three controllers: lines lamps-1 to lamps-3 and field-1 to field-3"
    )
    stage = commands.add_parser("stage", help="street, agent and live view together, as ./dev run does")
    add_arguments(stage, local_time)
    line = commands.add_parser(
        "line",
        help="run a line with units of your choice until SIGTERM or Ctrl-C",
        epilog=LINE_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_line_arguments(line)
    instrument = commands.add_parser(
        "instrument",
        help="run one serial instrument until SIGTERM or Ctrl-C",
        epilog=INSTRUMENT_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_instrument_arguments(instrument)
    add_tell_arguments(commands.add_parser("tell", help="say one thing to a running line, instrument or street"))
    arguments = parser.parse_args()
    if arguments.command == "stage":
        return run_stage(arguments)
    if len(os.fsencode(arguments.dir / "street.sock")) > LONGEST_SOCKET_PATH:
        street.error(f"--dir: expected a shorter path, sockets have {LONGEST_SOCKET_PATH} bytes: {arguments.dir}")
    told = {"line": run_line, "tell": run_tell, "instrument": run_instrument}
    if arguments.command in told:
        return _told(told[arguments.command], arguments)
    given = [arguments.passages, arguments.site, arguments.night]
    recording = None
    if given != [None] * 3:
        if None in given:
            street.error("--passages, --site and --night go together")
        recording = Recording(*given)
    try:
        return asyncio.run(_street(arguments, recording))
    except (PassagesError, NoBroker, OSError) as error:
        sys.stderr.write(f"firmware-sim: {error}\n")
        return 2


def _told(run: Callable[[argparse.Namespace], int], arguments: argparse.Namespace) -> int:
    try:
        return run(arguments)
    except (UnitsError, OSError, UnicodeDecodeError) as error:
        sys.stderr.write(f"firmware-sim: {error}\n")
        return 2


async def _street(arguments: argparse.Namespace, recording: Recording | None) -> int:
    begin = arguments.street_time or datetime.now().astimezone()  # noqa: TID251 - a street without a time of its own
    folder: Path = arguments.dir
    folder.mkdir(parents=True, exist_ok=True)
    broker = Broker(folder) if arguments.broker else None
    street = Street(folder, begin, seed=arguments.seed, recording=recording, broker=broker, parts=arguments.parts)
    eye = StreetSocket(folder / "street.sock", street)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        await street.start()
        street.step()
        await eye.start()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await _until(stop, street)
    finally:
        await eye.stop()
        await street.stop()
    return 0


async def _until(stop: asyncio.Event, street: Street) -> None:
    running, stopping = asyncio.create_task(street.run()), asyncio.create_task(stop.wait())
    await asyncio.wait([running, stopping], return_when=asyncio.FIRST_COMPLETED)
    running.cancel()
    stopping.cancel()
    outcome, _ = await asyncio.gather(running, stopping, return_exceptions=True)
    if isinstance(outcome, Exception):
        raise outcome  # a bug in the street is told, not hidden


if __name__ == "__main__":
    sys.exit(main())
