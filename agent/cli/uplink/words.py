"""Messages of the uplink as people read them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import msgspec

from agent.cli import format as fmt
from agent.cli.text import Line, Span, Tone, clip, length, line
from agent.cli.uplink.records import moment
from agent.fleet.hearing import TOLD_IN_PART, Message, Spoken, Stray, Told
from agent.fleet.proof import Result, results
from agent.uplink import names

ENDLESS = 1 << 20  # a width for what is no terminal: a message is one line
_LONGEST_TEXT = 300
_TONES: dict[str, Tone] = {"BIRTH": "good", "DEATH": "bad", "CMD": "bold"}
_QUALITY_TONES: dict[str, Tone] = {"bad": "bad", "stale": "warn"}
_ENVELOPE = frozenset(
    {names.COMMAND_ID, names.COMMAND_FOR, names.COMMAND_NOT_AFTER}
    | {names.COMMAND_ISSUER, names.COMMAND_COUNTER, names.COMMAND_SIGNATURE}
)
_RESULT = frozenset({names.LAST_ID, names.LAST_STATUS, names.LAST_REASON})


def lines(message: Message | Stray, heard: datetime, zone: str, width: int, *, whole: bool = False) -> list[Line]:
    """Return a message in lines no longer than a width: when it was heard, what, of whom; births are cut to one line.

    With `whole` group and node are named too.
    """
    clock = fmt.local(heard, zone, "%H:%M:%S")
    if isinstance(message, Stray):
        told = f"{clean(message.topic)}: no topic of Sparkplug, {fmt.count(message.size, 'byte')} ignored"
        return [clip(line(*_head(clock, "?", "-", "warn"), told), width)]
    who = f"{clean(_whole(message)):<31}" if whole else clean(message.who)
    head = _head(clock, message.type, who, _TONES.get(message.type[1:], "plain"))
    phrases = _phrases(message, heard, zone)
    birth = message.type in {"NBIRTH", "DBIRTH"}
    laid = [clip(_flow(head, phrases, ENDLESS)[0], width)] if birth else _flow(head, phrases, width)
    if message.missing:
        if message.type in TOLD_IN_PART and not message.metrics and not message.problem:
            laid = []  # nothing of it was chosen
        laid.insert(0, clip(line(*_head(clock, "!", who, "warn"), Span(_gap(message), "warn")), width))
    return laid


def value(spoken: Spoken, unit: str) -> str:
    """Return a value with its unit, safe for a terminal."""
    if isinstance(spoken, bytes):
        return fmt.count(len(spoken), "byte")
    if isinstance(spoken, str):
        return f"{clean(spoken)} {clean(unit)}".strip() or '""'
    return fmt.value(spoken, clean(unit))


def _head(clock: str, kind: str, who: str, tone: Tone) -> Line:
    return line(Span(clock, "dim"), "  ", Span(f"{kind:<6}", tone), "  ", f"{who:<17}  ")


def _whole(message: Message) -> str:
    return "/".join(part for part in (message.group, message.node, message.device) if part)


def _gap(message: Message) -> str:
    if message.missing < 0:
        return f"seq {message.seq} comes again"
    return f"seq {message.seq} follows {message.before}: {fmt.count(message.missing, 'message')} missing"


def _phrases(message: Message, heard: datetime, zone: str) -> list[Line]:
    if message.problem:
        found = [line(Span(f"cannot be read: {clean(message.problem)}", "bad"))]
    elif message.type == "NBIRTH":
        found = _node_birth(message)
    elif message.type == "DBIRTH":
        found = _birth(message, heard, zone)
    elif message.type in {"NDEATH", "DDEATH"}:
        found = _death(message)
    elif message.type in {"NCMD", "DCMD"}:
        found = _command(message, zone)
    else:
        found = _data(message, heard, zone)
    return [line(Span("retained by the broker, not sent now", "warn")), *found] if message.retained else found


def _node_birth(message: Message) -> list[Line]:
    said = {told.name: told for told in message.metrics}
    found = [f"{names.BD_SEQ} {_said(said[names.BD_SEQ])}"] if names.BD_SEQ in said else []
    found.append(fmt.count(len(message.metrics), "metric"))
    if names.VERSION in said:
        found.append(f"agent {_said(said[names.VERSION])}")
    waiting = said[names.WAITING].value if names.WAITING in said else 0
    if isinstance(waiting, int) and waiting > 0:
        found.append(f"{fmt.count(waiting, 'report')} waiting in the journal")
    return [line(text) for text in found]


def _birth(message: Message, heard: datetime, zone: str) -> list[Line]:
    """What a device starts with, by the short names of its values; what it does not know is only counted."""
    shown = [told for told in message.metrics if not told.name.startswith("command/") and not _is_well(told)]
    known = [told for told in shown if told.value is not None or told.quality != "good"]
    short = Counter(_short(told.name) for told in known)
    found = [
        _metric(told, _short(told.name) if short[_short(told.name)] == 1 else told.name, heard, zone) for told in known
    ]
    empty = len(shown) - len(known)
    return [*found, line(f"{empty} without a value")] if empty else found


def _death(message: Message) -> list[Line]:
    if message.type == "DDEATH":
        return [line("its node no longer hears it")]
    return [line(f"{told.name} {_said(told)}") for told in message.metrics if told.name == names.BD_SEQ]


def _command(message: Message, zone: str) -> list[Line]:
    said = {told.name: told.value for told in message.metrics}
    asked = ", ".join(_asked(told) for told in message.metrics if told.name not in _ENVELOPE) or "nothing"
    for_s = said.get(names.COMMAND_FOR)
    if isinstance(for_s, int):
        asked += f" for {fmt.span(for_s)}"
    not_after = said.get(names.COMMAND_NOT_AFTER)
    if isinstance(not_after, int):
        asked += f", not after {fmt.local(moment(not_after), zone, '%H:%M:%S')}"
    issuer = said.get(names.COMMAND_ISSUER)
    if isinstance(issuer, str) and names.COMMAND_SIGNATURE in said:
        asked += f", signed by {clean(issuer)}"
    id_ = said.get(names.COMMAND_ID)
    return [line(Span(asked, "bold"), f" (id {clean(id_)})" if isinstance(id_, str) else "")]


def _asked(told: Told) -> str:
    if told.name == names.RELEASE and told.value is True:
        return "release"
    if told.name == names.REBIRTH and told.value is True:
        return "asks for all births"
    return f"{clean(told.name)} {'null' if told.value is None else _said(told)}"


def _data(message: Message, heard: datetime, zone: str) -> list[Line]:
    """Changes, a phrase each; what is said of a command is one phrase."""
    live = [
        told for told in message.metrics if told.name in _RESULT and isinstance(told.value, str) and not told.historical
    ]
    found = [_metric(told, told.name, heard, zone) for told in message.metrics if told not in live]
    return [*found, *map(_result, results(live))] or [line("no metrics")]


def _result(result: Result) -> Line:
    tone: Tone = "good" if result.status == "verified" else "bad" if result.status in names.ENDED else "bold"
    said = " ".join(part for part in ("command", clean(result.id), clean(result.status)) if part)
    return line(Span(said + (f": {clean(result.reason)}" if result.reason else ""), tone))


def _metric(told: Told, name: str, heard: datetime, zone: str) -> Line:
    spans = [Span(f"{clean(name)} "), Span(_said(told), "bold")]
    if told.quality != "good":
        spans.append(Span(f" {clean(told.quality)}", _QUALITY_TONES.get(told.quality, "warn")))
    if told.historical:
        number = "" if told.number is None else f", journal {told.number}"
        spans.append(Span(f" (of {_past(moment(told.time_ms), heard, zone)}{number})", "dim"))
    return tuple(spans)


def _past(then: datetime | None, heard: datetime, zone: str) -> str:
    day = "%d %b %Y"
    same = then is not None and fmt.local(then, zone, day) == fmt.local(heard, zone, day)
    return "an unknown time" if then is None else fmt.local(then, zone, "%H:%M:%S" if same else f"{day} %H:%M:%S")


def _said(told: Told) -> str:
    return value(told.value, told.unit)


def _is_well(told: Told) -> bool:
    return told.name.endswith(f"/{names.QUALITY}") and told.value == "good"


def _short(name: str) -> str:
    return name.partition("/")[2] or name


def _flow(head: Line, phrases: Sequence[Line], width: int) -> list[Line]:
    """Lay phrases out behind a head, in more lines where they do not fit; a phrase is broken only if it is too long."""
    indent = min(length(head), max(width - 40, 2))
    laid: list[Line] = []
    current, empty = head, True
    for part in (part for phrase in _with_commas(phrases) for part in _parts(phrase, width - indent)):
        if not empty and length(current) + 1 + length(part) > width:
            laid.append(clip(current, width))
            current, empty = line(" " * indent), True
        current = (*current, *part) if empty else (*current, Span(" "), *part)
        empty = False
    return [*laid, clip(current, width)]


def _with_commas(phrases: Sequence[Line]) -> list[Line]:
    return [
        (*phrase[:-1], msgspec.structs.replace(phrase[-1], text=f"{phrase[-1].text},")) for phrase in phrases[:-1]
    ] + list(phrases[-1:])


def _parts(phrase: Line, room: int) -> list[Line]:
    if length(phrase) <= room:
        return [phrase]
    return [(Span(word, span.tone),) for span in phrase for word in span.text.split()]


def clean(text: str) -> str:
    """Return text without what a terminal would obey, and not endless."""
    cut = text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + "…"
    return "".join(letter if letter.isprintable() else "�" for letter in cut)
