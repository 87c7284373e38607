"""`gadelys watch`: a line a change, until Ctrl-C."""

from __future__ import annotations

import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from agent.cli import arguments, terminal
from agent.cli import format as fmt
from agent.cli.client import Client
from agent.cli.show import TONES, no_point
from agent.cli.text import Line, Span, clip, line
from agent.cli.trouble import REFUSED
from agent.local.records import PointState


class _Zone(msgspec.Struct, frozen=True):
    time_zone: str


class _Subscribed(msgspec.Struct, frozen=True):
    points: list[PointState]


class _Changes(msgspec.Struct, frozen=True):
    points: list[msgspec.Raw]


def watch(given: Path | None, pattern: str, *, as_json: bool, seconds: float | None) -> int:
    """Print changes of points as they come; 0 after Ctrl-C or so many seconds, 1 if the pattern names nothing."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with Client(given) as client:
            zone = msgspec.json.decode(client.call("status"), type=_Zone).time_zone
            first = client.call("points.subscribe", pattern=arguments.pattern(pattern))
            if not msgspec.json.decode(first, type=_Subscribed).points:
                sys.stderr.write(no_point(pattern))
                return REFUSED
            _follow(client, zone, as_json=as_json, until_s=None if seconds is None else time.monotonic() + seconds)
    except (KeyboardInterrupt, TimeoutError):
        pass
    return 0


def _follow(client: Client, zone: str, *, as_json: bool, until_s: float | None) -> None:
    """Print until interrupted; TimeoutError when the time is up."""
    for changes in client.notifications(_left_s(until_s)):
        for raw in msgspec.json.decode(changes, type=_Changes).points:
            if as_json:
                terminal.show_json(bytes(raw))
            else:
                point = msgspec.json.decode(raw, type=PointState)
                now = datetime.now(UTC)  # noqa: TID251 - the time of the person who looks
                terminal.show([clip(change(point, now, zone), terminal.width())])
        client.wait_at_most(_left_s(until_s))


def change(point: PointState, heard: datetime, zone: str) -> Line:
    """Return a change as a line: when (the point's own time where the clock is trusted), what, how good. Pure."""
    moment = fmt.local(point.time or heard, zone, "%H:%M:%S")
    quality = point.quality if not point.reason else f"{point.quality}: {point.reason}"
    return line(
        Span(moment, "dim"),
        f"  {point.key:<28}  ",
        Span(f"{fmt.value(point.value, point.unit):>10}", "bold"),
        "  ",
        Span(quality, TONES.get(point.quality, "bad")),
    )


def _left_s(until_s: float | None) -> float | None:
    if until_s is None:
        return None
    left_s = until_s - time.monotonic()
    if left_s <= 0:
        raise TimeoutError
    return left_s
