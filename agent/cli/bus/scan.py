"""`gadelys bus scan`: who is on a line, what they are, and a configuration to paste."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

import msgspec

from agent.cli import format as fmt
from agent.cli import terminal
from agent.cli.bus import paste, scan_words
from agent.cli.bus.access import Access, address_of, open_access
from agent.cli.bus.naming import all_profiles, fitting
from agent.cli.bus.scan_show import Show, show
from agent.cli.bus.scan_words import Configured, Named, Progress, Result
from agent.cli.bus.units import own_profiles
from agent.cli.bus.wanted import Typed, links, unit_ids
from agent.cli.trouble import MISUSED, REFUSED, UNREACHABLE, Trouble
from drivers.bus.records import Link
from drivers.errors import BadAnswer, Busy, LinkLost, NoAnswer, Refused
from drivers.modbus.products import known
from drivers.modbus.questions import Question, Wanted
from drivers.modbus.scan import Found, Scan
from drivers.profile import Profile

_BY_ID = Path("/dev/serial/by-id")
_BUSY_S = 0.2
_SETTLE_S = 0.03  # until a latency is learned, the line is given so long after each silence


def scan(given: Path | None, where: str, typed: Typed, *, as_json: bool, plain: bool) -> int:
    """Look for units and print them; 1 if there are none. Ctrl-C ends the search, not the report."""
    access = open_access(given, where, timeout_s=_SETTLE_S)
    profiles = all_profiles(own_profiles(given))
    try:
        wanted = _wanted(access, typed, profiles)
    except ValueError as error:
        raise Trouble(str(error), MISUSED) from None
    search = _Search(access, wanted, profiles, show(as_json=as_json, plainly=plain))
    if not as_json:
        sys.stderr.write(f"{access.place}: {search.announced()}; Ctrl-C ends it and shows what was found\n")
    result = asyncio.run(search.run(where))
    if as_json:
        terminal.show_json(msgspec.json.encode(scan_words.record(result)))
    else:
        terminal.show(scan_words.page(result, terminal.width()))
    if search.trouble is not None:
        raise search.trouble
    return 0 if result.named or result.known else REFUSED


class _Search:
    """A scan under way."""

    def __init__(self, access: Access, wanted: Wanted, profiles: Sequence[Profile], shown: Show) -> None:
        self.trouble: Trouble | None = None
        self._access = access
        self._wanted = wanted
        self._scan = Scan(wanted)
        self._profiles = profiles
        self._shown = shown
        self._named: list[Named] = []
        self._stop = asyncio.Event()
        self._began_s = self._naming_s = 0.0

    def announced(self) -> str:
        """Say how much there is to ask, and how long that takes."""
        speeds = len(self._wanted.links)
        at = "" if self._wanted.links[0] is None else f" at {fmt.count(speeds, 'speed')}"
        takes = (
            f"at least {fmt.span(self._scan.left_s)}" if self._access.live else f"some {fmt.span(self._scan.left_s)}"
        )
        return f"asking {fmt.count(len(self._wanted.units), 'id')}{at}, {takes}"

    async def run(self, where: str) -> Result:
        """Ask to the end, or until Ctrl-C, SIGTERM or trouble."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop.set)
        self._began_s = loop.time()
        stopped = ""
        try:
            async with self._access:
                await self._unless_stopped(self._search())
        except Trouble as trouble:
            if not self._scan.asked:
                raise
            self.trouble, stopped = trouble, "ended by trouble"
        except LinkLost as error:
            self.trouble, stopped = Trouble(str(error), UNREACHABLE), "ended by trouble"
        finally:
            self._shown.end()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)
        if self._stop.is_set():
            stopped = "stopped before the end"
        return self._result(where, loop.time() - self._began_s, stopped)

    async def _search(self) -> None:
        clock = asyncio.get_running_loop().time
        while (question := self._scan.next(clock())) is not None:
            self._shown.progress(self._progress(question))
            found = await self._ask(question)
            if found is not None:
                self._named.append(Named(found, None))
                began_s = clock()
                self._named[-1] = Named(found, await fitting(self._access, found, self._profiles))
                self._naming_s += clock() - began_s
                self._shown.found(self._named[-1])

    async def _ask(self, question: Question) -> Found | None:
        """Ask one question, with patience for a line that has no room for it yet."""
        while True:
            try:
                answer = await self._access.ask(
                    question.request, scan=True, link=self._other(question), timeout_s=question.wait_s
                )
            except Busy:
                await asyncio.sleep(_BUSY_S)
            except (NoAnswer, BadAnswer, Refused) as error:
                return self._scan.heard(question, error)
            except ValueError as error:
                self._scan.cannot(question, str(error))
                return None
            else:
                return self._scan.heard(question, answer)

    async def _unless_stopped(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it until it is done or a signal comes."""
        task = asyncio.create_task(work)
        stop = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stop.cancel()
            ended = task.done()
            task.cancel()
        if ended:
            await task  # or what went wrong in it

    def _progress(self, question: Question) -> Progress:
        scan = self._scan
        whole_s = scan.spent_s + question.silent_s + scan.left_s
        took_s = asyncio.get_running_loop().time() - self._began_s - self._naming_s
        pace = took_s / scan.spent_s if scan.spent_s > 0 else 1.0
        return Progress(
            share=scan.spent_s / whole_s,
            asked=question,
            found=len(self._named),
            left_s=(scan.left_s + question.silent_s) * pace,
        )

    def _other(self, question: Question) -> Link | None:
        """Return the speed of a question where it is not the line's own."""
        return None if question.link == self._access.link else question.link

    def _result(self, where: str, took_s: float, stopped: str) -> Result:
        boxes = [
            paste.Box(one.found.unit, one.found.link, one.fits.sure if one.fits is not None else None, one.perhaps)
            for one in self._named
        ]
        return Result(
            place=self._access.place,
            asked=self._scan.asked,
            took_s=took_s,
            stopped=stopped,
            named=tuple(self._named),
            hints=self._scan.hints,
            known=_configured(self._access),
            configuration=tuple(paste.configuration(_line(self._access, where), boxes)),
        )


def _wanted(access: Access, typed: Typed, profiles: Sequence[Profile]) -> Wanted:
    """Return what to look for. ValueError for options that make no sense here."""
    own = access.link
    speeds = links(typed, own, live=access.live)
    taken = {unit.address for unit in _configured(access)}
    units = tuple(unit for unit in unit_ids(typed.units, over_tcp=own is None) if unit not in taken)
    return Wanted(links=speeds, units=units, known=known(profiles), fast=typed.fast)


def _configured(access: Access) -> tuple[Configured, ...]:
    units = access.line.units if access.line is not None else []
    return tuple(Configured(unit.address, unit.id, unit.profile) for unit in units)


def _line(access: Access, where: str) -> paste.Line:
    """Return how the line stands, or would stand, in a configuration."""
    if access.line is not None:
        return paste.Line(id=access.line.id, configured=True, link=access.line.link)
    address = address_of(where)
    if address is not None and "/" not in where:
        return paste.Line(id="cabinet", host=address[0], tcp_port=address[1])
    return paste.Line(id="line", port=lasting(where))


def lasting(port: str) -> str:
    """Return the name of a port that survives re-plugging, if it has one."""
    real = os.path.realpath(port)
    with contextlib.suppress(OSError):
        for path in sorted(_BY_ID.iterdir()):
            if os.path.realpath(path) == real:
                return str(path)
    return str(Path(port).absolute())
