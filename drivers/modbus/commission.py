"""Giving a unit another id or another speed: unlock, write, save, and proof that it is where it was sent. Pure.

Each function is a generator of steps. Whoever runs it sends back what came of each, and gets the end as its value.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Literal

import msgspec

from drivers.bus.port import Answer
from drivers.bus.records import Link
from drivers.errors import LinkLost, NoAnswer, Refused, WireError
from drivers.modbus import pdu
from drivers.modbus.pdu import Request
from drivers.modbus.questions import ANYBODY, Probe

Effect = Literal["at once", "saved", "restart"]

_WHOLE = 0xFFFF

LOOK_S = 0.3  # so long an answer may take to begin, unless the unit needs more
_WRITE_S = 1.0  # flash is slow
_TRIES = 2  # of what unlocks and saves: twice is the same as once
_RETURN_S = (0.0, 0.5, 1.0, 2.0)  # pauses before each look for a unit that may just be starting
_NOBODY = {10, 11}  # exceptions by which a gateway says that nobody is there


class Place(msgspec.Struct, frozen=True):
    """Where a unit answers: its id, and the speed (none: the line has none that is known here)."""

    unit: int
    link: Link | None


class Register(msgspec.Struct, frozen=True):
    """A register that holds an id or a speed: what it is, what it must hold before (none: not known) and after.

    Bits outside `mask` are kept. `then`: where the unit answers once this alone has come into force.
    """

    what: str
    address: int
    mask: int
    before: int | None
    after: int
    then: Place


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done, from a profile: `registers` in their order, between the writes `unlock` and `save`.

    `probes`: what the unit answers, by its profile. `look_s`: the longest that it takes to answer.
    """

    old: Place
    registers: tuple[Register, ...]
    effect: Effect
    unlock: tuple[tuple[int, int], ...] = ()
    save: tuple[tuple[int, int], ...] = ()
    by_16: bool = False
    probes: tuple[Probe, ...] = ANYBODY[:2]
    look_s: float = LOOK_S

    @property
    def new(self) -> Place:
        """Return where the unit will answer."""
        return self.registers[-1].then


class Ask(msgspec.Struct, frozen=True):
    """A request, what it is for in words, and at which speed."""

    what: str
    request: Request
    link: Link | None
    timeout_s: float
    writes: bool = False


class Pause(msgspec.Struct, frozen=True):
    """Wait so long."""

    time_s: float


class Restart(msgspec.Struct, frozen=True):
    """Somebody must switch the unit's power off and on; NoAnswer comes of it if nobody does."""


Step = Ask | Pause | Restart
Outcome = Answer | WireError | None  # none: of a step that asks nothing


class End(msgspec.Struct, frozen=True):
    """How it ended: `done` is proved. `text`: what is known; `remedy`: what to do, if it is not done.

    `pending`: all is written, and comes into force later.
    """

    done: bool
    text: str
    remedy: str = ""
    pending: bool = False


Steps = Generator[Step, Outcome, End]


def may_begin(change: Change) -> Steps:
    """Look, and write nothing: the unit must be there, its registers must hold what they should, its new place be free."""
    old, new = change.old, change.new
    if not (yield from _answers(change, old)):
        return End(False, f"{spoken(old)} does not answer", "`gadelys bus scan` finds what is on the line")
    for register in change.registers:
        held = yield from _held(change, register, old)
        if held is not None and register.before is not None and held not in {register.before, register.after}:
            return End(
                False,
                f"register {register.address} should hold {register.before}, its {register.what}, and holds {held}",
                "this is not the register map of the profile: find the right one with `gadelys bus scan`",
            )
    for probe in dict.fromkeys((*change.probes, *ANYBODY[:2])):
        outcome = yield Ask("whether the new place is free", probe.of(new.unit), new.link, change.look_s)
        if not _is_nobody(outcome):
            return End(
                False,
                f"somebody answers as {spoken(new)} already" + ("" if _is_there(outcome) else f": {outcome}"),
                "two units in one place disturb each other: take another, or move that one first",
            )
    return End(True, f"{spoken(old)} answers, and nobody answers as {spoken(new)}")


