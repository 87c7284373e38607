"""The fleet as a person reads it: nodes, devices, alarms, orders. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase

from agent.cli import format as fmt
from agent.cli.text import Column, Line, Span, Tone, line, table, wrap
from agent.cli.uplink.words import clean
from agent.fleet.alarms import Alarm
from agent.fleet.records import Device, Node
from agent.fleet.work import WorkOrder
from agent.uplink import names

_TONES: dict[str, Tone] = {"online": "good", "alive": "good", "offline": "bad", "dead": "bad", "unknown": "warn"}


def utc(ms: int) -> datetime:
    """Return a host's time as a moment."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def chosen(nodes: Iterable[Node], pattern: str) -> list[Node]:
    """Return the nodes that a pattern over `group/node` or `group/node/device` names, in order."""
    wanted = [node for node in nodes if fnmatchcase(node.path, pattern) or any(_named(node, pattern))]
    return sorted(wanted, key=lambda node: node.path)


def devices_of(node: Node, pattern: str) -> list[tuple[str, Device]]:
    """Return the devices of a node that a pattern names, in order; its own values are no device."""
    whole = fnmatchcase(node.path, pattern)
    return sorted(
        ((name, device) for name, device in node.devices.items()
         if name and (whole or fnmatchcase(f"{node.path}/{name}", pattern))),
        key=lambda one: one[0],
    )  # fmt: skip


def nodes_page(nodes: Sequence[Node], alarms: Sequence[Alarm], at_ms: int, width: int) -> list[Line]:
    """Lay out nodes, a line each: state, for how long, when heard, how many devices answer, what is wrong."""
    columns = [
        Column("node"),
        Column("state"),
        Column("for", right=True, spare=1),
        Column("heard", right=True, spare=2),
        Column("devices", right=True),
        Column("alarms"),
    ]
    return table(columns, [_node_row(node, alarms, at_ms) for node in nodes], width)


def devices_page(nodes: Sequence[Node], pattern: str, at_ms: int, width: int) -> list[Line]:
    """Lay out devices, a line each: state, for how long, level, when heard, what is wrong."""
    columns = [
        Column("device"),
        Column("state"),
        Column("for", right=True, spare=1),
        Column("level", right=True),
        Column("heard", right=True, spare=2),
        Column("wrong"),
    ]
    rows = [_device_row(node, name, device, at_ms) for node in nodes for name, device in devices_of(node, pattern)]
    return table(columns, rows, width)


def alarms_page(alarms: Sequence[Alarm], at_ms: int, zone: str, width: int) -> list[Line]:
    """Lay out alarms: what, where and since when, and below it whom it is about."""
    if not alarms:
        return [line(Span("no alarms", "good"))]
    columns = [
        Column("alarm"),
        Column("of", right=True),
        Column("at"),
        Column("since", spare=1),
        Column("for", right=True),
    ]
    rows: list[list[Span | str]] = [
        [
            Span(alarm.what, "bad" if alarm.severity == "alarm" else "warn"),
            str(len(alarm.members)),
            Span(clean(alarm.area), "bold"),
            fmt.local(utc(alarm.since_ms), zone, "%d %b %H:%M"),
            fmt.span((at_ms - alarm.since_ms) / 1000),
        ]
        for alarm in alarms
    ]
    head, *body = table(columns, rows, width)
    lines = [head]
    for row, alarm in zip(body, alarms, strict=True):
        lines += [row, *wrap(clean(alarm.named), width, first="  ", rest="  ", tone="dim")]
    return lines


def orders_page(orders: Sequence[WorkOrder], zone: str, width: int) -> list[Line]:
    """Lay out work orders: where, which part and since when, and below it what is to be done."""
    if not orders:
        return [line(Span("nothing to do", "good"))]
    lines: list[Line] = []
    for order in orders:
        where = ", ".join(clean(part) for part in (order.street, f"pole {order.pole}", order.position) if part)
        since = fmt.local(utc(order.since_ms), zone, "%d %b %H:%M")
        tone: Tone = "bad" if order.severity == "alarm" else "warn"
        lines.append(line(Span(order.what, tone), "  ", Span(where, "bold"), f"  since {since}"))
        lines += wrap(f"{clean(order.part)}. {order.instruction}", width, first="  ", rest="  ", tone="dim")
    return lines


