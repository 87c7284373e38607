"""`gadelys top`: sockets, terminal and keys around the picture."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncGenerator, Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path

from agent.cli import terminal
from agent.cli.client import no_agent
from agent.cli.text import Tone
from agent.cli.top import deeds, screen, state, story
from agent.cli.top import plain as log
from agent.cli.top.draw import draw
from agent.cli.top.feeds import StreetHand, follow_agent
from agent.cli.top.lane import Look
from agent.cli.top.state import Moment, Picture
from agent.cli.top.street import StreetMessage
from agent.cli.trouble import MISUSED, UNREACHABLE, Trouble
from agent.local.records import Status, UplinkState

# Sends a demand as a platform would, and tells its life.
Command = Callable[[UplinkState, story.Demand], AsyncGenerator[str, None]]

START_WITHIN_S = 10.0
_FASTEST_S = 0.1  # between two drawings
_SLOWEST_S = 0.5  # ages go on when nothing else happens
_LINE_EVERY_S = 1.0
_COMMAND_WITHIN_S = 5.0


def top(given: Path | None, street: Path | None, *, plain: bool, seconds: float | None, tell: bool = False) -> int:
    """Show the street until q, Ctrl-C, SIGTERM or so many seconds; 3 if no agent is there within 10 s.

    `tell`: play the story on the simulated street, and end with it.
    """
    if tell and street is None:
        raise Trouble("top: --story needs a simulated street: ./dev run --story, or name one with --street", MISUSED)
    if not plain and not terminal.moves():
        raise Trouble("top: this is no terminal that can show a picture; use --plain for a line a second", MISUSED)
    command: Command | None = None
    if tell:
        from agent.cli.uplink.demand import demanded  # noqa: PLC0415 - aiomqtt, for the story alone

        command = demanded
    asyncio.run(_Live(given, street, command).run(plain=plain, seconds=seconds, tell=tell))
    return 0


class _Live:
    """The picture, what feeds it, and what a key or a scene does."""

    def __init__(self, given: Path | None, street: Path | None, command: Command | None) -> None:
        self._given = given
        self._command = command
        self._street_path = street
        self._hand = StreetHand(street) if street else None
        self.picture = Picture(_now(), street_wanted=street is not None)
        self._news = asyncio.Event()
        self._stop = asyncio.Event()

    async def run(self, *, plain: bool, seconds: float | None, tell: bool) -> None:
        """Listen, then show until the end."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            loop.add_signal_handler(number, self._end)
        tasks: list[asyncio.Task[None]] = []
        for feed in self._feeds():
            self._begin(tasks, feed)
        try:
            await self._first_word()
            if tell:
                self._begin(tasks, self._play())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await (self._log() if plain else self._show())
            if plain or tell:
                terminal.show(log.summary(self.picture, terminal.width()))
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                with contextlib.suppress(asyncio.CancelledError):
                    await task  # a bug in it is told, not hidden

    def _begin(self, tasks: list[asyncio.Task[None]], what: Coroutine[None, None, None]) -> None:
        """Do it beside the rest; its end is the end of all."""
        task = asyncio.create_task(what)
        task.add_done_callback(lambda _: self._end())
        tasks.append(task)

    def _feeds(self) -> list[Coroutine[None, None, None]]:
        feeds = [follow_agent(self._given, self._agent_said, self._agent_gone)]
        if self._hand is not None:
            feeds.append(self._hand.follow(self._street_said, self._street_gone))
        return feeds

    async def _first_word(self) -> None:
        """Wait until agent and street have been heard. Trouble if that takes too long."""
        if not self._complete():
            await self._wait_for_news(_SLOWEST_S)
        if not self._complete():
            sys.stderr.write(f"waiting for the {'agent' if self.picture.agent is None else 'street'}\n")
        try:
            async with asyncio.timeout(START_WITHIN_S):
                while not self._stop.is_set() and not self._complete():
                    await self._wait_for_news(START_WITHIN_S)
        except TimeoutError:
            if self.picture.agent is None:
                raise no_agent(self._given, f"waited {START_WITHIN_S:g} s") from None
            raise Trouble(f"no simulated street answers at {self._street_path}", UNREACHABLE) from None

    def _complete(self) -> bool:
        return self.picture.agent is not None and (self._hand is None or self.picture.street is not None)

    async def _show(self) -> None:
        """Draw whenever there is news, at most ten times a second."""
        loop = asyncio.get_running_loop()
        depth, look = terminal.depth(), Look(shades=terminal.shades(), blocks=terminal.unicode())
        with screen.taken():
            loop.add_signal_handler(signal.SIGWINCH, self._news.set)
            loop.add_reader(sys.stdin.fileno(), self._keys)
            try:
                while not self._stop.is_set():
                    self.picture = state.tick(self.picture, _now())
                    size = os.get_terminal_size(sys.stdout.fileno())
                    screen.paint(draw(self.picture, size.columns, size.lines, look), depth)
                    await self._wait(_FASTEST_S)
                    await self._wait_for_news(_SLOWEST_S - _FASTEST_S)
            finally:
                loop.remove_reader(sys.stdin.fileno())

    async def _log(self) -> None:
        """Print a line a second, and captions and events."""
        told, caption = 0, ""
        while not self._stop.is_set():
            self.picture = state.tick(self.picture, _now())
            lines = [*log.news(self.picture, told, caption), log.now(self.picture)]
            told, caption = state.last_event(self.picture), self.picture.caption
            terminal.show_text("\n".join(lines))
            await self._wait(_LINE_EVERY_S)

    async def _wait(self, time_s: float) -> None:
        """Wait so long, or until the end."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(time_s):
                await self._stop.wait()

    async def _wait_for_news(self, time_s: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(time_s):
                await self._news.wait()
        self._news.clear()

    def _fold(self, picture: Picture) -> None:
        self.picture = picture
        self._news.set()

    def _agent_said(self, status: Status) -> None:
        self._fold(state.agent_said(self.picture, status, _now()))

    def _agent_gone(self) -> None:
        self._fold(state.agent_gone(self.picture, _now()))

    def _street_said(self, message: StreetMessage) -> None:
        if message.state is not None:
            self._fold(state.street_said(self.picture, message.state, _now()))
        elif not message.ok:
            self._happened(f"the street refused: {message.error}", "warn")

    def _street_gone(self) -> None:
        self._fold(state.street_gone(self.picture, _now()))

    def _end(self) -> None:
        self._stop.set()
        self._news.set()

    def _keys(self) -> None:
        for key in screen.keys() or "q":  # an empty read: the terminal is gone
            if key == "q":
                self._end()
            elif self._hand is not None and key in deeds.KEYS:
                self._do(deeds.KEYS[key], self._hand)

    def _do(self, deed: deeds.Do, hand: StreetHand) -> None:
        if told := deed(hand, self.picture):
            self._happened(told, "warn")

    async def _play(self) -> None:
        """Play the story from now on."""
        clock = asyncio.get_running_loop().time
        begin_s = clock()
        for scene in story.SCENES:
            await asyncio.sleep(begin_s + scene.at_s - clock())
            self._fold(state.captioned(self.picture, scene.caption))
            if scene.deed == "platform_command":
                await self._order()
            elif scene.deed is not None and self._hand is not None:
                self._do(deeds.SCENES[scene.deed], self._hand)
        await asyncio.sleep(begin_s + story.LENGTH_S - clock())

    async def _order(self) -> None:
        """Send the platform's command and tell what comes of it."""
        uplink = self.picture.agent.uplink if self.picture.agent else None
        if uplink is None or self._command is None:
            self._happened("no platform can command this agent", "warn")
            return
        try:
            async with (
                asyncio.timeout(_COMMAND_WITHIN_S),
                contextlib.aclosing(self._command(uplink, story.DEMAND)) as stages,
            ):
                async for stage in stages:
                    self._happened(f"platform: {stage}", "good")
        except TimeoutError:
            self._happened(f"platform: no end of the command within {_COMMAND_WITHIN_S:g} s", "bad")
        except Trouble as trouble:
            self._happened(f"platform: {trouble}", "bad")

    def _happened(self, text: str, tone: Tone) -> None:
        self._fold(state.happened(self.picture, text, tone))


def _now() -> Moment:
    return Moment(datetime.now(UTC), time.monotonic())  # noqa: TID251 - the time of the person who looks
