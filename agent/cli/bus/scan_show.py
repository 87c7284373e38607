"""What is seen while a scan runs: a bar on a terminal, plain lines elsewhere, nothing where a program reads."""

from __future__ import annotations

import sys
import time
from typing import Protocol

from agent.cli import terminal
from agent.cli.bus.scan_words import Named, Progress, bar, found_line, told
from agent.cli.text import clip, plain, render
from drivers.bus.records import Link

_FASTEST_S = 0.1  # between two drawings
_SELDOM_S = 15.0  # between two lines of nothing new
_CLEAR = "\r\x1b[K"


class Show(Protocol):
    """Where a scan tells how it goes."""

    def progress(self, progress: Progress) -> None:
        """So far it is."""

    def found(self, named: Named) -> None:
        """A unit was found."""

    def end(self) -> None:
        """Nothing more comes."""


class Nothing:
    """Shows nothing: whoever reads gets the result alone."""

    def progress(self, progress: Progress) -> None:
        """So far it is."""

    def found(self, named: Named) -> None:
        """A unit was found."""

    def end(self) -> None:
        """Nothing more comes."""


class Lines:
    """A line a unit and a speed, and from time to time one of how far it is, on standard error."""

    def __init__(self) -> None:
        self._told: set[Link | None] = set()
        self._told_s = time.monotonic()

    def progress(self, progress: Progress) -> None:
        """Say each speed once, and how far it is when nothing was said for long."""
        link, now_s = progress.asked.link, time.monotonic()
        if link not in self._told or now_s >= self._told_s + _SELDOM_S:
            self._told.add(link)
            self._told_s = now_s
            sys.stderr.write(f"{plain(told(progress))}\n")

    def found(self, named: Named) -> None:
        """Say who was found."""
        sys.stderr.write(f"{plain(found_line(named))}\n")

    def end(self) -> None:
        """Nothing more comes."""


class Bar:
    """A bar in the last line of the terminal; what is found stands above it and stays."""

    def __init__(self) -> None:
        self._drawn_s = 0.0
        self._depth = terminal.depth()
        self._blocks = terminal.unicode()

    def progress(self, progress: Progress) -> None:
        """Draw it, if that is due."""
        now_s = time.monotonic()
        if now_s >= self._drawn_s + _FASTEST_S:
            self._drawn_s = now_s
            drawn = bar(progress, terminal.width() - 1, blocks=self._blocks)
            terminal.write(_CLEAR + render(drawn, self._depth))

    def found(self, named: Named) -> None:
        """Write a line above it."""
        self._drawn_s = 0.0
        terminal.write(f"{_CLEAR}{render(clip(found_line(named), terminal.width()), self._depth)}\n")

    def end(self) -> None:
        """Take it away."""
        terminal.write(_CLEAR)


def show(*, as_json: bool, plainly: bool) -> Show:
    """Return what suits where it is seen."""
    if as_json:
        return Nothing()
    return Bar() if terminal.moves() and not plainly else Lines()
