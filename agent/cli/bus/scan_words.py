"""What a scan shows: a bar while it runs, a line a unit, a table, hints, what to paste. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from agent.cli import format as fmt
from agent.cli.text import Column, Line, Span, clip, length, line, table, wrap
from drivers.bus.records import Link
from drivers.modbus.marks import Fits
from drivers.modbus.questions import Question
from drivers.modbus.scan import Found, Hint
from drivers.profile import Profile

_SPACES = {1: "coil", 2: "discrete", 3: "holding", 4: "input"}
_BAR_CELLS = 24
_SHORTEST_BAR_CELLS = 6


class Progress(msgspec.Struct, frozen=True):
    """How far a scan is: the share that is done (0 to 1), who is asked, how many were found, how long it goes on."""

    share: float
    asked: Question
    found: int
    left_s: float | None


class Named(msgspec.Struct, frozen=True):
    """A unit that was found, and the profiles that fit it; none: it was not asked what it is."""

    found: Found
    fits: Fits | None

    @property
    def sure(self) -> tuple[Profile, ...]:
        """Return the profiles that it certainly may be, the best first."""
        return self.fits.sure if self.fits is not None else ()

    @property
    def perhaps(self) -> tuple[Profile, ...]:
        """Return those that it may be, for all that is known."""
        return self.fits.perhaps if self.fits is not None else ()


class Configured(msgspec.Struct, frozen=True):
    """A unit of the running agent: it was not asked."""

    address: int
    id: str
    profile: str


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a scan. `stopped`: why it ended before its end, "" if it did not."""

    place: str
    asked: int
    took_s: float
    stopped: str
    named: tuple[Named, ...]
    hints: tuple[Hint, ...]
    known: tuple[Configured, ...]
    configuration: tuple[str, ...]


def told(progress: Progress) -> Line:
    """Return in words how far it is."""
    question = progress.asked
    speed = "" if question.link is None else f"{question.link}  "
    left = "" if progress.left_s is None else f"  {fmt.span(progress.left_s)} left"
    found = Span(f"{progress.found} found", "good" if progress.found else "plain")
    return line(f"{progress.share * 100:3.0f} %  {speed}unit {question.unit:<3}  ", found, left)


def bar(progress: Progress, width: int, *, blocks: bool) -> Line:
    """Return it with a bar before it, where there is room. `blocks`: the terminal has block characters."""
    words = told(progress)
    cells = min(_BAR_CELLS, width - length(words) - 2)
    if cells < _SHORTEST_BAR_CELLS:
        return clip(words, width)
    full = round(progress.share * cells)
    done, ahead = ("█", "░") if blocks else ("#", ".")
    return line(Span(done * full, "good"), Span(ahead * (cells - full), "dim"), "  ", *words)


def found_line(named: Named) -> Line:
    """Return a unit as soon as it is found."""
    return line(Span("found", "good"), f"  {place(named.found)}: {_what(named)}")


def place(found: Found) -> str:
    """Return where a unit answers."""
    return f"unit {found.unit}" if found.link is None else f"unit {found.unit} at {found.link}"


def page(result: Result, width: int) -> list[Line]:
    """Return the whole result."""
    lines = [_summary(result)]
    if result.named:
        lines += [line(), *_table(result.named, width)]
    if result.known:
        known = ", ".join(f"{unit.address} ({unit.id}, {unit.profile})" for unit in result.known)
        lines += [line(), *wrap(known, width, first="configured, not asked: ", rest="  ")]
    for hint in result.hints:
        first = "not sure: " if hint.asked else "not asked: "
        lines += [line(), *wrap(f"{_whom(hint)}: {hint.text}{_why(hint)}", width, first=first, rest="  ", tone="warn")]
    if result.configuration:
        pasted = any(not row.startswith("#") for row in result.configuration)
        lines += [line(), line(Span("to paste into the configuration:", "bold")), line()] if pasted else [line()]
        lines += [line(row) for row in result.configuration]
    return lines


def record(result: Result) -> dict[str, object]:
    """Return the result for JSON."""
    return {
        "place": result.place,
        "asked": result.asked,
        "took_s": round(result.took_s, 3),
        "stopped": result.stopped,
        "found": [
            {
                "unit": named.found.unit,
                **_speed(named.found.link),
                "latency_ms": None if named.found.latency_s is None else round(named.found.latency_s * 1000, 1),
                "answers": _question(named.found),
                "refusal": named.found.refusal,
                "profiles": [profile.name for profile in named.sure],
                "perhaps": [profile.name for profile in named.perhaps],
            }
            for named in result.named
        ],
        "hints": [{"unit": hint.unit, **_speed(hint.link), "text": hint.text} for hint in result.hints],
        "configured": result.known,
        "configuration": "\n".join(result.configuration),
    }


def _summary(result: Result) -> Line:
    asked = f"{fmt.number(result.asked, 'question')} in {fmt.span(result.took_s)}"
    found = Span(f"{fmt.count(len(result.named), 'unit')} found", "good" if result.named else "warn")
    stopped = f"; {result.stopped}" if result.stopped else ""
    return line(f"{result.place}: ", found, f" ({asked}{stopped})")


def _table(named: Sequence[Named], width: int) -> list[Line]:
    columns = [
        Column("unit", right=True),
        Column("speed"),
        Column("after", right=True, spare=2),
        Column("answers", spare=3),
        Column("profile"),
        Column("what", spare=1),
    ]
    rows: list[list[Span | str]] = [
        [
            str(one.found.unit),
            fmt.MISSING if one.found.link is None else str(one.found.link),
            fmt.MISSING if one.found.latency_s is None else fmt.delay(one.found.latency_s),
            _question(one.found),
            _profile(one),
            one.sure[0].title if one.sure else one.found.refusal,
        ]
        for one in sorted(named, key=lambda one: (str(one.found.link), one.found.unit))
    ]
    return table(columns, rows, width)


def _profile(named: Named) -> Span:
    if named.fits is None:
        return Span("not known", "warn")
    best = (*named.sure, *named.perhaps)
    if not best:
        return Span("none fits", "warn")
    more = f" (or {len(best) - 1} more)" if len(best) > 1 else ""
    return Span(f"{best[0].name}{more}", "bold") if named.sure else Span(f"perhaps {best[0].name}{more}", "warn")


def _what(named: Named) -> str:
    names = " or ".join(profile.name for profile in (named.sure or named.perhaps)[:3])
    if names:
        return names if named.sure else f"perhaps {names}"
    return "fits no profile" + (f" ({named.found.refusal})" if named.found.refusal else "")


def _question(found: Found) -> str:
    address = int.from_bytes(found.request.pdu[1:3], "big")
    return f"{_SPACES[found.request.function]} {address}"


def _speed(link: Link | None) -> dict[str, object]:
    if link is None:
        return {"baud": None, "parity": None, "stop_bits": None}
    return {"baud": link.baud, "parity": link.parity, "stop_bits": link.stop_bits}


def _whom(hint: Hint) -> str:
    if not hint.asked:
        return str(hint.link)
    whom = "everybody" if hint.unit is None else f"unit {hint.unit}"
    return whom if hint.link is None else f"{whom} at {hint.link}"


def _why(hint: Hint) -> str:
    return "" if hint.link is None or not hint.asked else ". Another speed, two units on one address, or a bad wire?"
