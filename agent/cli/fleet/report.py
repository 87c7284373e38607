"""`gadelys fleet report`: a month by street, in the terminal, as CSV or as a page."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from agent.cli import terminal
from agent.cli.fleet import report_pages
from agent.cli.fleet.source import Asked, load_plan, opened, store_of
from agent.cli.trouble import MISUSED, REFUSED, Trouble
from agent.fleet.report import month_of
from agent.fleet.report import report as worked_out
from agent.fleet.store import StoreFault


class Wanted(msgspec.Struct, frozen=True):
    """In which form; none of them: for a terminal."""

    as_json: bool
    as_csv: bool
    html: Path | None


def report(asked: Asked, month: str, wanted: Wanted) -> int:
    """Report a month from the store; 0 then. Trouble without streets or a store."""
    plan = load_plan(asked.plan)
    path = store_of(asked)
    if path is None:
        raise Trouble("a report needs the store of `gadelys fleet serve`: name it with --store", MISUSED)
    if not plan.areas:
        raise Trouble("a report needs streets: declare [street.NAME] in the file of --fleet (docs/fleet.md)", MISUSED)
    now = datetime.now(UTC)  # noqa: TID251 - a host has no other clock
    zone: tzinfo = ZoneInfo(plan.time_zone)
    try:
        when = month_of(month, zone, now)
        with contextlib.closing(opened(path)) as store:
            made = worked_out(plan, store.readings(when.start_ms, when.end_ms), when)
    except ValueError as error:
        raise Trouble(str(error), MISUSED) from None
    except StoreFault as fault:
        raise Trouble(str(fault), REFUSED) from None
    if wanted.html is not None:
        _save(wanted.html, report_pages.html(made, now.astimezone(zone)))
    elif wanted.as_json:
        terminal.show_json(msgspec.json.encode(report_pages.record(made)))
    elif wanted.as_csv:
        terminal.write(report_pages.csv_of(made))
    else:
        terminal.show(report_pages.page(made, terminal.width()))
    return 0


def _save(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Trouble(f"--html: {path}: {(error.strerror or str(error)).lower()}", REFUSED) from None
    terminal.show_text(f"{path} written")
