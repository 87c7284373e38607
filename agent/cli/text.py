"""Lines of styled text and tables of them, for pages and the live view. Pure; a terminal is only met in `render`."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Literal

import msgspec

Tone = Literal["plain", "bold", "dim", "good", "warn", "bad"]


class Depth(IntEnum):
    """How many colours a terminal has."""

    NONE = 0
    BASIC = 16
    MANY = 256
    TRUE = 1 << 24


class Span(msgspec.Struct, frozen=True):
    """Text of one style. `light`, `ground`: brightness of the characters and behind them, 0 to 1, none = as it is."""

    text: str
    tone: Tone = "plain"
    light: float | None = None
    ground: float | None = None


Line = tuple[Span, ...]


class Column(msgspec.Struct, frozen=True):
    """A column of a table. Where it does not fit, the column with the greatest `spare` goes first; 0 always stays."""

    title: str
    right: bool = False
    spare: int = 0


_TONES: dict[Tone, str] = {"plain": "", "bold": "1", "dim": "2", "good": "32", "warn": "33", "bad": "1;31"}
_WARM = (255, 214, 150)  # a 3000 K street light, as a screen shows it


def line(*parts: Span | str) -> Line:
    """Build a line from spans and plain text."""
    return tuple(Span(part) if isinstance(part, str) else part for part in parts)


def plain(styled: Line) -> str:
    """Return the characters alone."""
    return "".join(span.text for span in styled)


def length(styled: Line) -> int:
    """Return how many cells a line takes; every character used here is one cell wide."""
    return sum(len(span.text) for span in styled)


def clip(styled: Line, width: int) -> Line:
    """Cut a line to a width; what is cut shows as an ellipsis."""
    if length(styled) <= width:
        return styled
    kept: list[Span] = []
    room = max(width - 1, 0)
    for span in styled:
        kept.append(Span(span.text[:room], span.tone, span.light, span.ground))
        room -= len(span.text)
        if room <= 0:
            break
    return (*kept, Span("…", "dim")) if width > 0 else ()


def wrap(text: str, width: int, *, first: str = "", rest: str = "", tone: Tone = "plain") -> list[Line]:
    """Break a text at spaces; `first` and `rest` begin the first and each further line."""
    lines, begin = [], first
    current = ""
    for word in text.split():
        if current and len(begin) + len(current) + 1 + len(word) > width:
            lines.append(line(begin, Span(current, tone)))
            begin, current = rest, word
        else:
            current = f"{current} {word}" if current else word
    lines.append(clip(line(begin, Span(current, tone)), width))
    return [clip(one, width) for one in lines]


def table(columns: Sequence[Column], rows: Sequence[Sequence[Span | str]], width: int) -> list[Line]:
    """Lay out rows under their titles within a width: spare columns go first, then the end of lines is cut."""
    cells = [[cell if isinstance(cell, Span) else Span(cell) for cell in row] for row in rows]
    widths = [max(len(c.title), *(len(row[n].text) for row in cells), 0) for n, c in enumerate(columns)]
    shown = list(range(len(columns)))
    while sum(widths[n] for n in shown) + 2 * (len(shown) - 1) > width:
        spare = max(shown, key=lambda n: columns[n].spare)
        if columns[spare].spare == 0:
            break
        shown.remove(spare)
    titles = [Span(column.title, "dim") for column in columns]
    return [clip(_row([_pad(row[n], widths[n], columns[n].right) for n in shown]), width) for row in [titles, *cells]]


def render(styled: Line, depth: Depth) -> str:
    """Return a line with the escape sequences that the terminal understands."""
    if depth is Depth.NONE:
        return plain(styled)
    return "".join(_escape(span, depth) for span in styled)


def _row(cells: Sequence[Span]) -> Line:
    spans = [part for cell in cells for part in (cell, Span("  "))][:-1]
    last = spans[-1]
    return (*spans[:-1], Span(last.text.rstrip(), last.tone, last.light, last.ground))


def _pad(cell: Span, width: int, right: bool) -> Span:
    text = cell.text.rjust(width) if right else cell.text.ljust(width)
    return Span(text, cell.tone, cell.light, cell.ground)


def _escape(span: Span, depth: Depth) -> str:
    codes = [_TONES[span.tone]] if span.tone != "plain" else []
    if depth is not Depth.BASIC:
        if span.light is not None:
            codes.append(f"38;{_brightness(span.light, depth)}")
        if span.ground is not None:
            codes.append(f"48;{_brightness(span.ground, depth)}")
    return f"\x1b[{';'.join(codes)}m{span.text}\x1b[0m" if codes else span.text


def _brightness(share: float, depth: Depth) -> str:
    share = min(max(share, 0.0), 1.0)
    if depth is Depth.TRUE:
        return "2;" + ";".join(str(round(part * share)) for part in _WARM)
    return f"5;{232 + round(23 * share)}"
