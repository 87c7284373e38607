"""The live view as lines: a picture and a size in, lines out. Pure."""

from __future__ import annotations

from agent.cli import format as fmt
from agent.cli.text import Column, Line, Span, clip, line, table, wrap
from agent.cli.top import lane, uplink
from agent.cli.top.changes import names
from agent.cli.top.lane import Look
from agent.cli.top.state import Picture, lamps, sensors

_MOST_ROWS = 2  # of lamps, one under the other
_FEWEST_EVENTS = 3


def draw(picture: Picture, width: int, height: int, look: Look) -> list[Line]:
    """Return at most `height` lines of at most `width` cells."""
    top = [*header(picture, width), line(Span(picture.caption, "bold")) if picture.caption else line()]
    street = _street(picture, width, look)
    body = [line(), power(picture), *schemes(picture, width), line()]
    foot = [_keys(picture)]
    free = height - len(top) - len(street) - len(body) - len(foot)
    if free < _FEWEST_EVENTS:  # a low screen: the lines between go first
        top, body = [part for part in top if part], [part for part in body if part]
        free = height - len(top) - len(street) - len(body) - len(foot)
    lines = [*top, *street, *body, *_events(picture, width, max(free, 0)), *foot]
    if len(lines) > height:  # a very low one: what counts and the keys stay at its foot
        foot = [power(picture), *foot]
        lines = [*lines[: max(height - len(foot), 0)], *foot[:height]]
    return [clip(one, width) for one in lines]


def header(picture: Picture, width: int) -> list[Line]:
    """Say who and when, how the agent is, how busy the lines are: three lines; and a fourth of the uplink, if it has one."""
    return [clip(one, width) for one in (_title(picture), *_agent(picture, width), *_uplink(picture))]


def power(picture: Picture) -> Line:
    """Say whether somebody stood in the dark, and what the street draws now."""
    agent = picture.agent if picture.up else None
    metered = f"the meter reads {fmt.watts(agent.power_w if agent else None)}"
    if picture.street is None:
        model = fmt.watts(agent.model_power_w if agent else None)
        return line("power now ", Span(model, "bold"), f" by the lamp model, {metered}")
    parts: list[Span | str] = []
    if picture.street.schemes:
        dark_s = picture.street.schemes[0].dark_s
        parts += ["people in the dark: ", Span(f"{dark_s:.0f} s", "bad" if dark_s else "good"), "   "]
    if broken := len(picture.street.violations):
        parts += [Span(f"rules broken: {broken}", "bad"), "   "]
    return line(*parts, "power now ", Span(fmt.watts(picture.street.power_w), "bold"), f" ({metered})")


def schemes(picture: Picture, width: int) -> list[Line]:
    """Compare with what the same passers-by would have cost and got under other schemes."""
    if picture.street is None or not picture.street.schemes:
        return []
    ours = picture.street.schemes[0]
    columns = [
        Column("scheme"),
        Column("power", right=True, spare=1),
        Column("energy", right=True),
        Column("under-lit", right=True),
        Column("in the dark", right=True),
        Column(f"{ours.name} saves", right=True),
    ]
    rows: list[list[Span | str]] = [
        [
            Span(scheme.name, "bold" if scheme is ours else "dim"),
            fmt.watts(scheme.power_w),
            f"{scheme.energy_wh:.2f} Wh" if scheme.energy_wh < 100 else f"{scheme.energy_wh:.0f} Wh",
            f"{scheme.underlit_s:.0f} s",
            Span(f"{scheme.dark_s:.0f} s", "bad" if scheme.dark_s else "good"),
            "" if scheme is ours else saving(ours.energy_wh, scheme.energy_wh),
        ]
        for scheme in picture.street.schemes
    ]
    return table(columns, rows, width)


def saving(ours_wh: float, theirs_wh: float) -> str:
    """Return what is saved, in per cent of what the other takes."""
    return f"{round(100 * (1 - ours_wh / theirs_wh))} %" if theirs_wh > 0 else fmt.MISSING


