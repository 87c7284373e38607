"""The terminal a command writes to: how wide, how many colours."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable

from agent.cli.text import Depth, Line, line, render

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


def shades() -> bool:
    """Return whether standard output shows brightness."""
    return depth() >= Depth.MANY


def unicode() -> bool:
    """Return whether standard output can show block characters."""
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"


def show(lines: Iterable[Line]) -> None:
    """Print lines."""
    colours = depth()
    text = "\n".join(render(one, colours) for one in lines)
    sys.stdout.write(
        text.encode(sys.stdout.encoding or "ascii", "replace").decode(sys.stdout.encoding or "ascii") + "\n"
    )
    sys.stdout.flush()


def show_json(document: bytes) -> None:
    """Print one JSON document, as the agent sent it."""
    sys.stdout.write(document.decode() + "\n")
    sys.stdout.flush()


def show_text(text: str) -> None:
    """Print one line."""
    show([line(text)])
