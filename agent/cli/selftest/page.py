"""A report of a self-test as a page. Pure."""

from __future__ import annotations

from itertools import groupby

from agent.cli import format as fmt
from agent.cli.selftest.records import Outcome, Report
from agent.cli.text import Line, Span, Tone, line, wrap

_TONES: dict[Outcome, Tone] = {"ok": "good", "note": "warn", "wrong": "bad", "skipped": "dim"}


def page(report: Report, width: int) -> list[Line]:
    """Return the whole page, its verdict last."""
    lines: list[Line] = []
    for part, checks in groupby(report.checks, key=lambda check: check.part):
        lines.append(line(Span(part, "bold")))
        for check in checks:
            mark = Span(f"  {check.outcome:<8}", _TONES[check.outcome])
            first, *rest = wrap(f"{check.name}: {check.says}", width - 10)
            lines += [(mark, *first), *((Span(" " * 10), *more) for more in rest)]
        lines.append(line())
    notes = sum(check.outcome == "note" for check in report.checks)
    verdict = f"{fmt.count(len(report.checks), 'check')}, {report.wrong} wrong, {fmt.count(notes, 'note')}"
    return [*lines, line(Span(verdict, "bad" if report.wrong else "good"))]
