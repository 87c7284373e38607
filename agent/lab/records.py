"""What a scenario is made of: street, lamps, people, sensors, faults, one night. Pure."""

from __future__ import annotations

from typing import Literal

import msgspec

from agent.config.records import Lighting
from agent.lab.ways import Street

Kind = Literal["vehicle", "pedestrian"]
KINDS: tuple[Kind, ...] = ("vehicle", "pedestrian")


class LampModel(msgspec.Struct, frozen=True):
    """What a lamp draws, in watts: off, at the least light, at full light; and its fades, in seconds for full scale."""

    off_w: float
    standing_w: float
    full_w: float
    fade_up_s: float
    fade_down_s: float


class Ring(msgspec.Struct, frozen=True):
    """Light needed around somebody: so far behind and ahead, in metres, as a share of full light."""

    behind_m: float
    ahead_m: float
    level: float


class Passer(msgspec.Struct, frozen=True):
    """Somebody who passes: along a way at a constant speed (+ is up the way), from `from_m` at `start_s` until `end_s`.

    Seconds from the night's begin; one who came before it has a start below 0.
    """

    kind: int
    way: int
    start_s: float
    end_s: float
    from_m: float
    m_per_s: float

    def at_m(self, now_s: float) -> float:
        """Return where they are on their way."""
        return self.from_m + self.m_per_s * (now_s - self.start_s)

    def when_s(self, place_m: float) -> float:
        """Return when they are at a place of their way."""
        return self.start_s + (place_m - self.from_m) / self.m_per_s


class Sensing(msgspec.Struct, frozen=True):
    """The presence sensor of each lamp.

    It sees `reach_m` to either side; what it sees is known `delay_s` later; it goes on seeing `clears_s` after the last of it.
    """

    reach_m: float
    delay_s: float
    clears_s: float


class Faults(msgspec.Struct, frozen=True):
    """What goes wrong: messages lost (share), sensors dead from the begin (share, and how they are), an hour without network.

    Sensors tell each change, and again every `repeat_s`; one of which nothing was heard for `silent_s` is silent.
    """

    lost_share: float = 0.0
    dead_share: float = 0.0
    dead_as: Literal["silent", "blind"] = "silent"
    outage_s: tuple[float, float] | None = None
    repeat_s: float = 1.0
    silent_s: float = 3.0

    @property
    def any(self) -> bool:
        """Whether anything goes wrong."""
        return self.lost_share > 0 or self.dead_share > 0 or self.outage_s is not None


class Tariff(msgspec.Struct, frozen=True):
    """What a kWh costs and brings into the air, hour by hour from the night's begin (the last one goes on)."""

    eur_per_kwh: tuple[float, ...]
    g_co2_per_kwh: tuple[float, ...]
    source: str


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """One night of one street. `begin_h` is the clock's hour (0..24, local) at which the night begins."""

    name: str
    title: str
    street: Street
    lamp: LampModel
    rings: tuple[tuple[Ring, ...], ...]  # by KINDS
    passers: tuple[Passer, ...]  # by rising start
    sensing: Sensing
    faults: Faults
    lighting: Lighting
    tariff: Tariff
    begin_h: float
    night_s: float
    step_s: float
    seed: int

    @property
    def steps(self) -> int:
        """How many steps the night has."""
        return round(self.night_s / self.step_s)
