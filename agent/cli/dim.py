"""`gadelys dim` and `gadelys release`: take a lamp by hand, see that it follows, give it back."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec

from agent.cli import arguments, terminal
from agent.cli import format as fmt
from agent.cli.client import Client
from agent.cli.trouble import MISUSED, REFUSED, Trouble
from agent.local.records import LampState

FOLLOW_S = 3.0  # from the last change of the fade to a read-back that shows it
_NEAR_PCT = 2.0  # steps of a module and its read-back
_LOOK_EVERY_S = 0.1
_LONGEST_S = 70.0  # the longest fade is 60 s


class _Street(msgspec.Struct, frozen=True):
    """What is needed of the agent's status."""

    time_zone: str
    lamps: list[LampState]


def dim(given: Path | None, lamp: str, level: str, for_: str | None, *, as_json: bool) -> int:
    """Take a lamp to a level and watch it follow; 1 if it does not."""
    try:
        level_pct = arguments.level_pct(level)
        term = {} if for_ is None else {"for_s": arguments.duration_s(for_)}
    except ValueError as error:
        raise Trouble(str(error), MISUSED) from None
    with Client(given) as client:
        start_s = time.monotonic()
        client.call("lamp.dim", lamp=lamp, level_pct=level_pct, **term)
        state, zone, took_s = _follow(client, lamp, start_s)
    followed = follows(state)
    if as_json:
        terminal.show_json(
            msgspec.json.encode(
                {"lamp": state, "confirmed": followed, "after_s": round(took_s, 3) if followed else None}
            )
        )
    else:
        terminal.show_text(said(state, zone, took_s if followed else None))
    return 0 if followed else REFUSED


def release(given: Path | None, lamp: str, *, as_json: bool) -> int:
    """Give a lamp back to the street."""
    with Client(given) as client:
        result = client.call("lamp.release", lamp=lamp)
    if as_json:
        terminal.show_json(result)
    else:
        state = msgspec.json.decode(result, type=LampState)
        terminal.show_text(f"{state.id}: released; {state.winner} now wants {fmt.pct(state.commanded_pct)}")
    return 0


def follows(lamp: LampState) -> bool:
    """Return whether what is read back is what is commanded. Pure."""
    shown = (lamp.sent_pct, lamp.confirmed_pct)
    return all(level is not None and abs(level - lamp.commanded_pct) <= _NEAR_PCT for level in shown)


def said(lamp: LampState, zone: str, took_s: float | None) -> str:
    """Return what is now in force, who won, until when. Pure."""
    if took_s is not None:
        follow = f"confirmed {fmt.pct(lamp.confirmed_pct)} after {fmt.span(took_s)}"
    else:
        shown = "nothing is read back" if lamp.confirmed_pct is None else f"reads back {fmt.pct(lamp.confirmed_pct)}"
        follow = f"NOT confirmed within {FOLLOW_S:g} s ({lamp.fault or shown})"
    who = lamp.winner
    if lamp.until is not None and lamp.remaining_s is not None:
        who += f" until {fmt.local(lamp.until, zone)} ({fmt.span(_whole_s(lamp.remaining_s))})"
    note = "" if lamp.winner == "technician" else "; your demand waits under it"
    return f"{lamp.id}: {fmt.pct(lamp.commanded_pct)} commanded, {follow}; {who}{note}"


def _follow(client: Client, name: str, start_s: float) -> tuple[LampState, str, float]:
    """Look at the lamp until it follows, or nothing of it has moved for FOLLOW_S: a fade in progress is waited for."""
    moved_s, levels = start_s, None
    while True:
        street = msgspec.json.decode(client.call("status"), type=_Street)
        lamp = next((lamp for lamp in street.lamps if lamp.id == name), None)
        if lamp is None:
            raise Trouble(f"the agent no longer has a lamp {name!r}", REFUSED)
        now_s = time.monotonic()
        if (lamp.sent_pct, lamp.confirmed_pct) != levels:
            moved_s, levels = now_s, (lamp.sent_pct, lamp.confirmed_pct)
        if follows(lamp) or now_s - moved_s > FOLLOW_S or now_s - start_s > _LONGEST_S:
            return lamp, street.time_zone, now_s - start_s
        time.sleep(_LOOK_EVERY_S)  # noqa: TID251 - a client of its own process looks again, by the clock of its user


def _whole_s(remaining_s: float) -> float:
    """Return what is left as it was asked for, although some seconds have passed since."""
    return round(remaining_s / 60) * 60 if remaining_s > 90 else round(remaining_s)
