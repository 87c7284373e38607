"""`gadelys`: the entry. The daemon's commands load no more than the daemon needs; all others are in `commands`."""

from __future__ import annotations

import os
import signal
import sys

from agent.cli.trouble import Trouble

COMPLETING = "_GADELYS_COMPLETE"  # set by the shell's completion


def main() -> None:
    """Run the command line; expected trouble is one line on stderr and an exit code."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a short command ends quietly; long ones take Ctrl-C themselves
    words = sys.argv[1:]
    try:
        if words[:1] in (["run"], ["safe"]) and COMPLETING not in os.environ:
            from agent.cli.daemon import daemon  # noqa: PLC0415

            sys.exit(daemon(words))
        from agent.cli.commands import gadelys  # noqa: PLC0415

        gadelys(prog_name="gadelys")
    except Trouble as trouble:
        sys.stderr.write(f"gadelys: {trouble}\n")
        sys.exit(trouble.code)
