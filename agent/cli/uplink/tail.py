"""`gadelys uplink tail`: what the node and its platform say to each other, in words, until Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from datetime import UTC, datetime

import msgspec

from agent.cli import arguments, terminal
from agent.cli.trouble import MISUSED, Trouble
from agent.cli.uplink import words
from agent.cli.uplink.host import joined, rebirth
from agent.cli.uplink.place import Place, Wanted, find
from agent.cli.uplink.records import record
from agent.fleet.hearing import Stray, chosen


def tail(wanted: Wanted, pattern: str, *, as_json: bool, seconds: float | None, births: bool) -> int:
    """Print messages as they come; 0 after Ctrl-C or so many seconds. With `births` the node is asked for them first."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    place = find(wanted)
    if births and not place.one_node:
        raise Trouble("--rebirth: name one node, with --group and --node", MISUSED)
    with contextlib.suppress(KeyboardInterrupt, TimeoutError):
        asyncio.run(_follow(place, arguments.pattern(pattern), as_json=as_json, seconds=seconds, births=births))
    return 0


async def _follow(place: Place, pattern: str, *, as_json: bool, seconds: float | None, births: bool) -> None:
    """Print until cancelled; TimeoutError when the time is up."""
    async with joined(place) as host, asyncio.timeout(seconds):
        if not as_json:
            sys.stderr.write(f"listening at {place.address} to {place.group}/{place.node}; Ctrl-C ends it\n")
        if births:
            await host.send("NCMD", "", rebirth())
        async for message in host.messages():
            kept = message if isinstance(message, Stray) else chosen(message, pattern)
            if kept is None:
                continue
            now = datetime.now(UTC)  # noqa: TID251 - the time of the person who looks
            if as_json:
                terminal.show_json(msgspec.json.encode(record(kept, now)))
            else:
                width = terminal.width() if sys.stdout.isatty() else words.ENDLESS
                terminal.show(words.lines(kept, now, place.time_zone, width, whole=not place.one_node))
