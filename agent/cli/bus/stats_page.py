"""`gadelys bus stats` as a page: how busy each line is, what goes wrong on it, how long each unit takes. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from agent.cli import format as fmt
from agent.cli.text import Column, Line, Span, Tone, clip, line, table, wrap
from agent.local.bus_records import LineStats
from drivers.bus.records import Histogram, UnitState

_BLOCKS, _PLAIN = "·▁▂▃▄▅▆▇█", " .:-=+*#@"
_BAR_CELLS = 20
_STATES: dict[str, Tone] = {"ok": "good", "starting": "dim", "silent": "bad"}


def page(lines: Sequence[LineStats], width: int, *, blocks: bool) -> list[Line]:
    """Return all lines. `blocks`: the terminal has block characters."""
    shown: list[Line] = []
    for one in lines:
        if shown:
            shown.append(line())
        shown += [clip(part, width) for part in _head(one, blocks=blocks)]
        shown += wrap(_counts(one), width, first="  ", rest="  ")
        if trouble := _trouble(one):
            shown += wrap(trouble, width, first="  ", rest="  ", tone="warn")
        if one.units:
            shown += _units(one.units, width, blocks=blocks)
    return shown or [line("no lines are configured")]


def histogram(counts: Sequence[int], *, blocks: bool) -> str:
    """Return a column a bin, as high as its share of the fullest; what is not empty is never shown as empty."""
    steps, most = (_BLOCKS if blocks else _PLAIN), max(counts, default=0)
    return "".join(steps[0 if not count else max(1, round(count / most * (len(steps) - 1)))] for count in counts)


def bar(share: float, *, blocks: bool) -> tuple[str, str]:
    """Return the full and the empty cells of a bar; `share` 0 to 1."""
    full = round(min(max(share, 0.0), 1.0) * _BAR_CELLS)
    done, rest = ("█", "░") if blocks else ("#", ".")
    return done * full, rest * (_BAR_CELLS - full)


def _head(one: LineStats, *, blocks: bool) -> list[Line]:
    speed = "" if one.link is None else f", {one.link}"
    state = Span("up", "good") if one.up else Span("down", "bad")
    full, rest = bar(one.use_pct / 100, blocks=blocks)
    tone: Tone = "warn" if one.use_pct > 90 else "good"
    return [
        line(Span(one.id, "bold"), f"  {one.place}{speed}  ", state),
        line("  in use ", Span(full, tone), Span(rest, "dim"), f" {one.use_pct:.0f} % of the last 10 s"),
    ]


def _counts(one: LineStats) -> str:
    parts = [
        fmt.number(one.transactions, "transaction"),
        fmt.number(one.timeouts, "time-out"),
        fmt.number(one.bad_answers, "bad answer") + (f" ({one.crc_errors} CRC)" if one.crc_errors else ""),
        fmt.number(one.refusals, "refusal"),
    ]
    if one.questions:
        parts.append(f"{fmt.number(one.questions)} of them asked by hand")
    return ", ".join(parts)


def _trouble(one: LineStats) -> str:
    """Return what came that nobody asked for, and what was left out; nothing on a sound line."""
    parts = [
        fmt.number(count, what)
        for count, what in (
            (one.stray_bytes, "stray byte"),
            (one.foreign_frames, "foreign frame"),
            (one.late_frames, "late frame"),
        )
        if count
    ]
    if one.echo:
        parts.append("the line echoes what is sent")
    if one.left_out:
        parts.append(f"{fmt.number(one.left_out, 'round')} of reads left out as too late")
    return ", ".join(parts)


def _units(units: Sequence[UnitState], width: int, *, blocks: bool) -> list[Line]:
    bounds = units[0].latency.bounds_ms
    columns = [
        Column(""),
        Column("unit"),
        Column("id", right=True),
        Column("state"),
        Column("answers", right=True),
        Column("time-outs", right=True, spare=2),
        Column("bad", right=True, spare=3),
        Column("refused", right=True, spare=4),
        Column("median", right=True, spare=1),
        Column("longest", right=True),
        Column("waits", right=True, spare=5),
        Column(_scale(bounds)),
    ]
    rows: list[list[Span | str]] = [
        [
            "",
            one.id,
            str(one.address),
            Span(one.state, _STATES.get(one.state, "warn")),
            fmt.number(one.answers),
            _count(one.timeouts),
            _count(one.bad_answers),
            _count(one.refusals),
            _median(one.latency, blocks=blocks),
            _ms(one.latency.longest_ms) if one.answers else fmt.MISSING,
            _ms(one.timeout_s * 1000),
            Span(histogram(one.latency.counts, blocks=blocks), "good"),
        ]
        for one in units
    ]
    lines = table(columns, rows, width)
    errors = {one.id: one.last_error for one in units if one.state == "silent" and one.last_error}
    return lines + [clip(line(Span(f"  {unit}: {why}", "bad")), width) for unit, why in errors.items()]


def _scale(bounds_ms: Sequence[float]) -> str:
    """Return the title of the histogram: its first and its last bound, as wide as its columns."""
    first, last = _ms(bounds_ms[0]), _ms(bounds_ms[-1])
    return f"{first}{' ' * max(len(bounds_ms) + 1 - len(first) - len(last), 1)}{last}"


def _median(latency: Histogram, *, blocks: bool) -> str:
    if latency.median_ms is None:
        return fmt.MISSING
    return f"{'≤' if blocks else '<='} {_ms(min(latency.median_ms, latency.longest_ms))}"


def _ms(time_ms: float) -> str:
    if time_ms >= 1000:
        return f"{time_ms / 1000:.3g} s"
    return f"{time_ms:.0f} ms" if time_ms >= 10 else f"{time_ms:.2g} ms"


def _count(number: int) -> Span:
    return Span(fmt.number(number), "warn" if number else "dim")
