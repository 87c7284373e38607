"""The way to the platform in a few words, and what of it is news. Pure."""

from __future__ import annotations

import msgspec

from agent.cli import format as fmt
from agent.cli.text import Line, Span, Tone, line
from agent.local.records import UplinkState

Told = list[tuple[str, Tone]]


class Backlog(msgspec.Struct, frozen=True):
    """What the live view remembers of it: since when the broker is away (monotonic time), whether reports were kept."""

    gone_s: float | None = None
    kept: bool = False


def header(uplink: UplinkState) -> Line:
    """Say where it leads and how it is."""
    where = f"{uplink.host}:{uplink.port}"
    if uplink.state != "online":
        because = f" ({uplink.last_error})" if uplink.last_error else f" for {where}"
        kept = f"{fmt.number(uplink.journal_waiting, 'report')} kept"
        return line("uplink ", Span(f"{uplink.state}{because}, {kept}", "warn"))
    return line("uplink ", Span("online", "good"), f" to {where}, {fmt.number(uplink.sent)} sent, ", _proof(uplink))


def short(uplink: UplinkState) -> str:
    """Return the same for a log's line."""
    left = uplink.journal_waiting
    if uplink.state != "online":
        return f"uplink {uplink.state}, {fmt.number(left)} kept"
    return f"uplink online, {fmt.number(uplink.sent)} sent" + (f", {fmt.number(left)} to deliver" if left else "")


def news(old: UplinkState, new: UplinkState, before: Backlog, now_s: float) -> tuple[Told, Backlog]:
    """Return what has changed between two states of one agent, and what to remember."""
    told: Told = []
    after = before
    if new.state != "online" == old.state:
        told.append(("the broker is gone: reports are kept", "bad"))
        after = Backlog(gone_s=now_s)
    elif new.state == "online" != old.state:
        left = max(old.journal_waiting, new.journal_waiting)  # some of it may be on its way by now
        told.append((f"the broker is {_back(before, now_s)}: {fmt.number(left, 'report')} to deliver", "good"))
        after = Backlog(kept=left > 0)
    if after.kept and new.state == "online" and not new.journal_waiting:  # what is sent leaves it when it is proven
        told.append(("backlog delivered", "good"))
        after = Backlog()
    return told + _troubles(old, new), after


def _back(before: Backlog, now_s: float) -> str:
    return "there" if before.gone_s is None else f"back after {fmt.span(now_s - before.gone_s)}"


def _proof(uplink: UplinkState) -> Span | str:
    if uplink.journal_waiting:
        return Span(f"backlog {fmt.number(uplink.journal_waiting)}", "warn")
    if uplink.proof_age_s is None:
        return "nothing proven yet"
    some = f"all but {fmt.number(uplink.unproven)}" if uplink.unproven else "all"
    return f"{some} proven {fmt.span(uplink.proof_age_s)} ago"


def _troubles(old: UplinkState, new: UplinkState) -> Told:
    told: Told = []
    if new.commands_refused > old.commands_refused:
        told.append((f"a command was refused: {new.last_refusal}", "warn"))
    if new.journal_fault and new.journal_fault != old.journal_fault:
        told.append((f"the journal fails: {new.journal_fault}", "bad"))
    if old.journal_fault and not new.journal_fault:
        told.append(("the journal works again", "good"))
    if (aside := new.journal_quarantined - old.journal_quarantined) > 0:
        told.append((f"no broker takes {fmt.number(aside, 'report')}: put aside", "warn"))
    if (lost := new.journal_dropped - old.journal_dropped) > 0:
        told.append((f"the journal is full: {fmt.number(lost, 'report')} dropped", "bad"))
    return told
