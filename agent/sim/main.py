"""`gadelys-sim`: simulators around the agent itself. The simulated street is `firmware-sim`."""

from __future__ import annotations

import argparse
import ipaddress
import re
import sys


def main() -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="gadelys-sim", allow_abbrev=False, description="Simulators around the agent itself."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    fleet = commands.add_parser(
        "fleet",
        allow_abbrev=False,
        description="Run the real uplinks of many controllers, whose lamps do at once what they are told, against one "
        "broker on this machine. A line a second says how they are.",
        epilog="Example: gadelys-sim fleet --port 1883 --controllers 1000 --seconds 60",
    )
    fleet.add_argument(
        "--host", type=_loopback, default="127.0.0.1", help="the broker; on this machine (default: 127.0.0.1)"
    )
    fleet.add_argument("--port", type=_whole(1, 65535), default=1883, help="its port (default: 1883)")
    fleet.add_argument("--group", type=_name, default="fleet", help="the Sparkplug group (default: fleet)")
    fleet.add_argument("--controllers", type=_whole(1, 2000), default=100, help="how many, 1 to 2000 (default: 100)")
    fleet.add_argument("--processes", type=_whole(1, 64), default=2, help="in how many processes (default: 2)")
    fleet.add_argument("--lamps", type=_whole(1, 99), default=6, help="lamps of each, beside a meter (default: 6)")
    fleet.add_argument("--every", type=_whole(1, 3600), default=10, metavar="S", help="s between changes (default: 10)")
    fleet.add_argument(
        "--longest-wait", type=_whole(1, 3600), default=120, metavar="S", help="of the back-off (default: 120)"
    )
    fleet.add_argument("--seconds", type=_whole(1, 86400), metavar="N", help="end after so many (default: on Ctrl-C)")
    fleet.add_argument("--json", action="store_true", help="print JSON lines")
    return _fleet(parser.parse_args())


def _fleet(options: argparse.Namespace) -> int:
    from agent.sim.fleet import Fleet, run  # noqa: PLC0415 - no MQTT for --help
    from agent.sim.pole import Kind  # noqa: PLC0415

    fleet = Fleet(
        options.host,
        options.port,
        options.group,
        options.controllers,
        min(options.processes, options.controllers),
        Kind(options.lamps, options.every),
        options.longest_wait,
        options.seconds,
    )
    return run(fleet, as_json=options.json)


def _loopback(text: str) -> str:
    try:
        ours = ipaddress.ip_address(text).is_loopback
    except ValueError:
        ours = text == "localhost"
    if not ours:
        raise argparse.ArgumentTypeError(f"expected an address of this machine, such as 127.0.0.1; found {text!r}")
    return text


def _name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", text):
        raise argparse.ArgumentTypeError(f"expected 1 to 64 of A-Z a-z 0-9 . _ -, found {text!r}")
    return text


class _whole:  # noqa: N801 - argparse calls it as a type
    """A whole number within bounds."""

    def __init__(self, low: int, high: int) -> None:
        self._low, self._high = low, high

    def __call__(self, text: str) -> int:
        if not text.isdecimal() or not self._low <= int(text) <= self._high:
            raise argparse.ArgumentTypeError(
                f"expected a whole number from {self._low} to {self._high}, found {text!r}"
            )
        return int(text)


if __name__ == "__main__":
    sys.exit(main())
