"""The live picture: messages of agent and street folded into one frozen record. Pure; time is an argument."""

from __future__ import annotations

from datetime import datetime

import msgspec

from agent.cli.text import Tone
from agent.cli.top import changes, uplink
from agent.cli.top.street import Broker, StreetState
from agent.cli.top.uplink import Backlog
from agent.local.records import Status

MOST_EVENTS = 50


class Moment(msgspec.Struct, frozen=True):
    """Wall time for people, monotonic time for lengths."""

    wall: datetime
    mono_s: float


class Event(msgspec.Struct, frozen=True):
    """Something that happened, by the clock that the picture shows. `number` counts from 1."""

    number: int
    at: datetime
    text: str
    tone: Tone = "plain"


class LampView(msgspec.Struct, frozen=True):
    """A lamp as it is drawn. The level is the real one where a street is attached, else the confirmed one."""

    id: str
    x_m: float
    level_pct: float | None
    winner: str
    fault: str
    device_safety: bool


class SensorView(msgspec.Struct, frozen=True):
    """A presence sensor as it is drawn: `dead` as the street knows it, `doubted` as the agent does."""

    id: str
    x_m: float
    sees: bool
    dead: bool
    doubted: bool


class Picture(msgspec.Struct, frozen=True):
    """All that is shown. `agent` stays as it was last heard while the agent is gone."""

    now: Moment
    street_wanted: bool = False
    agent: Status | None = None
    up: bool = False
    changed_s: float = 0.0
    street: StreetState | None = None
    events: tuple[Event, ...] = ()
    doubted: frozenset[str] = frozenset()
    backlog: Backlog = Backlog()
    caption: str = ""
    caption_after: int = 0  # the last event before it

    @property
    def time(self) -> datetime:
        """The street's calendar: in a demonstration it runs beside wall time, whether or not the agent is there."""
        if self.street is not None:
            return self.street.street_time
        if self.agent is None:
            return self.now.wall
        return self.now.wall + (
            datetime.fromisoformat(self.agent.street_time) - datetime.fromisoformat(self.agent.time)
        )

    @property
    def time_zone(self) -> str:
        return self.agent.time_zone if self.agent else "UTC"

    @property
    def any_dead(self) -> bool:
        return self.street is not None and any(not sensor.alive for sensor in self.street.sensors)

    @property
    def broker(self) -> Broker | None:
        return self.street.broker if self.street else None

    @property
    def door_open(self) -> bool:
        return self.agent is not None and any(s.kind == "contact" and s.present for s in self.agent.sensors)


def tick(picture: Picture, now: Moment) -> Picture:
    """Let time pass."""
    return msgspec.structs.replace(picture, now=now)


def agent_said(picture: Picture, status: Status, now: Moment) -> Picture:
    """Take in a status of the agent."""
    new = msgspec.structs.replace(picture, now=now, agent=status, up=True)
    doubted = picture.doubted
    if not picture.up:
        new = msgspec.structs.replace(new, changed_s=now.mono_s, backlog=Backlog())
        if picture.agent is not None:
            away_s = now.mono_s - picture.changed_s
            new = happened(new, f"the agent is back after {away_s:.1f} s (pid {status.pid})", "good")
    elif picture.agent is not None:
        for text, tone in changes.of_agent(picture.agent, status):
            new = happened(new, text, tone)
        new = _uplink_said(new, picture.agent, status)
    if picture.agent is not None:
        told, doubted = changes.of_sensors(picture.agent, status, doubted)
        for text, tone in told:
            new = happened(new, text, tone)
    return msgspec.structs.replace(new, doubted=doubted)


def _uplink_said(picture: Picture, old: Status, new: Status) -> Picture:
    if old.uplink is None or new.uplink is None or old.pid != new.pid:
        return msgspec.structs.replace(picture, backlog=Backlog())
    told, backlog = uplink.news(old.uplink, new.uplink, picture.backlog, picture.now.mono_s)
    for text, tone in told:
        picture = happened(picture, text, tone)
    return msgspec.structs.replace(picture, backlog=backlog)


def agent_gone(picture: Picture, now: Moment) -> Picture:
    """Take in that the agent does not answer any more."""
    new = tick(picture, now)
    if not picture.up:
        return new
    return happened(msgspec.structs.replace(new, up=False, changed_s=now.mono_s), "the agent is gone", "bad")


def street_said(picture: Picture, street: StreetState, now: Moment) -> Picture:
    """Take in a state of the street."""
    new = msgspec.structs.replace(picture, now=now, street=street)
    if picture.street is not None:
        for text, tone in changes.of_street(picture.street, street):
            new = happened(new, text, tone)
    return new


def street_gone(picture: Picture, now: Moment) -> Picture:
    """Take in that the street's socket is closed."""
    new = tick(picture, now)
    if picture.street is None:
        return new
    return happened(msgspec.structs.replace(new, street=None), "the simulated street is gone", "bad")


def last_event(picture: Picture) -> int:
    """Return the number of the latest event; 0 if there was none."""
    return picture.events[-1].number if picture.events else 0


def captioned(picture: Picture, caption: str) -> Picture:
    """Say what is about to be seen."""
    return msgspec.structs.replace(picture, caption=caption, caption_after=last_event(picture))


def happened(picture: Picture, text: str, tone: Tone = "plain") -> Picture:
    """Add an event; the oldest are forgotten."""
    event = Event(last_event(picture) + 1, picture.time, text, tone)
    return msgspec.structs.replace(picture, events=(*picture.events, event)[-MOST_EVENTS:])


def lamps(picture: Picture) -> list[LampView]:
    """Return the lamps along the street."""
    known = {lamp.id: lamp for lamp in picture.agent.lamps} if picture.agent else {}
    if picture.street is None:
        views = [
            LampView(
                lamp.id,
                lamp.position_m,
                lamp.confirmed_pct if picture.up else None,
                lamp.winner if picture.up else "",
                lamp.fault,
                lamp.device_safety,
            )
            for lamp in known.values()
        ]
    else:
        views = []
        for real in picture.street.lamps:
            lamp = known.get(real.id)
            winner = lamp.winner if lamp and picture.up and real.output == "commanded" else ""
            views.append(
                LampView(
                    real.id,
                    real.x_m,
                    real.level_pct,
                    "safe mode" if real.output == "safe mode" else winner,
                    lamp.fault if lamp and picture.up else "",
                    lamp is not None and lamp.device_safety,
                )
            )
    return sorted(views, key=lambda view: view.x_m)


def sensors(picture: Picture) -> list[SensorView]:
    """Return the presence sensors along the street."""
    said = picture.agent.sensors if picture.agent and picture.up else []
    doubted = {sensor.id for sensor in said if sensor.quality not in {"good", "uncertain"}}
    if picture.street is not None:
        return [SensorView(s.id, s.x_m, s.present, not s.alive, s.id in doubted) for s in picture.street.sensors]
    return [
        SensorView(s.id, s.position_m, bool(s.present), dead=False, doubted=s.id in doubted)
        for s in said
        if s.kind == "presence" and s.position_m is not None
    ]