def carry_out(change: Change, *, wait_for_restart: bool = True) -> Steps:
    """Write and prove. Whatever goes wrong in between, it ends by looking where the unit answers now."""
    try:
        trouble = yield from _write_all(change)
    except LinkLost as error:
        return End(False, f"the line was lost in the middle ({error}); what the unit took is not known", _find(change))
    if change.effect == "restart" and not trouble:
        switched = wait_for_restart and (yield Restart()) is None
        if not switched:
            said = f"it will be {spoken(change.new)} once its power has been off and on"
            return End(False, said, "then look with `gadelys bus scan`", pending=True)
    try:
        return (yield from _where_is_it(change, trouble))
    except LinkLost as error:
        return End(False, f"all was written, then the line was lost ({error}); nothing is proved", _find(change))


def writes(change: Change) -> Iterator[Ask]:
    """Yield every write in its order, in words, as it will be if the bits outside of masks are 0."""
    place = change.old
    for number, (address, value) in enumerate(change.unlock, 1):
        yield _writing(f"unlock{_of(number, change.unlock)}", change, place, address, value)
    for register in change.registers:
        yield _writing(f"{register.what}: {register.after}", change, place, register.address, register.after)
        place = register.then if change.effect == "at once" else place
    for number, (address, value) in enumerate(change.save, 1):
        yield _writing(f"save{_of(number, change.save)}", change, place, address, value)


def spoken(place: Place) -> str:
    """Return a place in words."""
    return f"unit {place.unit}" if place.link is None else f"unit {place.unit} at {place.link}"


def _begun(place: Place) -> str:
    return f"U{spoken(place)[1:]}"


# ---- Writing ---------------------------------------------------------------------------------------------------------


class _Stopped(Exception):
    """A write was not taken; the text says which and how."""


def _write_all(change: Change) -> Generator[Step, Outcome, str]:
    """Write everything; return what went wrong, "" if every write was taken."""
    try:
        others = yield from _other_bits(change)  # before the lock is open: it does not stay so for long
        for address, value in change.unlock:
            yield from _written("the unlocking", change, change.old, address, value)
        place = change.old
        for register in change.registers:
            place = yield from _set(change, register, place, others[register.address] | register.after)
        for address, value in change.save:
            yield from _saved(change, place, address, value)
    except _Stopped as stopped:
        return str(stopped)
    return ""


def _other_bits(change: Change) -> Generator[Step, Outcome, dict[int, int]]:
    """Read what stands beside the new values in their registers."""
    others = {}
    for register in change.registers:
        others[register.address] = 0
        if register.mask != _WHOLE:
            outcome = yield _reading(change, register, change.old)
            if not isinstance(outcome, Answer):
                raise _Stopped(f"register {register.address} could not be read ({outcome}), so nothing was written")
            others[register.address] = int.from_bytes(outcome.data, "big") & ~register.mask
    return others


def _written(what: str, change: Change, place: Place, address: int, value: int) -> Generator[Step, Outcome, None]:
    for _ in range(_TRIES):
        outcome = yield _writing(what, change, place, address, value)
        if isinstance(outcome, Answer | Refused):
            break
    if not isinstance(outcome, Answer):
        raise _Stopped(f"it did not take {what} ({outcome})")


def _set(change: Change, register: Register, place: Place, value: int) -> Generator[Step, Outcome, Place]:
    """Write one register; return where the unit is then.

    What comes into force at once may be acknowledged from its new place, or not at all: what is found there decides.
    """
    outcome = yield _writing(f"its {register.what}", change, place, register.address, value)
    if isinstance(outcome, Refused):
        raise _Stopped(f"it refused its {register.what} ({outcome})")
    if change.effect == "at once":
        return register.then
    if isinstance(outcome, Answer) or (yield from _held(change, register, place)) == register.after:
        return place
    if (yield from _answers(change, register.then)):
        return register.then
    raise _Stopped(f"it did not take its {register.what} ({outcome})")


