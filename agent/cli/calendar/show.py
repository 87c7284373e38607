"""`gadelys calendar show`: what a configuration plans for some nights."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from agent import parts
from agent.cli import terminal
from agent.cli.calendar.page import Night, page
from agent.cli.trouble import MISUSED, Trouble
from agent.clock import SystemClock
from agent.config import Config, ConfigError, load_file
from agent.control.calendar import FIRST_YEAR, LAST_YEAR
from agent.control.moments import noon
from agent.control.plan import StreetPlan, changes
from agent.local.season_view import utc_stamp


def show(path: Path, day: str | None, days: int, *, as_json: bool) -> int:
    """Print the plan of some nights; 2 for a configuration that has mistakes."""
    try:
        config = load_file(path)
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return MISUSED
    zone = ZoneInfo(config.controller.time_zone)
    first = SystemClock("network").wall().utc.astimezone(zone).date() if day is None else _date(day)
    plan = parts.street_plan(config, parts.astronomical_clock(config))
    nights = [_night(plan, first + timedelta(days=n), zone) for n in range(days)]
    if as_json:
        terminal.show_json(msgspec.json.encode(document(config, nights)))
    else:
        terminal.show(page(config, nights, terminal.width(), blocks=terminal.unicode()))
    return 0


def document(config: Config, nights: Sequence[Night]) -> dict[str, object]:
    """Return what is printed for machines: times in UTC."""
    light = config.lighting
    return {
        "controller": config.controller.id,
        "time_zone": config.controller.time_zone,
        "design": {"class": light.design_class, "class_pct": light.class_pct, "base_pct": light.base_pct},
        "nights": [
            {
                "date": night.day.isoformat(),
                "from": utc_stamp(night.begin),
                "to": utc_stamp(night.end),
                "changes": [
                    {
                        "at": utc_stamp(change.at),
                        "night": change.night,
                        "class": change.rest.class_name,
                        "class_pct": round(change.rest.class_pct, 2),
                        "base_pct": round(change.rest.base_pct, 2),
                        "why": change.rest.why,
                    }
                    for change in night.changes
                ],
            }
            for night in nights
        ],
    }


def _night(plan: StreetPlan, day: date, zone: ZoneInfo) -> Night:
    begin, end = noon(day, zone), noon(day + timedelta(days=1), zone)
    return Night(day, begin, end, tuple(changes(plan, begin, end)))


def _date(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not FIRST_YEAR <= day.year < LAST_YEAR:
        expected = f"a date such as 2026-12-24, from {FIRST_YEAR} to {LAST_YEAR - 1}"
        raise Trouble(f"--date: expected {expected}; found {text!r}", MISUSED)
    return day
