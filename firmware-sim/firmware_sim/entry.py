"""The command's first step: Ctrl-C while Python still loads ends it without a word."""

from __future__ import annotations

import signal


def main() -> int:
    """Load and run the command line; returns the exit code."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from firmware_sim.main import main as run  # noqa: PLC0415

    return run()
