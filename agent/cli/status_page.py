"""The page of `gadelys status`: problems first, then lamps, sensors, lines and units. Pure."""

from __future__ import annotations

from agent.cli import format as fmt
from agent.cli import status_alarms, status_held, status_neighbours, status_season, status_uplink
from agent.cli.text import Column, Line, Span, clip, line, table, wrap
from agent.local.records import LampState, SensorState, Status

_INDENT = "  "


def page(status: Status, width: int) -> list[Line]:
    """Return the whole page."""
    lines = [*_header(status, width), line()]
    found = problems(status)
    lines += [part for text in found for part in wrap(text, width, first="! ", rest=_INDENT, tone="bad")]
    lines += [
        part for text in notes(status) for part in wrap(text, width, first="  note: ", rest="        ", tone="dim")
    ]
    lines += [*wrap(summary(status), width, tone="bad" if found or status.alarms else "good"), line()]
    parts = (
        status_alarms.section, _lamps, status_held.section, _sensors, _buses, _units, _instruments, status_neighbours.section,
        status_uplink.section,
    )  # fmt: skip
    for part in (made(status, width) for made in parts):
        if part:
            lines += [*part, line()]
    return lines[:-1]


def problems(status: Status) -> list[str]:
    """Return what somebody has to look after, worst first, in plain words."""
    found = [f"line {bus.id} is {bus.state}: {bus.port}" for bus in status.buses if bus.state != "up"]
    found += [
        f"unit {unit.id} (line {unit.bus}, address {unit.address}) is {unit.state}" + _because(unit.last_error)
        for unit in status.units
        if unit.state not in {"ok", "starting"}
    ]
    found += [
        f"instrument {one.id} ({one.model} at {one.port}) is {one.state}{_because(one.last_error)}"
        for one in status.instruments
        if one.state not in {"ok", "starting"}
    ]
    found += [f"lamp {lamp.id}: {lamp.fault}" for lamp in status.lamps if lamp.fault]
    found += [
        f"sensor {sensor.id} is {sensor.quality}{_because(sensor.reason)}; its lamps are kept lit"
        if sensor.kind in {"presence", "vehicles"}
        else f"{sensor.kind} {sensor.id} is {sensor.quality}{_because(sensor.reason)}"
        for sensor in status.sensors
        if sensor.quality not in {"good", "uncertain"}
    ]
    found += [
        f"unit {unit.id}: its device-side safety is not verified"
        for unit in status.units
        if unit.device_safety and not unit.safety_verified and unit.state == "ok"
    ]
    found += status_held.problems(status.trial)
    found += status_neighbours.problems(status.neighbours)
    found += status_uplink.problems(status.uplink)
    found += [
        f"task {task.name} is {task.state}, restarted {fmt.count(task.restarts, 'time')}{_because(task.last_error)}"
        for task in status.tasks
        if task.restarts or task.state != "running"
    ]
    return found + status_season.problems(status)


def notes(status: Status) -> list[str]:
    """Return what is as it was configured and still worth knowing."""
    bare = [lamp.id for lamp in status.lamps if not lamp.device_safety]
    doors = [sensor.id for sensor in status.sensors if sensor.kind == "contact" and sensor.present]
    kernel = ["the control kernel is interpreted, which is slow"] if status.kernel != "compiled" else []
    doubts: dict[str, list[str]] = {}
    for lamp in status.lamps:
        if lamp.doubt:
            doubts.setdefault(lamp.doubt, []).append(lamp.id)
    return (
        [f"not proven: {', '.join(lamps)} ({doubt})" for doubt, lamps in doubts.items()]
        + ([f"no device-side safety: {', '.join(bare)}"] if bare else [])
        + ([f"open: {', '.join(doors)}"] if doors else [])
        + kernel
        + status_held.notes(status.trial)
    )


def summary(status: Status) -> str:
    """Return the counts in one line."""
    following = sum(1 for lamp in status.lamps if not lamp.fault)
    healthy = sum(1 for unit in status.units if unit.state == "ok")
    presence = [sensor for sensor in status.sensors if sensor.kind == "presence"]
    seen = sum(1 for sensor in presence if sensor.present)
    good = sum(1 for sensor in presence if sensor.quality in {"good", "uncertain"})
    held = sum(1 for lamp in status.lamps if lamp.winner in {"technician", "operator"})
    return (
        f"{following} of {fmt.count(len(status.lamps), 'lamp')} follow, "
        f"{healthy} of {fmt.count(len(status.units), 'unit')} ok, "
        f"{good} of {fmt.count(len(presence), 'presence sensor')} good, {seen} see somebody, {held} held by hand; "
        f"{fmt.watts(status.power_w)} metered, {fmt.watts(status.model_power_w)} by the lamp model"
    )


def _header(status: Status, width: int) -> list[Line]:
    trusted = Span("trusted", "good") if status.clock_trusted else Span("NOT TRUSTED", "bad")
    night = {True: "night", False: "day", None: "night or day not known"}[status.night]
    first: list[Span | str] = [Span(status.controller, "bold"), f" ({status.group})"]
    if status.demonstration:
        street = fmt.local(status.street_time, status.time_zone, "%d %b %H:%M")
        first += ["  ", Span("DEMO", "warn"), f": street time {street}"]
    clock = fmt.local(status.time, status.time_zone, "%a %d %b %Y %H:%M:%S")
    kernel = Span(f"kernel {status.kernel}", "plain" if status.kernel == "compiled" else "warn")
    lines = [
        line(*first),
        line(f"{clock} {status.time_zone}, clock ", trusted),
        line(Span(night, "bold"), f" (sun {status.sun_deg:+.1f}°), up {fmt.span(status.uptime_s)}, ", kernel),
        *status_season.lines(status),
        line(
            Span(
                f"gadelys {status.version}, pid {status.pid}, {status.memory_mb:.0f} MB, {status.cpu_s:.0f} s CPU",
                "dim",
            )
        ),
    ]
    return [clip(one, width) for one in lines]


