"""`gadelys run` and `gadelys safe`: what the service manager calls. The standard library reads their options."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from agent.cli import arguments

T = TypeVar("T")


def daemon(words: Sequence[str]) -> int:
    """Run or make safe, by the words behind `gadelys`; return the exit code. SystemExit(2) for wrong usage."""
    options = _parser().parse_args(words)
    # Whoever installs rich beside us makes structlog load it: 10 MB for colours that a daemon does not print.
    sys.modules.setdefault("rich", None)  # type: ignore[arg-type]
    if options.command == "safe":
        from agent.safe import safe  # noqa: PLC0415

        return safe(options.config, street_time=options.street_time)
    from agent.app import run  # noqa: PLC0415

    return run(
        options.config,
        street_time=options.street_time,
        allow_interpreted=options.allow_interpreted_kernel,
        log_level=options.log_level,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="gadelys", allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True)
    run = _command(commands, "run", "Run the agent until SIGTERM or Ctrl-C.")
    run.add_argument(
        "--allow-interpreted-kernel", action="store_true", help="run although the control kernel is not compiled"
    )
    run.add_argument("--log-level", choices=["debug", "info", "warning", "error"], default="info", help="default: info")
    _command(commands, "safe", "Light the lamps whose units do not do so themselves when the agent is gone.")
    return parser


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    says: str,
) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        name,
        allow_abbrev=False,
        description=says,
        epilog=f"Example: gadelys {name} --config /etc/gadelys/pole.toml",
    )
    parser.add_argument(
        "--config", type=Path, required=True, metavar="FILE", help="the configuration, such as pole.toml"
    )
    parser.add_argument(
        "--street-time",
        type=_told(arguments.moment),
        metavar="ISO",
        help="a demonstration: the street's calendar starts at this time",
    )
    return parser


def _told(read: Callable[[str], T]) -> Callable[[str], T]:
    """Return a reader whose ValueError reaches the user in its own words."""

    def reader(text: str) -> T:
        try:
            return read(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return reader
