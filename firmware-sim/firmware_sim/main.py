"""The command `firmware-sim`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys
from datetime import datetime
from pathlib import Path

from firmware_sim.passages import PassagesError
from firmware_sim.stage import add_arguments, run_stage
from firmware_sim.street import Recording, Street
from firmware_sim.street_socket import StreetSocket

EXAMPLES = """examples:
  firmware-sim street --dir /tmp/street
  firmware-sim street --dir /tmp/street --passages passages.csv.gz --site rigistrasse-31 --night 2014-12-01
"""


def local_time(text: str) -> datetime:
    """A local time with its offset."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"expected such as 2026-11-20T21:30+01:00, found {text!r}")
    return moment


def main() -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(
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
    street.add_argument("--night", help="with --passages: the evening, as a date")
    stage = commands.add_parser("stage", help="street, agent and live view together, as ./dev run does")
    add_arguments(stage, local_time)
    arguments = parser.parse_args()
    if arguments.command == "stage":
        return run_stage(arguments)
    given = [arguments.passages, arguments.site, arguments.night]
    if any(given) and not all(given):
        street.error("--passages, --site and --night go together")
    recording = Recording(*given) if all(given) else None
    try:
        return asyncio.run(_street(arguments, recording))
    except (PassagesError, OSError, ValueError) as error:
        sys.stderr.write(f"firmware-sim: {error}\n")
        return 2


async def _street(arguments: argparse.Namespace, recording: Recording | None) -> int:
    begin = arguments.street_time or datetime.now().astimezone()  # noqa: TID251 - a street without a time of its own
    folder: Path = arguments.dir
    folder.mkdir(parents=True, exist_ok=True)
    street = Street(folder, begin, seed=arguments.seed, recording=recording)
    eye = StreetSocket(folder / "street.sock", street)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await street.start()
    running = asyncio.create_task(street.run())
    try:
        street.step()
        await eye.start()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        waiting = asyncio.create_task(stop.wait())
        await asyncio.wait([running, waiting], return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if running.done():
            running.result()  # a bug in the street is told, not hidden
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        await eye.stop()
        await street.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
