"""`gadelys unit`: another id or another speed for a unit. Shows what it would write; writes when it is unlocked."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from agent.cli import terminal
from agent.cli.bus.access import Access, open_access
from agent.cli.bus.naming import contradicts
from agent.cli.bus.units import own_profiles
from agent.cli.bus.wanted import parity as read_parity
from agent.cli.bus.wanted import speed
from agent.cli.text import line, wrap
from agent.cli.trouble import MISUSED, REFUSED, UNREACHABLE, Trouble
from agent.cli.unit import words
from drivers.bus.records import Link
from drivers.errors import Busy, LinkLost, NoAnswer, WireError
from drivers.modbus.commission import (
    Ask,
    Change,
    End,
    Outcome,
    Pause,
    Place,
    Restart,
    Step,
    Steps,
    carry_out,
    may_begin,
)
from drivers.modbus.products import NotPossible, change_of_address, change_of_speed
from drivers.profile import Profile, ProfileError, load_profile

_BUSY_S = 0.2

Make = Callable[[Profile, Place], Change]


class How(msgspec.Struct, frozen=True, kw_only=True):
    """How a change is made: by which profile, at which speed the unit is now (none: the line's, else the profile's),
    whether it is written at all, whether somebody is there to switch its power.
    """

    profile: str
    at: str | None = None
    unlock: bool
    wait: bool


class Speed(msgspec.Struct, frozen=True):
    """A new speed, as it was typed; parity none: as it is."""

    baud: int
    parity: str | None


def address(given: Path | None, where: str, old: int, new: int, how: How) -> int:
    """Give a unit another id; 0 if that is proved, 1 if it was refused, is only shown, or is not proved."""
    return _change(given, where, old, how, lambda profile, place: change_of_address(profile, place, new))


def baud(given: Path | None, where: str, unit: int, new: Speed, how: How) -> int:
    """Give a unit another speed; exit codes as `address`."""
    try:
        wanted = None if new.parity is None else read_parity(new.parity, "--parity")
    except ValueError as error:
        raise Trouble(str(error), MISUSED) from None
    return _change(given, where, unit, how, lambda profile, place: change_of_speed(profile, place, new.baud, wanted))


def _change(given: Path | None, where: str, unit: int, how: How, make: Make) -> int:
    profile = _profile(how.profile, own_profiles(given))
    access = open_access(given, where, _link(how.at))
    factory = profile.link
    if access.line is None and how.at is None and access.link is not None and factory is not None:
        access = open_access(given, where, Link(factory.baud, factory.parity, factory.stop_bits))
    try:
        change = make(profile, Place(unit, access.link))
    except NotPossible as error:
        raise Trouble(str(error), MISUSED) from None
    return asyncio.run(_Work(access, change, profile, how).run())


class _Work:
    """A change under way."""

    def __init__(self, access: Access, change: Change, profile: Profile, how: How) -> None:
        self._access = access
        self._change = change
        self._profile = profile
        self._how = how
        known = {unit.address: unit for unit in access.line.units} if access.line is not None else {}
        self._was = known.get(change.old.unit)  # what the running agent calls it
        self._becomes = known.get(change.new.unit) if change.new.unit != change.old.unit else None
        self._interrupted = asyncio.Event()

    async def run(self) -> int:
        """Look, show, and if it is unlocked write and prove."""
        change, width = self._change, terminal.width()
        self._refuse_taken()
        async with self._access:
            end = await self._looked()
            if not end.done:
                terminal.show(words.ending(end, width))
                return REFUSED
            terminal.show([line(end.text), line(), *words.plan(change, width), line()])
            if self._was is not None:
                terminal.show(
                    wrap(words.lost(self._was.id, change, back=self._becomes is not None), width, tone="warn")
                )
            if not self._how.unlock:
                terminal.show_text("Nothing has been written; --unlock does it.")
                return REFUSED
            end = await self._written()
        terminal.show(words.ending(end, width))
        if end.done or end.pending:
            becomes, was = (None if one is None else one.id for one in (self._becomes, self._was))
            terminal.show(wrap(words.configured(change, was, becomes), width))
        return 0 if end.done else REFUSED

    def _refuse_taken(self) -> None:
        """Refuse an id at which the running agent has something else, though that may be silent now."""
        other = self._becomes
        if other is not None and other.profile != self._profile.name:
            says = f"in the agent's configuration it is {other.id}, of profile {other.profile}"
            raise Trouble(f"{self._change.new.unit}: {says}", REFUSED)

    async def _looked(self) -> End:
        """Look whether it may begin: the unit must be what its profile says, its new place free."""
        try:
            end = await self._run(may_begin(self._change))
            if not end.done:
                return end
            fault = await contradicts(self._access, self._change.old, self._profile)
        except LinkLost as error:
            raise Trouble(str(error), UNREACHABLE) from None
        if fault:
            return End(False, f"this is no {self._profile.name}: {fault}", "`gadelys bus scan` shows what it may be")
        return end

    async def _written(self) -> End:
        """Write and prove. Ctrl-C does not stop it half way; it ends the waiting for somebody to switch the power."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._interrupted.set)
        try:
            wait = self._how.wait and sys.stdin.isatty()
            return await self._run(carry_out(self._change, wait_for_restart=wait), shown=True)
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    async def _run(self, steps: Steps, *, shown: bool = False) -> End:
        """Do the steps one after the other. LinkLost if they do not take it."""
        outcome: Outcome = None
        try:
            while True:
                step = steps.throw(outcome) if isinstance(outcome, LinkLost) else steps.send(outcome)
                outcome = await self._done(step)
                if shown and isinstance(step, Ask) and step.writes:
                    terminal.show([words.step(step, outcome)])
        except StopIteration as end:
            return msgspec.convert(end.value, End)

    async def _done(self, step: Step) -> Outcome:
        if isinstance(step, Pause):
            await asyncio.sleep(step.time_s)
            return None
        if isinstance(step, Restart):
            return await self._switched()
        while True:
            try:
                return await self._access.ask(step.request, link=self._other(step), timeout_s=step.timeout_s)
            except Busy:
                await asyncio.sleep(_BUSY_S)
            except WireError as error:
                return error
            except Trouble as trouble:  # the agent has gone
                return LinkLost(str(trouble))

    def _other(self, step: Ask) -> Link | None:
        """Return the speed of a request where it is not the line's own."""
        return None if step.link == self._access.link else step.link

    async def _switched(self) -> Outcome:
        """Wait until somebody has switched the power off and on; NoAnswer if nobody does."""
        terminal.show_text(
            "Switch its power off and on, wait until it has started, then press Enter (Ctrl-C: not now)."
        )
        loop = asyncio.get_running_loop()
        entered = asyncio.Event()
        loop.add_reader(sys.stdin.fileno(), entered.set)
        waits = [asyncio.create_task(event.wait()) for event in (entered, self._interrupted)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            loop.remove_reader(sys.stdin.fileno())
            for wait in waits:
                wait.cancel()
        if not entered.is_set() or not sys.stdin.readline():
            return NoAnswer("nobody switched its power")
        terminal.show_text("Looking for it in its new place.")
        return None


def _profile(name: str, folder: Path) -> Profile:
    try:
        return load_profile(name, folder)
    except ProfileError as error:
        raise Trouble(str(error), MISUSED) from None


def _link(text: str | None) -> Link | None:
    try:
        return None if text is None else speed(text, "--at")
    except ValueError as error:
        raise Trouble(str(error), MISUSED) from None