def summary(nodes: Sequence[Node], alarms: Sequence[Alarm]) -> str:
    """Return how it is in one line."""
    online = sum(node.state == "online" for node in nodes)
    devices = [device for node in nodes for name, device in node.devices.items() if name]
    alive = sum(device.state == "alive" for device in devices)
    return (
        f"{fmt.count(len(nodes), 'node')}, {online} online; {fmt.count(len(devices), 'device')}, {alive} alive; "
        f"{fmt.count(len(alarms), 'alarm')}"
    )


def record(node: Node, pattern: str) -> dict[str, object]:
    """Return a node for JSON, times in UTC."""
    return {
        "node": node.path,
        "state": node.state,
        "since": stamp(node.since_ms),
        "heard": stamp(node.heard_ms),
        "devices": [
            {
                "device": f"{node.path}/{name}",
                "state": device.state,
                "since": stamp(device.since_ms),
                "wrong": _wrong(node, name),
                "values": {
                    metric: {
                        "value": seen.value,
                        "unit": seen.unit,
                        "quality": seen.quality,
                        "at": stamp(seen.at_ms),
                    }
                    for metric, seen in sorted(device.values.items())
                },
            }
            for name, device in devices_of(node, pattern)
        ],
    }


def alarm_record(alarm: Alarm) -> dict[str, object]:
    """Return an alarm for JSON, and for whoever is called by a webhook."""
    return {
        "id": alarm.id,
        "what": alarm.what,
        "severity": alarm.severity,
        "at": alarm.area,
        "since": stamp(alarm.since_ms),
        "of": list(alarm.members),
    }


def stamp(ms: int) -> str | None:
    """Return a host's time in ISO 8601, UTC; none for what never was."""
    return utc(ms).isoformat(timespec="seconds").replace("+00:00", "Z") if ms else None


def _named(node: Node, pattern: str) -> Iterable[bool]:
    return (fnmatchcase(f"{node.path}/{name}", pattern) for name in node.devices if name)


def _node_row(node: Node, alarms: Sequence[Alarm], at_ms: int) -> list[Span | str]:
    devices = [device for name, device in node.devices.items() if name]
    alive = sum(device.state == "alive" for device in devices)
    found = [alarm.what for alarm in alarms if any(_is_of(of, node.path) for of in alarm.members)]
    return [
        Span(clean(node.path), "bold"),
        Span(node.state, _TONES[node.state]),
        _ago(node.since_ms, at_ms),
        _ago(node.heard_ms, at_ms),
        f"{alive}/{len(devices)}",
        Span(", ".join(dict.fromkeys(found)), "bad"),
    ]


def _device_row(node: Node, name: str, device: Device, at_ms: int) -> list[Span | str]:
    level = device.values.get(names.DIMMING)
    heard = max((seen.at_ms for seen in device.values.values()), default=0)
    shown = level.value if level is not None and isinstance(level.value, float) else None
    state = device.state if node.state == "online" or device.state == "dead" else "unknown"
    return [
        Span(clean(f"{node.path}/{name}"), "bold"),
        Span(state, _TONES[state]),
        _ago(device.since_ms, at_ms),
        fmt.pct(shown),
        _ago(heard, at_ms),
        Span(", ".join(_wrong(node, name)), "bad"),
    ]


def _wrong(node: Node, name: str) -> list[str]:
    return sorted(metric for of, _, metric in (key.partition("/") for key in node.raised) if of == name)


def _is_of(of: str, path: str) -> bool:
    return of == path or of.startswith(f"{path}/")


def _ago(ms: int, at_ms: int) -> str:
    return fmt.span((at_ms - ms) / 1000) if ms else "never"
