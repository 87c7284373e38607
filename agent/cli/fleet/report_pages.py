"""A month's report for a terminal, for a spreadsheet, and as a page that prints. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import datetime
from html import escape
from pathlib import Path

import msgspec

from agent.cli import format as fmt
from agent.cli.text import Column, Line, Span, line, table, wrap
from agent.fleet.report import Report, StreetUse

_UNKNOWN = "-"
_MOST_SILENT = 10


def page(report: Report, width: int) -> list[Line]:
    """Return it as lines: a row a street, and what is not known below."""
    columns = [
        Column("street"),
        Column("lamps", right=True, spare=3),
        Column("metered", right=True),
        Column("estimated", right=True),
        Column("baseline", right=True),
        Column("saved", right=True),
        Column(f"saved {report.currency}", right=True, spare=1),
        Column("saved kg CO2", right=True, spare=2),
        Column("not known", right=True),
    ]
    rows: list[list[Span | str]] = [
        [
            Span(street.title, "bold"),
            str(street.lamps),
            _number(street.metered_kwh),
            _number(street.estimated_kwh),
            _number(street.baseline_kwh),
            _pct(street.saved_pct),
            _number(street.saved_cost, 2),
            _number(street.saved_co2_kg),
            _missing(street),
        ]
        for street in report.streets
    ]
    lines = [line(Span(_title(report), "bold"), "  energy in kWh"), *table(columns, rows, width)]
    for remark in remarks(report):
        lines += wrap(remark, width, first="  ", rest="  ", tone="dim")
    return lines


def remarks(report: Report) -> list[str]:
    """Return what a reader must know of the figures."""
    price = "not declared" if report.price_per_kwh is None else f"{report.price_per_kwh:g} {report.currency}/kWh"
    said = [
        "Metered: by the lamp's own meter, not of billing grade. Estimated: by the lamp model, where no meter was read.",
        "Baseline: as declared, for the same time. Time of which nothing is known counts on neither side.",
        f"Price: {price}. CO2: {report.co2_source}.",
    ]
    if not report.month.complete:
        said.append("The month is not over: these are its figures so far.")
    for street in report.streets:
        said += [f"{street.title}: {one}" for one in _gaps(street)]
    return said


def record(report: Report) -> dict[str, object]:
    """Return it for JSON."""
    streets = [
        msgspec.structs.asdict(street) | {"kwh": street.kwh, "saved_pct": street.saved_pct} for street in report.streets
    ]
    return {
        "month": report.month.name,
        "complete": report.month.complete,
        "currency": report.currency,
        "price_per_kwh": report.price_per_kwh,
        "co2": report.co2_source,
        "streets": streets,
    }


_COLUMNS: dict[str, Callable[[StreetUse], object]] = {
    "street": lambda street: street.title,
    "lamps": lambda street: street.lamps,
    "metered_kwh": lambda street: _plain(street.metered_kwh),
    "estimated_kwh": lambda street: _plain(street.estimated_kwh),
    "cabinet_meter_kwh": lambda street: _plain(street.meter_kwh),
    "baseline_kwh": lambda street: _plain(street.baseline_kwh),
    "saved_kwh": lambda street: _plain(street.saved_kwh),
    "saved_pct": lambda street: _plain(street.saved_pct),
    "cost": lambda street: _plain(street.cost),
    "saved_cost": lambda street: _plain(street.saved_cost),
    "co2_kg": lambda street: _plain(street.co2_kg),
    "saved_co2_kg": lambda street: _plain(street.saved_co2_kg),
    "kwh_without_co2": lambda street: _plain(street.without_co2_kwh),
    "lamp_hours": lambda street: _plain(street.hours),
    "lamp_hours_not_known": lambda street: _plain(street.hours_missing),
    "lamp_hours_known_as_sum": lambda street: _plain(street.hours_spread),
    "counter_resets": lambda street: street.resets,
    "silent_lamps": lambda street: " ".join(street.silent),
}


def csv_of(report: Report) -> str:
    """Return it as CSV: a row a street; what is not known is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["month", "complete", "currency", *_COLUMNS])
    for street in report.streets:
        head = [report.month.name, str(report.month.complete).lower(), report.currency]
        writer.writerow([*head, *(of(street) for of in _COLUMNS.values())])
    return text.getvalue()


