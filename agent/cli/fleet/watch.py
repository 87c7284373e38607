"""`gadelys fleet watch`: the fleet live in the terminal, until Ctrl-C; without a terminal a line when something changes."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack

from agent.cli import terminal
from agent.cli.fleet import pages
from agent.cli.fleet.show import page
from agent.cli.fleet.source import Asked, Picture, hear, load_plan, opened, pictured, place_of, store_of, stored
from agent.cli.text import clip
from agent.cli.top.screen import paint, taken
from agent.cli.uplink.host import joined
from agent.cli.uplink.place import Place
from agent.fleet.plan import Plan
from agent.fleet.session import Session

LOOK_S = 1.0


def watch(asked: Asked, pattern: str, *, devices: bool, seconds: float | None) -> int:
    """Show the fleet until Ctrl-C or so many seconds; 0 then."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    plan = load_plan(asked.plan)
    path = store_of(asked)
    with contextlib.ExitStack() as stack, contextlib.suppress(KeyboardInterrupt, TimeoutError):
        if terminal.moves():
            stack.enter_context(taken())
        view = _View(plan, pattern, devices=devices)
        if path is None:
            asyncio.run(_live(place_of(asked.wanted), plan, view.show, seconds))
        else:
            store = stack.enter_context(contextlib.closing(opened(path)))
            asyncio.run(_again(lambda: stored(store), view.show, seconds))
    return 0


async def _live(place: Place, plan: Plan, show: Callable[[Picture], None], seconds: float | None) -> None:
    session = Session()
    async with AsyncExitStack() as stack:
        host = await stack.enter_async_context(joined(place))
        hearing = asyncio.create_task(hear(host, session, plan))
        stack.callback(hearing.cancel)
        showing = asyncio.create_task(_again(lambda: pictured(session, plan), show, seconds))
        stack.callback(showing.cancel)
        done, _ = await asyncio.wait([hearing, showing], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()


async def _again(look: Callable[[], Picture], show: Callable[[Picture], None], seconds: float | None) -> None:
    async with asyncio.timeout(seconds):
        while True:
            show(look())
            await asyncio.sleep(LOOK_S)


class _View:
    def __init__(self, plan: Plan, pattern: str, *, devices: bool) -> None:
        self._plan, self._pattern, self._devices = plan, pattern, devices
        self._last = ""

    def show(self, found: Picture) -> None:
        if terminal.moves():
            width, height = terminal.width(), terminal.height()
            lines = page(found, self._plan, self._pattern, devices=self._devices, width=width)
            paint([clip(one, width) for one in lines[:height]], terminal.depth())
            return
        said = pages.summary(pages.chosen(found.nodes, self._pattern), found.alarms)
        if said != self._last:
            self._last = said
            terminal.show_text(f"{pages.stamp(found.at_ms)}  {said}")
