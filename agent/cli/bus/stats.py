"""`gadelys bus stats`: how busy and how sound the lines are, once or again and again."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import msgspec

from agent.cli import terminal
from agent.cli.bus.stats_page import page
from agent.cli.client import Client
from agent.cli.text import Line, Span, line, render
from agent.local.bus_records import LineStats

_CLEAR, _HOME, _CLEAR_LINE, _CLEAR_BELOW = "\x1b[2J", "\x1b[H", "\x1b[K", "\x1b[J"


def stats(given: Path | None, *, as_json: bool, watch_s: float | None, seconds: float | None) -> int:
    """Print the page, with `watch_s` again so often until Ctrl-C or so many seconds."""
    if watch_s is not None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    until_s = None if seconds is None else time.monotonic() + seconds
    try:
        with Client(given) as client:
            if watch_s is not None and terminal.moves() and not as_json:
                terminal.write(_CLEAR)
            while True:
                _show(client.call("bus.stats"), as_json=as_json, again=watch_s is not None)
                if watch_s is None or not _rest(client, watch_s, until_s):
                    return 0
    except KeyboardInterrupt:
        return 0


def _show(result: bytes, *, as_json: bool, again: bool) -> None:
    if as_json:
        terminal.show_json(result)
        return
    lines = page(msgspec.json.decode(result, type=list[LineStats]), terminal.width(), blocks=terminal.unicode())
    if again and terminal.moves():
        terminal.write(_redrawn(lines))
    else:
        terminal.show(lines)


def _redrawn(lines: list[Line]) -> str:
    """Return what draws over the page before."""
    colours = terminal.depth()
    room = terminal.height() - 1
    more = Span(f"and {len(lines) - room + 1} more lines, below a taller window", "dim")
    seen = lines if len(lines) <= room else [*lines[: room - 1], line(more)]
    return _HOME + "".join(f"{render(one, colours)}{_CLEAR_LINE}\n" for one in seen) + _CLEAR_BELOW


def _rest(client: Client, rest_s: float, until_s: float | None) -> bool:
    """Wait, seeing that the agent is still there. False when the time is up."""
    left_s = rest_s if until_s is None else min(rest_s, until_s - time.monotonic())
    if left_s > 0:
        client.rest(left_s)
    return until_s is None or time.monotonic() < until_s