def html(report: Report, made: datetime) -> str:
    """Return it as one file of HTML that asks nothing of a network."""
    parts = {
        "TITLE": escape(_title(report)),
        "FIGURES": _figures(report),
        "BARS": "".join(_bar(street, _longest(report)) for street in report.streets),
        "ROWS": "".join(_row(street) for street in report.streets),
        "CURRENCY": escape(report.currency),
        "REMARKS": "".join(f"<li>{escape(remark)}</li>" for remark in remarks(report)),
        "MADE": escape(f"{made:%d %b %Y %H:%M}"),
    }
    text = Path(__file__).with_name("report.html").read_text(encoding="utf-8")
    for name, part in parts.items():
        text = text.replace(f"<!--{name}-->", part)
    return text


def _title(report: Report) -> str:
    return f"Street lighting, {report.month.name}"


def _figures(report: Report) -> str:
    streets = report.streets
    found = [("used", f"{_number(sum(street.kwh for street in streets))} kWh")]
    for saved, unit, digits in (
        ([street.saved_kwh for street in streets], "kWh", 1),
        ([street.saved_cost for street in streets], report.currency, 2),
        ([street.saved_co2_kg for street in streets], "kg CO₂", 1),
    ):
        known = [value for value in saved if value is not None]
        if known:
            of = "" if len(known) == len(saved) else f", in {len(known)} of {fmt.count(len(saved), 'street')}"
            found.append((f"saved{of}", f"{_number(sum(known), digits)} {unit}"))
    return "".join(f"<div><b>{escape(value)}</b>{escape(name)}</div>" for name, value in found)


def _bar(street: StreetUse, longest: float) -> str:
    def width(kwh: float) -> str:
        return f"{100 * kwh / longest:.2f}%"

    base = "" if street.baseline_kwh is None else f'<i class="base" style="width:{width(street.baseline_kwh)}"></i>'
    return (
        f"<tr><th>{escape(street.title)}</th><td>{base}"
        f'<i class="metered" style="width:{width(street.metered_kwh)}"></i>'
        f'<i class="estimated" style="width:{width(street.estimated_kwh)}"></i></td></tr>'
    )


def _row(street: StreetUse) -> str:
    cells = [
        str(street.lamps),
        _number(street.metered_kwh),
        _number(street.estimated_kwh),
        _number(street.meter_kwh),
        _number(street.baseline_kwh),
        _number(street.saved_kwh),
        _pct(street.saved_pct),
        _number(street.cost, 2),
        _number(street.saved_cost, 2),
        _number(street.co2_kg),
        _number(street.saved_co2_kg),
        _missing(street),
    ]
    return f"<tr><th>{escape(street.title)}</th>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"


def _longest(report: Report) -> float:
    return max((max(street.kwh, street.baseline_kwh or 0.0) for street in report.streets), default=0.0) or 1.0


def _gaps(street: StreetUse) -> list[str]:
    said = []
    if not street.lamps:
        return ["no lamp of it has ever told a counter"]
    if street.hours_missing > 0.05 * street.hours / 100:
        said.append(f"nothing is known of {_number(street.hours_missing)} of {_number(street.hours)} lamp-hours")
    if street.hours_spread > 0:
        said.append(f"{_number(street.hours_spread)} lamp-hours are known as a sum only (readings more than 2 h apart)")
    if street.resets:
        said.append(
            f"counters began anew {fmt.count(street.resets, 'time')}; what they had counted since the last reading is not known"
        )
    if street.without_co2_kwh > 0:
        said.append(
            f"{_number(street.without_co2_kwh, 2)} kWh lie in hours without CO2 data, and are not in its figure"
        )
    if street.silent:
        more = len(street.silent) - _MOST_SILENT
        also = f" and {more} more" if more > 0 else ""
        said.append(f"silent all the month: {', '.join(street.silent[:_MOST_SILENT])}{also}")
    return said


def _missing(street: StreetUse) -> str:
    return f"{100 * street.hours_missing / street.hours:.1f} %" if street.hours else "100 %"


def _pct(value: float | None) -> str:
    return _UNKNOWN if value is None else f"{value:.1f} %"


def _number(value: float | None, digits: int = 1) -> str:
    return _UNKNOWN if value is None else f"{value:,.{digits}f}".replace(",", " ")


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
