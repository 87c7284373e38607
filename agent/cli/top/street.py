"""What the simulated street tells of itself on `street.sock`; fields as in its README. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec


class User(msgspec.Struct, frozen=True):
    """Somebody on the street; a negative speed goes towards smaller x."""

    id: int
    kind: Literal["person", "vehicle"]
    x_m: float
    speed_m_per_s: float


class Lamp(msgspec.Struct, frozen=True):
    """The light that a lamp really gives."""

    id: str
    x_m: float
    level_pct: float
    power_w: float
    output: str


class Sensor(msgspec.Struct, frozen=True):
    """A presence sensor; a dead one is silent."""

    id: str
    x_m: float
    present: bool
    alive: bool


class Scheme(msgspec.Struct, frozen=True):
    """What the same passers-by cost and get under one way to light the street; ours comes first."""

    name: str
    power_w: float
    energy_wh: float
    underlit_s: float
    dark_s: float
    user_s: float


class Violation(msgspec.Struct, frozen=True):
    """A rule of the street that was broken."""

    t_s: float
    rule: str
    what: str


class Broker(msgspec.Struct, frozen=True):
    """The street's own broker."""

    port: int
    up: bool


class StreetState(msgspec.Struct, frozen=True):
    """The street at one moment."""

    t_s: float
    street_time: datetime
    sun_deg: float
    users: tuple[User, ...]
    lamps: tuple[Lamp, ...]
    sensors: tuple[Sensor, ...]
    power_w: float
    schemes: tuple[Scheme, ...]
    violations: tuple[Violation, ...]
    broker: Broker | None = None


class StreetMessage(msgspec.Struct, frozen=True):
    """A line of the street: a state, or the answer to something that was asked of it."""

    state: StreetState | None = None
    ok: bool = True
    error: str = ""
    sensor: str = ""
    x_m: float | None = None