def _saved(change: Change, place: Place, address: int, value: int) -> Generator[Step, Outcome, None]:
    """Write what saves; some units are in their new place before it."""
    try:
        yield from _written("the saving", change, place, address, value)
    except _Stopped:
        if change.effect == "at once" or place == change.new:
            raise
        outcome = yield _writing("the saving", change, change.new, address, value)
        if not isinstance(outcome, Answer):
            raise


def _where_is_it(change: Change, trouble: str) -> Steps:
    """Look for the unit in its new place, then in its old one, and say what is known."""
    old, new = change.old, change.new
    at_new = False
    for pause_s in _RETURN_S[:2] if trouble else _RETURN_S:
        yield Pause(pause_s)
        at_new = yield from _answers(change, new)
        if at_new:
            break
    at_old = yield from _answers(change, old)
    because = f"{trouble}. " if trouble else ""
    if at_new and at_old:
        remedy = "there may be two units: leave one alone on the line and look with `gadelys bus scan`"
        return End(False, f"{because}Both answer: {spoken(new)}, and {spoken(old)}", remedy)
    if at_new:
        return (yield from _settled(change, because))
    if at_old:
        remedy = _find(change) if because and change.effect != "at once" else _unchanged(change)
        return End(False, f"{because}{_begun(old)} answers still, {spoken(new)} does not", remedy)
    return End(False, f"{because}Neither {spoken(old)} nor {spoken(new)} answers", _find(change))


def _settled(change: Change, because: str) -> Steps:
    """The unit answers in its new place alone: its registers must say so too."""
    new = _begun(change.new)
    for register in change.registers:
        held = yield from _held(change, register, change.new)
        if held is not None and held != register.after:
            said = f"{new} answers, but its register {register.address} holds {held}, not {register.after}"
            return End(False, f"{because}{said}", _find(change))
    if because:
        return End(False, f"{because}{new} answers, and may forget it without power", _find(change))
    return End(True, f"{new} answers, {spoken(change.old)} does not any more")


def _answers(change: Change, place: Place) -> Generator[Step, Outcome, bool]:
    """Whether a unit gives a whole frame of its own, be it an exception, to any question."""
    for probe in change.probes:
        outcome = yield Ask("whether it answers", probe.of(place.unit), place.link, change.look_s)
        if _is_there(outcome):
            return True
    return False


def _held(change: Change, register: Register, place: Place) -> Generator[Step, Outcome, int | None]:
    """Read what a register holds within its mask; none if it cannot be read."""
    outcome = yield _reading(change, register, place)
    return int.from_bytes(outcome.data, "big") & register.mask if isinstance(outcome, Answer) else None


def _reading(change: Change, register: Register, place: Place) -> Ask:
    request = pdu.read(place.unit, pdu.READ_HOLDING, register.address, 1)
    return Ask(f"its {register.what}", request, place.link, change.look_s)


def _writing(what: str, change: Change, place: Place, address: int, value: int) -> Ask:
    if change.by_16:
        request = pdu.write_registers(place.unit, address, [value])
    else:
        request = pdu.write_register(place.unit, address, value)
    return Ask(what, request, place.link, max(_WRITE_S, change.look_s), writes=True)


def _is_there(outcome: Outcome) -> bool:
    return isinstance(outcome, Answer) or (isinstance(outcome, Refused) and outcome.code not in _NOBODY)


def _is_nobody(outcome: Outcome) -> bool:
    return isinstance(outcome, NoAnswer) or (isinstance(outcome, Refused) and outcome.code in _NOBODY)


def _unchanged(change: Change) -> str:
    if change.effect == "restart":
        return "was its power really off? If so, this is not the register map of the profile"
    return "nothing is lost: try again"


def _find(change: Change) -> str:
    line = "" if change.old.link is None else " --all"
    return f"switch its power off and on, and look with `gadelys bus scan{line}` where it answers"


def _of(number: int, all_of: tuple[tuple[int, int], ...]) -> str:
    return f" {number} of {len(all_of)}" if len(all_of) > 1 else ""
