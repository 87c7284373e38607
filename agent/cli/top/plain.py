"""The live view without a terminal: a line a second, events as they come, a table at the end. Pure."""

from __future__ import annotations

from agent.cli import format as fmt
from agent.cli.text import Line, line
from agent.cli.top import uplink
from agent.cli.top.draw import agent_state, power, schemes
from agent.cli.top.state import Picture, lamps, sensors


def now(picture: Picture) -> str:
    """Return the picture in one line."""
    shown = lamps(picture)
    levels = " ".join("?" if lamp.level_pct is None else f"{lamp.level_pct:.0f}" for lamp in shown)
    seen = [sensor.id for sensor in sensors(picture) if sensor.sees]
    parts = [f"{_stamp(picture)}  {agent_state(picture)}"]
    if picture.street is not None:
        people = sum(1 for user in picture.street.users if user.kind == "person")
        vehicles = len(picture.street.users) - people
        parts += [fmt.watts(picture.street.power_w), f"people {people}, vehicles {vehicles}"]
    elif picture.agent is not None and picture.up:
        parts.append(fmt.watts(picture.agent.model_power_w))
    parts += [f"lamps % {levels}", f"seen by {' '.join(seen) or 'none'}"]
    if picture.agent is not None and picture.up:
        parts.append("lines " + " ".join(f"{bus.id} {bus.use_pct:.0f} %" for bus in picture.agent.buses))
        if picture.agent.uplink is not None:
            parts.append(uplink.short(picture.agent.uplink))
    if picture.street is not None and picture.street.schemes:
        parts.append(f"people in the dark: {picture.street.schemes[0].dark_s:.0f} s")
    return " | ".join(parts)


def news(picture: Picture, number: int, caption: str) -> list[str]:
    """Return the events that came after one, and the caption if it is another one, a line each and in order."""
    fresh = [event for event in picture.events if event.number > number]
    lines = [f"{fmt.local(event.at, picture.time_zone, '%H:%M:%S')}  * {event.text}" for event in fresh]
    if picture.caption != caption:
        earlier = sum(event.number <= picture.caption_after for event in fresh)
        lines.insert(earlier, f"{_stamp(picture)}  > {picture.caption}")
    return lines


def summary(picture: Picture, width: int) -> list[Line]:
    """Return what it came to."""
    return [line(), power(picture), *schemes(picture, width)]


def _stamp(picture: Picture) -> str:
    return fmt.local(picture.time, picture.time_zone, "%H:%M:%S")
