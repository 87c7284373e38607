"""An instrument's model as a page of a datasheet. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from agent.cli import format as fmt
from agent.cli.text import Column, Line, Span, line, table, wrap
from drivers.lines.instrument import Model, Option

COLUMNS = (Column("model"), Column("for"), Column("baud", right=True), Column("what"))


def cells(model: Model) -> list[Span | str]:
    """Return a model as a row of the list."""
    return [Span(model.name, "bold"), ", ".join(model.kinds), str(model.baud), model.title]


def as_data(model: Model) -> dict[str, object]:
    """Return what of a model is data."""
    return {
        "name": model.name,
        "title": model.title,
        "source": model.source,
        "kinds": model.kinds,
        "baud": model.baud,
        "other_bauds": model.bauds,
        "silent_after_s": silent_after_s(model),
        "points": [
            {
                "kind": row.kind,
                "resource": row.resource,
                "type": row.type,
                "unit": row.unit,
                "title": row.title,
                "deadband": row.deadband,
                "every_s": row.every_s,
            }
            for row in model.points
        ],
        "options": [
            {"name": one.name, "default": one.default, "expected": expected(one), "says": one.says}
            for one in model.options
        ],
        "verified": model.verified,
        "recalled": model.recalled,
        "hardware": model.hardware,
    }


def silent_after_s(model: Model) -> float:
    """Return after how many seconds without a frame it is silent, with its options as they are by default."""
    if model.silent_s is None:
        return model.silent_after_s
    return model.silent_s({option.name: option.default for option in model.options})


def expected(option: Option) -> str:
    """Return what an option may be, in words."""
    if isinstance(option.default, bool):
        return "true or false"
    if isinstance(option.default, str):
        return " or ".join(f'"{word}"' for word in option.words)
    whole = "a whole number from " if isinstance(option.default, int) else ""
    return f"{whole}{option.low:g} to {option.high:g}"


def sheet(model: Model, width: int) -> list[Line]:
    """Return the whole page."""
    bauds = ", ".join(str(baud) for baud in model.bauds)
    facts = [
        ("source", model.source),
        ("speed", f"{model.baud} baud, 8N1" + (f"; also tried: {bauds}" if bauds else "")),
        ("silent", f"after {fmt.span(silent_after_s(model))} without a sound frame"),
        ("hardware", model.hardware),
    ]
    lines = [line(Span(model.name, "bold"), f"  {model.title}"), line()]
    lines += [part for name, text in facts for part in wrap(text, width, first=f"{name:<9}", rest=" " * 9)]
    lines += [line(), *_points(model, width)]
    if model.options:
        lines += [line(), *_options(model.options, width)]
    lines += _trust("held by frames", model.verified, width)
    lines += _trust("recalled, no source found", model.recalled, width)
    return lines


def _points(model: Model, width: int) -> list[Line]:
    columns = [
        Column("point"),
        Column("unit"),
        Column("device's kind"),
        Column("what"),
    ]
    rows: list[list[Span | str]] = [[row.resource, row.unit, row.kind, row.title] for row in model.points]
    return table(columns, rows, width)


def _options(options: Sequence[Option], width: int) -> list[Line]:
    columns = [Column("option"), Column("default"), Column("expected"), Column("what")]
    rows: list[list[Span | str]] = [[one.name, _shown(one.default), expected(one), one.says] for one in options]
    return table(columns, rows, width)


def _shown(value: float | str | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else f'"{value}"' if isinstance(value, str) else f"{value:g}"


def _trust(title: str, texts: Sequence[str], width: int) -> list[Line]:
    if not texts:
        return []
    return [
        line(),
        line(Span(title, "dim")),
        *(part for text in texts for part in wrap(text, width, first="- ", rest="  ")),
    ]