def _lamps(status: Status, width: int) -> list[Line]:
    columns = [
        Column("lamp"),
        Column("at", right=True, spare=3),
        Column("commanded", right=True),
        Column("sent", right=True, spare=4),
        Column("confirmed", right=True),
        Column("won by"),
        Column("until", spare=1),
        Column("own safety", spare=2),
    ]
    return table(columns, [_lamp(lamp, status.time_zone) for lamp in status.lamps], width)


def _lamp(lamp: LampState, time_zone: str) -> list[Span | str]:
    holder = f"{lamp.winner} ({lamp.holder})" if lamp.holder else lamp.winner
    return [
        Span(lamp.id, "bad" if lamp.fault else "bold"),
        f"{lamp.position_m:g} m",
        fmt.pct(lamp.commanded_pct),
        fmt.pct(lamp.sent_pct),
        Span(fmt.pct(lamp.confirmed_pct), "bad" if lamp.fault else "good"),
        Span(holder, "warn" if lamp.holder else "plain"),
        fmt.local(lamp.until, time_zone) if lamp.until else "",
        "yes" if lamp.device_safety else Span("NO", "warn"),
    ]


def _sensors(status: Status, width: int) -> list[Line]:
    columns = [
        Column("sensor"),
        Column("at", right=True, spare=1),
        Column("sees"),
        Column("quality"),
        Column("age", right=True),
    ]
    return table(columns, [_sensor(sensor) for sensor in status.sensors], width)


def _sensor(sensor: SensorState) -> list[Span | str]:
    sees = {"presence": ("somebody", "nobody"), "vehicles": ("a vehicle", "none"), "contact": ("open", "shut")}.get(
        sensor.kind, ("yes", "no")
    )
    shown = fmt.MISSING if sensor.present is None else sees[0] if sensor.present else sees[1]
    good = sensor.quality == "good"
    return [
        Span(sensor.id, "plain" if good else "bad"),
        fmt.MISSING if sensor.position_m is None else f"{sensor.position_m:g} m",
        Span(shown, "bold" if sensor.present else "plain"),
        Span(sensor.quality, "good" if good else "bad"),
        fmt.span(sensor.age_s),
    ]


def _buses(status: Status, width: int) -> list[Line]:
    columns = [
        Column("line"),
        Column("state"),
        Column("use", right=True),
        Column("baud", right=True, spare=3),
        Column("transactions", right=True, spare=4),
        Column("silent", right=True),
        Column("wrong", right=True),
        Column("refused", right=True, spare=1),
    ]
    rows: list[list[Span | str]] = [
        [
            bus.id,
            Span(bus.state, "good" if bus.state == "up" else "bad"),
            f"{bus.use_pct:.0f} %",
            fmt.MISSING if bus.baud is None else str(bus.baud),
            str(bus.transactions),
            str(bus.timeouts),
            str(bus.bad_answers),
            str(bus.refusals),
        ]
        for bus in status.buses
    ]
    return table(columns, rows, width)


def _units(status: Status, width: int) -> list[Line]:
    columns = [
        Column("unit"),
        Column("line", spare=1),
        Column("address", right=True, spare=2),
        Column("profile", spare=3),
        Column("state"),
        Column("own safety"),
        Column("answers", right=True, spare=4),
        Column("failures", right=True, spare=5),
    ]
    rows: list[list[Span | str]] = [
        [
            unit.id,
            unit.bus,
            str(unit.address),
            unit.profile,
            Span(unit.state, {"ok": "good", "starting": "warn"}.get(unit.state, "bad")),  # type: ignore[arg-type]
            (
                ""
                if not unit.device_safety
                else f"after {unit.safe_after_s:g} s"
                if unit.safety_verified and unit.safe_after_s
                else Span("not verified", "bad")
            ),
            str(unit.answers),
            str(unit.failures),
        ]
        for unit in status.units
    ]
    return table(columns, rows, width)


def _instruments(status: Status, width: int) -> list[Line]:
    if not status.instruments:
        return []
    columns = [
        Column("instrument"),
        Column("model"),
        Column("state"),
        Column("heard", right=True),
        Column("baud", right=True, spare=3),
        Column("frames", right=True, spare=1),
        Column("bad", right=True),
        Column("stray bytes", right=True, spare=2),
        Column("says that it is", spare=4),
    ]
    rows: list[list[Span | str]] = [
        [
            one.id,
            one.model,
            Span(one.state, {"ok": "good", "starting": "warn"}.get(one.state, "bad")),  # type: ignore[arg-type]
            fmt.span(one.heard_s),
            str(one.baud),
            str(one.frames),
            str(one.bad_frames),
            str(one.stray_bytes),
            one.identity,
        ]
        for one in status.instruments
    ]
    return table(columns, rows, width)


def _because(reason: str) -> str:
    return f" ({reason})" if reason else ""
