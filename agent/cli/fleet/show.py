"""`gadelys fleet list` and `orders`: the fleet and what is to be done, once."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import msgspec

from agent.cli import terminal
from agent.cli.fleet import pages
from agent.cli.fleet.source import Asked, Picture, load_plan, picture
from agent.cli.text import Line, Span, line
from agent.cli.trouble import REFUSED
from agent.fleet.plan import Plan
from agent.fleet.work import WorkOrder, work_orders


def list_(asked: Asked, pattern: str, *, devices: bool, seconds: float, as_json: bool) -> int:
    """Show nodes, with `devices` also those, and alarms; 1 if the pattern names nothing."""
    plan = load_plan(asked.plan)
    found = picture(asked, plan, seconds)
    nodes = pages.chosen(found.nodes, pattern)
    if as_json:
        terminal.show_json(msgspec.json.encode(_document(found, pattern)))
    else:
        terminal.show(page(found, plan, pattern, devices=devices, width=terminal.width()))
    return 0 if nodes else REFUSED


def orders(asked: Asked, *, seconds: float, as_json: bool, as_csv: bool) -> int:
    """Show what is to be done about the alarms."""
    plan = load_plan(asked.plan)
    made = work_orders(picture(asked, plan, seconds).alarms, plan)
    if as_json:
        terminal.show_json(msgspec.json.encode([_order(one) for one in made]))
    elif as_csv:
        terminal.write(csv_of(made))
    else:
        terminal.show(pages.orders_page(made, plan.time_zone, terminal.width()))
    return 0


def page(found: Picture, plan: Plan, pattern: str, *, devices: bool, width: int) -> list[Line]:
    """Return the fleet as a page. Pure."""
    nodes = pages.chosen(found.nodes, pattern)
    if not nodes:
        named = "" if pattern == "*" else f" of the name {pattern}"
        nobody = line(Span("nobody", "warn"), f"{named} was heard; a node that is connected speaks once a minute")
        return [nobody, *([line(Span(found.remark, "warn"))] if found.remark else [])]
    head = [line(pages.summary(nodes, found.alarms))]
    if found.remark:
        head.append(line(Span(found.remark, "warn")))
    body = (
        pages.devices_page(nodes, pattern, found.at_ms, width)
        if devices
        else pages.nodes_page(nodes, found.alarms, found.at_ms, width)
    )
    return [*head, line(), *body, line(), *pages.alarms_page(found.alarms, found.at_ms, plan.time_zone, width)]


def csv_of(made: Sequence[WorkOrder]) -> str:
    """Return orders as CSV, times in UTC. Pure."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["severity", "street", "pole", "position", "part", "what", "since", "instruction", "points", "id"])
    for one in made:
        row = [one.severity, one.street, one.pole, one.position, one.part, one.what, pages.stamp(one.since_ms)]
        writer.writerow([*map(_cell, [*row, one.instruction, " ".join(one.points), one.id])])
    return text.getvalue()


def _cell(text: object) -> object:
    """A spreadsheet takes what begins like this for a formula."""
    return f"'{text}" if isinstance(text, str) and text.startswith(("=", "+", "-", "@")) else text


def _order(one: WorkOrder) -> dict[str, object]:
    fields = msgspec.structs.asdict(one)
    return {**fields, "since": pages.stamp(fields.pop("since_ms"))}


def _document(found: Picture, pattern: str) -> dict[str, object]:
    return {
        "at": pages.stamp(found.at_ms),
        "remark": found.remark,
        "nodes": [pages.record(node, pattern) for node in pages.chosen(found.nodes, pattern)],
        "alarms": [pages.alarm_record(alarm) for alarm in found.alarms],
    }