def agent_state(picture: Picture) -> str:
    """Return whether the agent is there, and if not who holds the lamps."""
    if picture.up:
        return "agent up"
    away = fmt.span(picture.now.mono_s - picture.changed_s)
    every = lamps(picture)
    own, bare = [lamp for lamp in every if lamp.device_safety], [lamp.id for lamp in every if not lamp.device_safety]
    text = f"agent DOWN for {away}, trying again"
    if own:
        waiting = picture.street is not None and any(lamp.winner != "safe mode" for lamp in own)
        text += f": device-side safety {'will hold' if waiting else 'holds'} {names([lamp.id for lamp in own])}"
    if bare:
        text += f"; lamps without it: {names(bare)}"
    return text


def _title(picture: Picture) -> Line:
    agent = picture.agent
    if agent is None:
        return line("waiting for the agent")
    parts: list[Span | str] = [Span(agent.controller, "bold"), f" ({agent.group})  "]
    if agent.demonstration:
        parts += [Span("DEMO", "warn"), "  "]
    parts.append(fmt.local(picture.time, picture.time_zone, "%a %d %b %H:%M:%S"))
    night = {True: "night", False: "day", None: "night or day not known"}[agent.night]
    parts.append(f"  {night}, sun {agent.sun_deg:+.1f}°")
    if not agent.clock_trusted and not agent.demonstration:
        parts += ["  ", Span("clock NOT trusted", "bad")]
    if picture.street_wanted and picture.street is None:
        parts += ["  ", Span("no street, trying again", "bad")]
    return line(*parts)


def _agent(picture: Picture, width: int) -> list[Line]:
    agent = picture.agent
    if agent is None or not picture.up:
        return [*wrap(agent_state(picture), width, tone="bad"), line()][:2]
    kernel = Span(f"kernel {agent.kernel}", "plain" if agent.kernel == "compiled" else "warn")
    uptime = fmt.span(float(int(agent.uptime_s)) if agent.uptime_s >= 10 else agent.uptime_s)
    lost = [lamp.id for lamp in agent.lamps if lamp.fault]
    follow = Span(f"not following: {names(lost)}", "bad") if lost else Span("all lamps follow", "good")
    buses: list[Span | str] = []
    for bus in agent.buses:
        of = "the time" if bus.baud is None else f"{bus.baud} baud"
        shown = f"{bus.use_pct:.0f} % of {of}" if bus.state == "up" else bus.state
        buses += [", " if buses else "lines: ", Span(f"{bus.id} {shown}", "plain" if bus.state == "up" else "bad")]
    return [
        line(
            "agent ",
            Span("up", "good"),
            f" {uptime}, pid {agent.pid}, {agent.memory_mb:.0f} MB, ",
            kernel,
            ", ",
            follow,
        ),
        line(*buses),
    ]


def _uplink(picture: Picture) -> list[Line]:
    if picture.agent is None or picture.agent.uplink is None:
        return []
    if not picture.up:
        return [line(Span("uplink gone with the agent", "dim"))]
    return [uplink.header(picture.agent.uplink)]


def _street(picture: Picture, width: int, look: Look) -> list[Line]:
    every = lamps(picture)
    if not every:
        return [line("no lamps")]
    users = picture.street.users if picture.street else ()
    fitting = lane.fitting(len(every), width)
    rows = [every[n : n + fitting] for n in range(0, len(every), fitting)]
    lines = [part for row in rows[:_MOST_ROWS] for part in lane.row(row, sensors(picture), users, width, look)]
    if left := len(every) - fitting * _MOST_ROWS:
        lines += [line(Span(f"and {left} lamps more: gadelys status", "dim"))] if left > 0 else []
    return lines


def _events(picture: Picture, width: int, count: int) -> list[Line]:
    shown = picture.events[-count:] if count else ()
    lines = [
        clip(line(Span(fmt.local(e.at, picture.time_zone, "%H:%M:%S"), "dim"), "  ", Span(e.text, e.tone)), width)
        for e in shown
    ]
    return lines + [line()] * (count - len(lines))


def _keys(picture: Picture) -> Line:
    keys = [("q", "quit")]
    if picture.street_wanted:
        broker = picture.broker
        keys = [
            ("p", "person"),
            ("v", "vehicle"),
            ("s", "sensors back" if picture.any_dead else "sensor dies"),
            *([("b", "broker away" if broker.up else "broker back")] if broker else []),
            ("k", "kill agent"),
            ("d", "door"),
            *keys,
        ]
    spans = [part for key, what in keys for part in (Span(key, "bold"), Span(f" {what}", "dim"), Span("  "))]
    return tuple(spans[:-1])
