"""The terminal a command writes to: how wide, how many colours."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable

from agent.cli.text import Depth, Line, line, render
from agent.cli.trouble import REFUSED, Trouble

_NARROWEST = 40


def depth() -> Depth:
    """Return how many colours standard output shows: none where it is not a terminal, or NO_COLOR is set."""
    term = os.environ.get("TERM", "")
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR") or term in {"", "dumb"}:
        return Depth.NONE
    if os.environ.get("COLORTERM") in {"truecolor", "24bit"}:
        return Depth.TRUE
    return Depth.MANY if "256color" in term else Depth.BASIC


def width() -> int:
    """Return how many cells a line has; 80 where nobody knows."""
    return max(shutil.get_terminal_size().columns, _NARROWEST)


def height() -> int:
    """Return how many lines are seen at once; 24 where nobody knows."""
    return shutil.get_terminal_size().lines


def shades() -> bool:
    """Return whether standard output shows brightness."""
    return depth() >= Depth.MANY


def unicode() -> bool:
    """Return whether standard output can show block characters."""
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"


def moves() -> bool:
    """Return whether there is a keyboard, and a screen whose cursor can be moved."""
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM", "") not in {"", "dumb"}


def show(lines: Iterable[Line]) -> None:
    """Print lines."""
    colours = depth()
    write("\n".join(render(one, colours) for one in lines) + "\n")


def write(text: str) -> None:
    """Print a text as it is; characters that the terminal does not have become question marks."""
    _out(text.encode(sys.stdout.encoding or "ascii", "replace"))


def show_json(document: bytes) -> None:
    """Print one JSON document, as the agent sent it."""
    _out(document + b"\n")  # UTF-8, whatever the terminal has


def show_text(text: str) -> None:
    """Print one line."""
    show([line(text)])


def _out(raw: bytes) -> None:
    try:
        sys.stdout.buffer.write(raw)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has seen enough
        raise
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or what is left fails again at the end
        raise Trouble(f"standard output: {(error.strerror or str(error)).lower()}", REFUSED) from None
