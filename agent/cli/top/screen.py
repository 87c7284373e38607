"""The terminal of the live view: taken on entry, given back on every exit."""

from __future__ import annotations

import os
import sys
import termios
import tty
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from agent.cli import terminal
from agent.cli.text import Depth, Line, render

_ENTER = "\x1b[?1049h\x1b[?25l"  # the alternate screen, no cursor
_LEAVE = "\x1b[0m\x1b[?25h\x1b[?1049l"


@contextmanager
def taken() -> Iterator[None]:
    """Hold the terminal: keys come one by one and unechoed, Ctrl-C stays a signal, Ctrl-Z does nothing."""
    keyboard = sys.stdin.fileno()
    before = termios.tcgetattr(keyboard)
    try:
        tty.setcbreak(keyboard)
        mode = termios.tcgetattr(keyboard)
        mode[6][termios.VSUSP] = b"\x00"
        termios.tcsetattr(keyboard, termios.TCSADRAIN, mode)
        terminal.write(_ENTER)
        yield
    finally:
        termios.tcsetattr(keyboard, termios.TCSADRAIN, before)
        terminal.write(_LEAVE)


def paint(lines: Sequence[Line], depth: Depth) -> None:
    """Draw over what was there, without flicker."""
    body = "\x1b[K\r\n".join(render(one, depth) for one in lines)
    terminal.write(f"\x1b[H{body}\x1b[K\x1b[J")


def keys() -> str:
    """Return what was typed since the last call."""
    return os.read(sys.stdin.fileno(), 64).decode("ascii", "ignore")
